import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { OptionError, RandomStream } from 'pyro-ts';
import { findObjects, loadMicrographs, nanoparticles, type Plane } from 'pyroved-data';
import { DataError, imageAt } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'micrograph-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIDE = 480;

/**
 * Simulated agglomerates scattered over a micrograph with an uneven background; and where their pixels' middles are.
 */
function micrograph(sign: 1 | -1 = 1): { image: Plane; middles: { x: number; y: number }[] } {
  const { validation } = nanoparticles({ seed: 3, validationPerClass: 9, noise: 0.03 });
  const stream = new RandomStream(8);
  const pixels = Float32Array.from(
    { length: SIDE * SIDE },
    (_, i) => 0.2 + (0.3 * (i % SIDE)) / SIDE + 0.03 * stream.nextNormal(),
  );
  const middles: { x: number; y: number }[] = [];
  for (let k = 0; k < 36; k++) {
    const [left, top] = [20 + 76 * (k % 6) + stream.nextInt(12), 20 + 76 * Math.floor(k / 6) + stream.nextInt(12)];
    const patch = imageAt(validation, (k * 7) % 36);
    const background = validation.factors?.background[(k * 7) % 36] ?? 0;
    const bright = Array.from(patch, (v, i) => ({ v, x: i % 48, y: Math.floor(i / 48) })).filter(
      ({ v }) => v > background + 0.17,
    );
    for (const { v, x, y } of bright) pixels[(top + y) * SIDE + left + x] += sign * (v - background);
    const mean = (of: 'x' | 'y') => bright.reduce((sum, p) => sum + p[of], 0) / bright.length;
    middles.push({ x: left + mean('x'), y: top + mean('y') });
  }
  return { image: { pixels: pixels.map((v) => (sign === 1 ? v : v + 0.6)), height: SIDE, width: SIDE }, middles };
}

function save(name: string, { pixels, width, height }: Plane): string {
  const data = Uint16Array.from(pixels, (v) => Math.round(30_000 * Math.min(2, Math.max(0, v))));
  writeFileSync(join(folder, name), encode({ width, height, data, channels: 1, depth: 16 }));
  return join(folder, name);
}

describe('findObjects', () => {
  it.each([1, -1] as const)(
    'finds every agglomerate once and nothing else, on an uneven background (contrast %d)',
    (sign) => {
      const { image, middles } = micrograph(sign);
      const { objects: found } = findObjects(image, { patch: 48, split: false });
      expect(found).toHaveLength(middles.length);
      for (const { x, y } of middles) {
        const nearest = Math.min(...found.map((f) => Math.hypot(f.x - x, f.y - y)));
        expect(nearest).toBeLessThan(1.5);
      }
      expect(findObjects(image, { patch: 48, minArea: 300 }).objects.length).toBeLessThan(middles.length);
    },
  );

  it("puts the first pixel's centre at 0", () => {
    const pixels = new Float32Array(64 * 64);
    for (let y = 20; y <= 28; y++) for (let x = 40; x <= 50; x++) pixels[y * 64 + x] = 1;
    const [object, ...others] = findObjects({ pixels, height: 64, width: 64 }, { patch: 24 }).objects;
    expect(others).toEqual([]);
    expect(object.x).toBeCloseTo(45, 1);
    expect(object.y).toBeCloseTo(24, 1);
    expect(() => findObjects({ pixels, height: 64, width: 64 }, { patch: 24, polarity: 'light' as 'bright' })).toThrow(
      OptionError,
    );
  });
});

describe('loadMicrographs', () => {
  it('cuts one patch of each object', async () => {
    const { image, middles } = micrograph();
    const { set, problems, notes } = await loadMicrographs(save('field.png', image), { patch: 48, size: 24 });
    expect(set).toMatchObject({ count: 36, shape: [24, 24], channels: 1 });
    expect([problems, notes]).toEqual([[], []]);
    expect(set.names?.[0]).toMatch(/^field\.png@\d+,\d+$/);
    for (let i = 0; i < set.count; i++) {
      const { x, y } = { x: set.factors?.x[i] ?? 0, y: set.factors?.y[i] ?? 0 };
      expect(Math.min(...middles.map((m) => Math.hypot(m.x - x, m.y - y)))).toBeLessThan(1.5);
      // The object's weight is in the middle of its patch.
      const patch = imageAt(set, i);
      const inner = patch.filter((_, k) => k % 24 >= 6 && k % 24 < 18 && k >= 6 * 24 && k < 18 * 24);
      expect(inner.reduce((a, b) => a + b, 0) / 144).toBeGreaterThan(patch.reduce((a, b) => a + b, 0) / 576);
    }
  });

  it('cuts at the places of a table, with their labels, and names those at the border', async () => {
    const pixels = Float32Array.from({ length: 40 * 50 }, (_, i) => i / 2000);
    const path = save('ramp.png', { pixels, height: 40, width: 50 });
    const table = join(folder, 'centres.csv');
    writeFileSync(
      table,
      'file,x,y,label\nramp.png,20,15,rod\nramp.png,30.4,18,\nramp.png,3,18,rod\nother.png,20,20,disc\nramp.png,28,30,disc\n',
    );
    const { set, problems, notes } = await loadMicrographs(path, {
      patch: 9,
      objects: table,
      normalisation: { low: 0, high: 1 },
    });
    expect(set.names).toEqual(['ramp.png@20,15', 'ramp.png@30,18', 'ramp.png@28,30']);
    expect(set.classNames).toEqual(['disc', 'rod']);
    expect(Array.from(set.labels ?? [])).toEqual([1, -1, 0]);
    // The middle pixel of a patch of 9 is the place itself; grey values are 30000 / 65535 of the ramp's.
    expect(imageAt(set, 0)[4 * 9 + 4]).toBeCloseTo(((15 * 50 + 20) / 2000) * (30_000 / 65_535), 4);
    expect(problems).toEqual([{ file: 'ramp.png@3,18', why: 'its patch reaches beyond the micrograph' }]);
    expect(notes).toEqual([]);
    const crowded = await loadMicrographs(path, {
      patch: 30,
      objects: [
        { x: 20, y: 20 },
        { x: 25, y: 20 },
      ],
    });
    expect(crowded.notes[0]).toMatch(/2 of 2 patches also show the middle of another object/);
  });

  it('covers a micrograph with patches side by side, the ones along its borders too', async () => {
    const pixels = Float32Array.from({ length: 16 * 24 }, (_, i) => i / 384);
    const path = save('tiles.png', { pixels, height: 16, width: 24 });
    const centres = [4, 12].flatMap((y) => [4, 12, 20].map((x) => ({ x, y })));
    const normalisation = { low: 0, high: 30_000 / 65_535 };
    const { set, problems } = await loadMicrographs(path, { patch: 8, objects: centres, normalisation });
    expect(problems).toEqual([]);
    centres.forEach(({ x, y }, i) => {
      const [first, last] = [imageAt(set, i)[0], imageAt(set, i)[63]];
      expect(first).toBeCloseTo(((y - 4) * 24 + x - 4) / 384, 3);
      expect(last).toBeCloseTo(((y + 3) * 24 + x + 3) / 384, 3);
    });
  });

  it('rejects what cannot be used', async () => {
    const path = save('small.png', {
      pixels: Float32Array.from({ length: 400 }, (_, i) => (i % 7) / 7),
      height: 20,
      width: 20,
    });
    const table = (content: string) => {
      writeFileSync(join(folder, 't.csv'), content);
      return { patch: 8, objects: join(folder, 't.csv') };
    };
    await expect(loadMicrographs(path, table('a,b\n1,2\n'))).rejects.toThrow(
      /needs a header with the columns x and y .* it has: a, b/,
    );
    await expect(loadMicrographs(path, table('x,y\n1,two\n'))).rejects.toThrow(
      'line 2: expected pixel coordinates, got x "1" and y "two"',
    );
    await expect(loadMicrographs(path, table('x,y\n'))).rejects.toThrow('lists no object');
    await expect(loadMicrographs(path, table('x,y\n1,1\n'))).rejects.toThrow(
      /gives no object to cut out:\n {2}small\.png@1,1: its patch reaches/,
    );
    await expect(loadMicrographs(path, { patch: 4 })).rejects.toThrow(OptionError);
    await expect(loadMicrographs(path, { patch: 8, ...{ pach: 3 } })).rejects.toThrow('Did you mean "patch"?');
    await expect(loadMicrographs(join(folder, 'none.png'), { patch: 8 })).rejects.toThrow(DataError);
    writeFileSync(join(folder, 'text.png'), 'no image');
    await expect(loadMicrographs(join(folder, 'text.png'), { patch: 8 })).rejects.toThrow(
      /text\.png: its format is not supported/,
    );
  });
});
