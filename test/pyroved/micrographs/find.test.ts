/** `pyroved find`: from micrographs to a table of objects with units, pictures, and a command that can be continued. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { decode } from 'fast-png';
import { parquetReadObjects } from 'hyparquet';
import { findInMicrographs } from 'pyroved';
import { type LocatedPart, locateObjects, simulatedMicrograph } from 'pyroved-data';
import { readCentres } from 'pyroved-data/internal';
import { DataError } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { pyroved, remove, succeed, temporaryFolder } from '../../e2e/helpers.js';
import { slow } from '../../slow.js';
import { writeMrc } from './mrc.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
afterAll(() => remove(root));

mkdirSync(at('m'));
const fields = [1, 2].map((seed) => simulatedMicrograph({ seed, size: 256, objects: 14, touching: 0 }));
fields.forEach(({ image }, k) => {
  writeMrc(at('m', `field${k + 1}.mrc`), image, { x: 1.3, y: 1.3 });
});
const rowsOf = (file: string): Record<string, string>[] => parse(readFileSync(file, 'utf8'), { columns: true });

describe('find', () => {
  it('writes positions and sizes in pixels and units, pictures, and says what it chose', async () => {
    const { stderr } = await succeed(['find', 'm', '--out', 'found', '--parquet'], root);
    expect(stderr).toMatch(
      /Patches: \d\d x \d\d pixels, chosen from \d+ objects in 2 micrograph\(s\); change it with --patch-size\./,
    );
    expect(stderr).toMatch(
      /field1\.mrc: 256 x 256 pixels of 13 angstrom; 1\d objects, \d+ at the edge, \d+ crowded; bright, contrast above 0\.1\d+, area \d+ to \d+/,
    );
    const rows = rowsOf(at('found', 'objects.csv'));
    for (const [k, { objects }] of fields.entries()) {
      const own = rows.filter(({ file }) => file === `field${k + 1}.mrc`);
      for (const { x, y, isCut } of objects) {
        if (isCut) continue;
        expect(Math.min(...own.map((row) => Math.hypot(Number(row.x) - x, Number(row.y) - y)))).toBeLessThan(6);
      }
    }
    for (const row of rows) {
      expect(Number(row.x_angstrom)).toBeCloseTo((Number(row.x) + 0.5) * 13, -1);
      expect(Number(row.area_angstrom2)).toBeCloseTo(Number(row.area) * 169, -1);
      expect([row.at_edge, row.crowded].every((flag) => flag === 'yes' || flag === 'no')).toBe(true);
    }
    const parquet = await parquetReadObjects({
      file: Uint8Array.from(readFileSync(at('found', 'objects.parquet'))).buffer,
    });
    expect(parquet).toHaveLength(rows.length);
    expect(parquet[3]).toMatchObject({ file: rows[3].file, at_edge: rows[3].at_edge === 'yes', label: null });
    expect(Number(parquet[3].x)).toBeCloseTo(Number(rows[3].x), 0);
    // The picture has a box in the colour of clear objects (or of one of the flags) around each object.
    const picture = decode(readFileSync(at('found', 'pictures', 'field1.mrc.png')));
    expect(picture.width).toBeGreaterThan(600);
    const first = rows.find(
      ({ file, at_edge, crowded }) => file === 'field1.mrc' && at_edge === 'no' && crowded === 'no',
    );
    const scale = picture.width / 256;
    const top = picture.height - 256 * scale;
    const [x, y] = [Number(first?.x) + 0.5, Number(first?.y) + 0.5 - Number(first?.height) / 2];
    const pixel = (px: number, py: number) =>
      Array.from(picture.data.slice(3 * (py * picture.width + px), 3 * (py * picture.width + px) + 3));
    const near = [-2, -1, 0, 1, 2].map((d) => pixel(Math.round(x * scale), Math.round(top + y * scale) + d));
    expect(near).toContainEqual([0x43, 0xb1, 0xd3]);
  });

  it('pixels that are not square: lengths along each axis are right', async () => {
    const { image } = fields[0];
    // Every other row: pixels are twice as high as wide.
    const pixels = image.pixels.filter((_, i) => Math.floor(i / 256) % 2 === 0);
    writeMrc(at('flat.mrc'), { pixels, width: 256, height: 128 }, { x: 1, y: 2 });
    const found = await locateObjects(at('flat.mrc'));
    const [square] = await collected(locateObjects(at('m', 'field1.mrc')));
    const [flat] = await collected(Promise.resolve(found));
    expect(flat.pixelSize?.y).toBeCloseTo(20, 5);
    expect(flat.pixelSize?.x).toBeCloseTo(10, 5);
    const middle = square.objects.filter(({ atEdge }) => !atEdge);
    expect(middle.length).toBeGreaterThan(5);
    const isSame = ({ x, y }: { x: number; y: number }) =>
      flat.objects.some((f) => Math.hypot(f.x - x, 2 * f.y - y) < 4);
    expect(middle.filter(isSame).length).toBeGreaterThanOrEqual(middle.length - 1);
  });

  it('continues where it was stopped, with the same table', async () => {
    const stop = new AbortController();
    const first = findInMicrographs(
      [at('m')],
      { out: at('part'), pictures: false },
      { signal: stop.signal, say: (line) => line.startsWith('field1') && stop.abort() },
    );
    await expect(first).rejects.toThrow('Stopped. To continue, run the same command with --resume.');
    expect(existsSync(at('part', 'objects.csv'))).toBe(false);
    const progress = at('part', 'progress.jsonl');
    // A line that was cut short by a kill is written again.
    writeFileSync(progress, `${readFileSync(progress, 'utf8')}{"name":"field2.mrc","obj`);
    const lines: string[] = [];
    await expect(
      findInMicrographs([at('m')], { out: at('part'), pictures: false, resume: true, split: false }),
    ).rejects.toThrow('other options');
    await findInMicrographs(
      [at('m')],
      { out: at('part'), pictures: false, resume: true },
      { say: (line) => lines.push(line) },
    );
    expect(lines).toContain('Continued: 1 micrographs are done.');
    expect(lines.some((line) => line.startsWith('field1.mrc'))).toBe(false);
    expect(readFileSync(at('part', 'objects.csv'), 'utf8')).toBe(readFileSync(at('found', 'objects.csv'), 'utf8'));
    expect(existsSync(progress)).toBe(false);
    await expect(findInMicrographs([at('m')], { out: at('part') })).rejects.toThrow('objects.csv exists');
  });

  slow('with threads finds the same', async () => {
    const alone = await collected(locateObjects(at('m'), { patch: 48, workers: 1 }));
    const sizes: number[] = [];
    const threads = await locateObjects(at('m'), { patch: 48, workers: 2 });
    const use = ({ segments }: LocatedPart) => sizes.push(segments.flat.length, segments.labels.length);
    const found = [];
    for await (const micrograph of threads.micrographs(undefined, (part) => void use(part))) found.push(micrograph);
    expect(found).toEqual(alone);
    expect(sizes).toEqual([65_536, 65_536, 65_536, 65_536]);
    await expect(locateObjects(at('m'), { workers: 0 })).rejects.toThrow(
      'workers must be a whole number of at least 1',
    );
  });

  it('explains what it cannot find', async () => {
    const { code, stderr } = await pyroved(['find', 'none.tif', '--out', 'w'], root);
    expect([code, stderr]).toEqual([1, 'pyroved: There is no file or folder "none.tif".\n']);
    const size = await pyroved(['find', 'm', '--pixel-size', 'small', '--out', 'x'], root);
    expect(size.stderr).toContain('pixelSize must be a length such as "1.3 nm"');
    writeMrc(at('empty.mrc'), { pixels: new Float32Array(64 * 64), width: 64, height: 64 });
    expect((await pyroved(['find', 'empty.mrc', '--out', 'y'], root)).stderr).toContain('No object was found.');
  });
});

describe('a table of objects', () => {
  const table = (name: string, text: string) => {
    writeFileSync(at(name), text);
    return at(name);
  };

  it('that find wrote can be edited and read back', async () => {
    const [header, first, second, ...rest] = readFileSync(at('found', 'objects.csv'), 'utf8').trim().split('\n');
    const columns = header.split(',');
    const moved = first.split(',');
    moved[columns.indexOf('x')] = '100.5';
    moved[columns.indexOf('label')] = 'rod';
    moved[columns.indexOf('label_angle')] = '-30';
    const added = 'field1.mrc,12,13,,,,,,,unknown,,,,,,';
    // One row is moved and labelled, one is removed, one is added.
    const centres = readCentres(table('edited.csv', [header, moved.join(','), ...rest, added].join('\n')));
    expect(centres).toHaveLength(rest.length + 2);
    expect(second).not.toBe('');
    expect(centres[0]).toMatchObject({ x: 100.5, label: 'rod', angle: -30, file: 'field1.mrc' });
    // The measured long axis is not an angle of a label.
    expect(centres[1].angle).toBeUndefined();
    expect(centres.at(-1)).toEqual({ x: 12, y: 13, file: 'field1.mrc' });
    const [located] = await collected(locateObjects(at('m'), { objects: at('edited.csv') }));
    const own = centres.filter(({ file }) => file === 'field1.mrc');
    expect(located.objects).toHaveLength(own.length);
    expect(located.objects.find(({ label }) => label === 'rod')).toMatchObject({ x: 100.5, labelAngle: -30 });
  });

  it('with two labels of one object is rejected, with both sources', () => {
    const path = table(
      'twice.csv',
      'file,x,y,label\na.tif,10,10,rod\na.tif,30,30,rod\nb.tif,10,10,disc\na.tif,10.5,10,disc\n',
    );
    expect(() => readCentres(path)).toThrow(DataError);
    expect(() => readCentres(path)).toThrow(`"rod" (${path}, line 2), but "disc" (${path}, line 5)`);
  });

  it('a table of one angle per label needs no column label_angle', () => {
    const path = table('angles.csv', 'x;y;label;angle\n10;10;rod;45\n20;20;;30\n');
    expect(readCentres(path)).toEqual([
      { x: 10, y: 10, label: 'rod', source: `${path}, line 2`, angle: 45 },
      { x: 20, y: 20 },
    ]);
    expect(() => readCentres(table('bad.csv', 'x,y,label,angle\n1,2,rod,up\n'))).toThrow(
      'line 2: expected an angle in degrees, got "up"',
    );
  });
});

async function collected(found: ReturnType<typeof locateObjects>) {
  const all = [];
  for await (const micrograph of (await found).micrographs()) all.push(micrograph);
  return all;
}
