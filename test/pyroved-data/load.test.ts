import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { OptionError } from 'pyro-ts';
import { loadImages, readFolder } from 'pyroved-data';
import { DataError, type ImageSet, imageAt } from 'pyroved-ts';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from './fixtures/index.js';

const root = mkdtempSync(join(tmpdir(), 'images-'));
let folder = '';
let made = 0;
beforeEach(() => {
  made += 1;
  folder = join(root, String(made));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** An image of `width` x `height` that is `grey` on the left and 250 - `grey` on the right. */
function picture(grey: number, width = 16, height = 16): Uint8Array {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? grey : 250 - grey));
  return encode({ width, height, data, channels: 1, depth: 8 });
}

function pictures(prefix: string, count: number, from = 0): void {
  for (let i = 0; i < count; i++) write(`${prefix}${i + 1}.png`, picture(from + i));
}

const leftGrey = (set: ImageSet | undefined): number[] =>
  Array.from({ length: set?.count ?? 0 }, (_, i) => (set ? imageAt(set, i)[0] : Number.NaN));

/** A grey range that gives back the file's grey values over 250. */
const asWritten = { low: 0, high: 250 / 255 };

describe('a folder of unlabelled images', () => {
  it('is read with its subfolders in natural order, without hidden files', async () => {
    pictures('img', 11);
    pictures('sub/x', 1, 50);
    write('.DS_Store', 'x');
    write('Thumbs.db', 'x');
    const { unlabelled, labelled, problems, notes } = await loadImages({
      unlabelled: folder,
      size: 16,
      normalisation: asWritten,
    });
    expect(unlabelled?.names).toEqual([...Array.from({ length: 11 }, (_, i) => `img${i + 1}.png`), 'sub/x1.png']);
    expect(leftGrey(unlabelled).map((v) => Math.round(250 * v))).toEqual([
      ...Array.from({ length: 11 }, (_, i) => i),
      50,
    ]);
    expect(labelled).toBeUndefined();
    expect([problems, notes]).toEqual([[], []]);
  });

  it('follows links, but not in a circle', async () => {
    pictures('a', 3);
    mkdirSync(join(folder, 'sub'));
    symlinkSync(folder, join(folder, 'sub', 'up'));
    expect((await readFolder(folder, { size: 16 })).set.count).toBe(3);
  });

  it('is normalised by its 1st and 99th percentile, which new images then share', async () => {
    pictures('img', 100);
    const first = await loadImages({ unlabelled: folder, size: 16 });
    // Grey values 0..99 on the left and 250..151 on the right, equally often: the 1st percentile is 2 less a bit, the
    // 99th 248 and a bit.
    expect(255 * first.normalisation.low).toBeCloseTo(1.5, 0);
    expect(255 * first.normalisation.high).toBeCloseTo(248.5, 0);
    const values = first.unlabelled?.images ?? new Float32Array();
    expect(Math.min(...values.slice(0, 256))).toBe(0);
    expect(Math.max(...values.slice(0, 256))).toBe(1);
    write('new/a.png', picture(30));
    const { set } = await readFolder(join(folder, 'new'), { size: 16, normalisation: first.normalisation });
    expect(imageAt(set, 0)).toEqual(imageAt(first.unlabelled as ImageSet, 30));
  });

  it('falls back to the whole range where almost every pixel is the same', async () => {
    for (let i = 0; i < 4; i++) {
      const data = new Uint8Array(32 * 32).fill(10);
      data[i] = 200;
      write(`${i}.png`, encode({ width: 32, height: 32, data, channels: 1, depth: 8 }));
    }
    const { set, normalisation } = await readFolder(folder, { size: 32 });
    expect(normalisation.low).toBeCloseTo(10 / 255, 6);
    expect(normalisation.high).toBeCloseTo(200 / 255, 6);
    expect(set.images.filter((v) => v === 1)).toHaveLength(4);
  });

  it('reads the pages of a stack as images of their own', async () => {
    write('stack.tif', bytesOf('stack8.tif'));
    const { set } = await readFolder(folder, { size: 10 });
    expect(set.names).toEqual(['stack.tif#1', 'stack.tif#2', 'stack.tif#3']);
  });

  it('keeps three colours when asked, and repeats grey', async () => {
    write('a.png', bytesOf('rgb8.png'));
    write('b.png', bytesOf('grey8.png'));
    const { set } = await readFolder(folder, { size: 10, channels: 3 });
    expect(set).toMatchObject({ channels: 3, count: 2, shape: [10, 10] });
    const [colour, grey] = [imageAt(set, 0), imageAt(set, 1)];
    expect(colour.slice(0, 100)).not.toEqual(colour.slice(100, 200));
    expect(grey.slice(0, 100)).toEqual(grey.slice(100, 200));
  });
});

describe('a size that is not given', () => {
  const sized = (sides: readonly [number, number][]): void => {
    sides.forEach(([width, height], i) => {
      write(`img${i}.png`, picture(10 + i, width, height));
    });
  };

  it('is the median of the shorter sides, so that typical images are not enlarged', async () => {
    sized([
      [20, 30],
      [24, 24],
      [30, 26],
      [40, 28],
      [24, 24],
    ]);
    const { size, unlabelled } = await loadImages({ unlabelled: folder });
    expect([size, unlabelled?.shape]).toEqual([24, [24, 24]]);
  });

  it('is 48 where images are larger, and 8 where they are smaller than that', async () => {
    sized([
      [200, 150],
      [128, 128],
      [90, 90],
    ]);
    expect((await loadImages({ unlabelled: folder })).size).toBe(48);
    for (const name of ['a', 'b', 'c']) write(`${name}/tiny.png`, picture(name.charCodeAt(0), 6, 6));
    expect((await loadImages({ unlabelled: join(folder, 'a'), labels: undefined })).size).toBe(8);
  });

  it('does not look at files that cannot be read, and gives way to one that is given', async () => {
    sized([
      [20, 20],
      [20, 20],
      [20, 20],
    ]);
    for (let i = 0; i < 4; i++) write(`broken${i}.png`, 'x');
    const { size, problems } = await loadImages({ unlabelled: folder });
    expect([size, problems.length]).toEqual([20, 4]);
    expect((await loadImages({ unlabelled: folder, size: 32 })).unlabelled?.shape).toEqual([32, 32]);
  });
});

describe('files that cannot be used', () => {
  const spoil = () => {
    pictures('good', 9);
    write('empty.png', '');
    write('notes.txt', 'remember the milk');
    write('cut.png', picture(3).slice(0, 60));
    write('flat.png', picture(125));
    write('huge.png', picture(9, 200, 200));
    write('long.png', picture(9, 60, 10));
    const tif = bytesOf('float32.tif');
    // The last pixel of the strip at the file's end becomes NaN.
    new DataView(tif.buffer).setFloat32(tif.length - 4, Number.NaN, true);
    write('nan.tif', tif);
  };

  it('are skipped, and each is listed with the reason', async () => {
    spoil();
    const { unlabelled, problems } = await loadImages({ unlabelled: folder, size: 16 });
    expect(unlabelled?.count).toBe(9);
    const why = Object.fromEntries(problems.map((p) => [p.file, p.why]));
    expect(Object.keys(why).sort()).toEqual([
      'cut.png',
      'empty.png',
      'flat.png',
      'huge.png',
      'long.png',
      'nan.tif',
      'notes.txt',
    ]);
    expect(why['empty.png']).toBe('the file is empty (0 bytes)');
    expect(why['notes.txt']).toBe('not an image (PNG, JPEG, TIFF and BMP are read)');
    expect(why['cut.png']).toMatch(/^damaged or unsupported PNG/);
    expect(why['flat.png']).toBe('all its pixels have the same value');
    expect(why['huge.png']).toBe("200 x 200 pixels, a size very different from the other images'");
    expect(why['long.png']).toBe("60 x 10 pixels, a shape very different from the other images'");
    expect(why['nan.tif']).toBe(
      '1 pixel value(s) are NaN or infinite, the first one NaN in column 11 of row 9, counted from 0',
    );
  });

  it('stop the reading when asked, in one list', async () => {
    spoil();
    const rejected = loadImages({ unlabelled: folder, size: 16, onBadFile: 'fail' });
    await expect(rejected).rejects.toThrow(DataError);
    await expect(rejected).rejects.toThrow(
      /^7 of 16 files cannot be used:\n {2}cut\.png: damaged[\s\S]*notes\.txt: not an image/,
    );
    await expect(rejected).rejects.toMatchObject({
      problems: expect.arrayContaining([expect.objectContaining({ file: 'nan.tif' })]),
    });
  });
});

describe('labels by folder', () => {
  it('hold out a stratified fifth and keep a lone image for training', async () => {
    pictures('cats/', 10);
    pictures('dogs/', 20, 40);
    pictures('owls/', 1, 90);
    const options = { labelled: folder, size: 16, seed: 4 };
    const { labelled, validation, unlabelled, notes } = await loadImages(options);
    expect(unlabelled).toBeUndefined();
    expect(labelled?.classNames).toEqual(['cats', 'dogs', 'owls']);
    const counts = (set: ImageSet | undefined) => [0, 1, 2].map((y) => set?.labels?.filter((l) => l === y).length);
    expect(counts(labelled)).toEqual([8, 16, 1]);
    expect(counts(validation)).toEqual([2, 4, 0]);
    expect(notes).toEqual([
      'Class "owls" has a single labelled image: it is used for training, and none for validation.',
    ]);
    expect(new Set([...(labelled?.names ?? []), ...(validation?.names ?? [])]).size).toBe(31);
    for (const set of [labelled, validation]) {
      expect(set?.names?.every((name, i) => name.startsWith(['cats/', 'dogs/', 'owls/'][set.labels?.[i] ?? -1]))).toBe(
        true,
      );
    }
    expect((await loadImages(options)).validation?.names).toEqual(validation?.names);
    expect((await loadImages({ ...options, validationFraction: 0 })).validation).toBeUndefined();
  });

  it('may lie within the unlabelled folder, or hold it, without being read twice', async () => {
    pictures('labelled/a/', 2);
    pictures('labelled/b/', 2, 20);
    pictures('more/', 5, 40);
    const inside = await loadImages({ labelled: join(folder, 'labelled'), unlabelled: folder, size: 16 });
    expect(inside.unlabelled?.names).toEqual([1, 2, 3, 4, 5].map((i) => `more/${i}.png`));
    expect(inside.notes).toContainEqual(expect.stringMatching(/^4 labelled file\(s\)/));
    cpSync(join(folder, 'more'), join(folder, 'labelled', 'rest'), { recursive: true });
    const around = await loadImages({
      labelled: join(folder, 'labelled'),
      unlabelled: join(folder, 'labelled/rest'),
      size: 16,
    });
    expect(around.labelled?.classNames).toEqual(['a', 'b']);
    expect(around.unlabelled?.count).toBe(5);
  });

  it.each<[string, () => void, RegExp]>([
    ['no class folders', () => pictures('x', 3), /has no folders\. Expected one folder per class/],
    ['one class only', () => pictures('a/', 3), /All labelled images are of one class \("a"\)/],
    [
      'an empty class',
      () => {
        pictures('a/', 3);
        mkdirSync(join(folder, 'b'));
      },
      /The class folder ".*b" is empty/,
    ],
    [
      'a class without a readable image',
      () => {
        pictures('a/', 3);
        write('b/1.png', 'no');
        write('b/2.png', '');
      },
      /No readable labelled image of "b"[\s\S]*b\/1\.png: not an image[\s\S]*b\/2\.png: the file is empty/,
    ],
    [
      'images that are all equal',
      () => {
        for (const name of ['a/1', 'a/2', 'b/1', 'b/2']) write(`${name}.png`, picture(7));
      },
      /All 4 images are identical: there is nothing to learn/,
    ],
  ])('are rejected: %s', async (_, prepare, words) => {
    prepare();
    const loading = loadImages({ labelled: folder, size: 16 });
    await expect(loading).rejects.toThrow(DataError);
    await expect(loading).rejects.toThrow(words);
  });
});

describe('labels by table', () => {
  beforeEach(() => {
    pictures('img', 12);
    write('stack.tif', bytesOf('stack8.tif'));
  });

  const rows = ['img2.png,b', 'img10.png,a', 'img3.png,b', 'img4.png,a', 'stack.tif#2,a'];
  const load = (name = 'labels.csv', extra: object = {}) =>
    loadImages({ unlabelled: folder, labels: join(folder, name), size: 12, validationFraction: 0, ...extra });

  it.each([
    ['a header', `file,label\n${rows.join('\n')}\n`],
    ['no header', rows.join('\r\n')],
    [
      'columns the other way around, semicolons and a byte order mark',
      `\uFEFFClass;Comment;Filename\n${rows.map((r) => `${r.split(',')[1]};"x;y";${r.split(',')[0]}`).join('\n')}`,
    ],
  ])('are read with %s, and labelled images do not count as unlabelled ones', async (_, table) => {
    write('labels.csv', table);
    const { labelled, unlabelled, problems } = await load();
    expect(problems).toEqual([]);
    expect(labelled?.classNames).toEqual(['a', 'b']);
    const pairs = labelled?.names?.map((name, i) => `${name},${'ab'[labelled.labels?.[i] ?? 9]}`);
    expect(pairs?.sort()).toEqual([...rows].sort());
    expect(unlabelled?.count).toBe(12 - 4 + 2);
  });

  it('are looked up relative to the table where no folder is given', async () => {
    write('tables/labels.csv', '..\\img1.png,x\n../img2.png,y\n');
    const options = { labels: join(folder, 'tables/labels.csv'), size: 12, validationFraction: 0 };
    const { labelled, unlabelled } = await loadImages({ ...options, outsidePaths: true });
    expect(labelled?.names).toEqual(['../img1.png', '../img2.png']);
    expect(unlabelled).toBeUndefined();
    await expect(loadImages(options)).rejects.toThrow(
      /names 2 file\(s\) that are not in .*tables:\n {2}\.\.\\img1\.png: outside \(line 1\)[\s\S]*outsidePaths \(--outside-paths\)/,
    );
  });

  it.each(['a\0b.png', 'x'.repeat(5000), 'img1.png/x', '/', '..', 'img1.png#99999999999999999999', '\ud800', '~'])(
    'with %j in place of a file is a typed error',
    async (file) => {
      write('labels.csv', `file,label\n${file},a\nimg2.png,b\n`);
      await expect(load()).rejects.toThrow(DataError);
    },
  );

  it('may be empty for some images', async () => {
    write('labels.csv', 'file,label\nimg1.png,a\nimg2.png,b\nimg3.png,\n');
    const { labelled, unlabelled, notes } = await load();
    expect(labelled?.count).toBe(2);
    expect(unlabelled?.count).toBe(10 + 3);
    expect(notes[0]).toMatch(/1 row\(s\) without a label/);
  });

  it.each([
    [
      'files that do not exist',
      'img1.png,a\nimg99.png,b\n',
      /names 1 file\(s\) that do not exist in [\s\S]*img99\.png: no such file \(line 2\)/,
    ],
    [
      'a contradiction',
      'img1.png,a\nimg2.png,b\nimg1.png,b\n',
      /line 3: "img1\.png" is labelled "b" but "a" further up/,
    ],
    ['one column', 'file\nimg1.png\n', /line 1: expected "file,label"/],
    ['no labels', 'file,label\n', /labels no image/],
    ['a broken quote', 'file,label\n"img1.png,a\n', /cannot be read: Quote Not Closed/],
  ])('are rejected: %s', async (_, table, words) => {
    write('labels.csv', table);
    await expect(load()).rejects.toThrow(DataError);
    await expect(load()).rejects.toThrow(words);
  });
});

describe('sources', () => {
  it('are rejected where they are missing, empty or the same', async () => {
    const rejects = (options: object, words: RegExp | string) =>
      expect(loadImages({ size: 16, ...options })).rejects.toThrow(words);
    await rejects({}, 'No images were given');
    await rejects({ labels: join(folder, 'nowhere.csv') }, /There is no table ".*nowhere\.csv"\./);
    await rejects({ unlabelled: join(folder, 'nowhere') }, 'unlabelled: there is no folder');
    await rejects({ unlabelled: folder }, `The folder "${folder}" is empty`);
    write('x.png', 'no image');
    await rejects({ unlabelled: folder }, /has no image that can be used:\n {2}x\.png: not an image/);
    await rejects({ unlabelled: join(folder, 'x.png') }, 'is a file; a folder of images is expected');
    await rejects({ unlabelled: folder, labelled: folder }, 'are the same folder');
    await rejects({ labels: 'a.csv', labelled: folder }, 'not both');
    await expect(readFolder(folder, { size: 16 })).rejects.toThrow('has no image that can be used');
  });

  it('come with options that are checked', async () => {
    await expect(loadImages({ unlabelled: folder, size: 16, ...{ labeled: 'x' } })).rejects.toThrow(
      'Did you mean "labelled"?',
    );
    pictures('a', 2);
    await expect(loadImages({ unlabelled: folder, size: 4 })).rejects.toThrow(OptionError);
    await expect(loadImages({ unlabelled: folder, size: 16, validationFraction: 1 })).rejects.toThrow(
      'at least 0 and less than 1; got 1',
    );
  });

  it('report progress file by file', async () => {
    pictures('a', 3);
    const seen: string[] = [];
    await loadImages({ unlabelled: folder, size: 16, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    expect(seen).toEqual(['1/3', '2/3', '3/3']);
  });
});
