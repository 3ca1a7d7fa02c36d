/** The options of the command line that limit what is read: pixels, memory, and where the files of a label table may lie. */
import { join } from 'node:path';
import { RunFolder } from 'pyroved';
import { encodeNpy } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Outcome,
  picture,
  png,
  pyroved,
  quick,
  remove,
  side,
  succeed,
  temporaryFolder,
  write,
  writeImages,
} from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
const pixels = side * side;
const images = ['--unlabelled', 'unlabelled', '--labelled', 'labelled'];
const tiny = [...quick, '--epochs', '1'];

beforeAll(async () => {
  writeImages(root, { labelled: 4, unlabelled: 4 });
  write(at('all.npy'), encodeNpy(new Float32Array(8 * pixels), [8, side, side]));
  write(at('large', 'a.png'), png(Float32Array.from({ length: 48 * 48 }, (_, i) => (i % 48) / 48)));
  await succeed(['train', ...images, ...tiny, '--out', 'run'], root);
}, 60_000);
afterAll(() => remove(root));

/** The error of a command that has to fail, without a stack trace. */
function whyOf({ code, stderr }: Outcome): string {
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/\n {4}at |unexpected error/);
  return stderr;
}

describe('--max-pixels', () => {
  const over = (limit: number, claimed = pixels) =>
    `PNG over the limit (it claims ${claimed} pixels, and at most ${limit} are read; raise maxPixels (--max-pixels) for more)`;

  it('rejects larger images of a training, and admits those of its size', async () => {
    const limited = (limit: number) => [
      'train',
      ...images,
      ...tiny,
      '--out',
      `at-${limit}`,
      '--max-pixels',
      `${limit}`,
    ];
    expect(whyOf(await pyroved(limited(pixels - 1), root))).toContain(`ell1.png: ${over(pixels - 1)}`);
    await succeed(limited(pixels), root);
    // A run that goes on reads its images with the same limit.
    expect(RunFolder.open(at(`at-${pixels}`)).config.data.source).toMatchObject({ maxPixels: pixels });
  });

  it('rejects larger images that are classified, and lists them', async () => {
    const classify = ['classify', 'run', '--images', 'large', '--max-bytes', '1000000', '--max-pixels'];
    expect(whyOf(await pyroved([...classify, '2303'], root))).toContain(`a.png: ${over(2303, 2304)}`);
    expect((await succeed([...classify, '2304'], root)).stdout).toMatch(/^file,.*\na\.png,/);
  });

  it('limits micrographs too', async () => {
    const found = ['--micrographs', 'large', '--patch-size', '16'];
    const error = whyOf(await pyroved(['classify', 'run', ...found, '--max-pixels', '2303'], root));
    expect(error).toContain(over(2303, 2304));
  });
});

describe('--max-bytes', () => {
  const over =
    /its content needs [\d,]+ bytes of memory, and at most 1,000 bytes are used .*; raise maxBytes \(--max-bytes\) for more/;
  const limit = ['--max-bytes', '1000'];

  it.each<[string, string[]]>([
    ['training', ['train', ...images, ...tiny, '--out', 'never']],
    ['training on an array', ['train', '--array', 'all.npy', '--out', 'never']],
    ['classify', ['classify', 'run', '--images', 'unlabelled']],
    ['encode', ['encode', 'run', '--array', 'all.npy']],
  ])('limits the memory of a file: %s', async (_, command) => {
    expect(whyOf(await pyroved([...command, ...limit], root))).toMatch(over);
    expect(RunFolder.isIn(at('never'))).toBe(false);
  });

  it.each([
    ['--max-pixels', '0'],
    ['--max-bytes', '1e3x'],
  ])('%s %s is no number of pixels or bytes', async (option, value) => {
    const { code, stderr } = await pyroved(['train', ...images, option, value], root);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: option .*Must be an integer/)]);
  });
});

describe('--outside-paths', () => {
  const train = ['train', '--unlabelled', 'unlabelled', '--labels', 'tables/labels.csv', ...tiny];
  beforeAll(() => {
    write(at('elsewhere', 'x.png'), png(picture('ell', 3)));
    const rows = [1, 2, 3].flatMap((i) => [`ell${i}.png,ell`, `flag${i}.png,flag`]);
    write(at('tables', 'labels.csv'), ['file,label', ...rows, '../elsewhere/x.png,ell', ''].join('\n'));
  });

  it('is needed for files outside of the images and of the table, which are named with their lines', async () => {
    const error = whyOf(await pyroved([...train, '--out', 'inside'], root));
    expect(error).toContain('labels.csv names 1 file(s) that are not in');
    expect(error).toContain('  ../elsewhere/x.png: outside (line 8)\n');
    expect(error).toContain('accept them with outsidePaths (--outside-paths)');
  });

  it('accepts them, also when the run goes on', async () => {
    const { stderr } = await succeed([...train, '--outside-paths', '--out', 'outside'], root);
    expect(stderr).toContain('5 labelled, 2 validation');
    expect(RunFolder.open(at('outside')).config.data.source).toMatchObject({ outsidePaths: true });
  });

  it('belongs to images and their labels', async () => {
    const error = whyOf(await pyroved(['train', 'cards', '--outside-paths', '--out', 'never'], root));
    expect(error).toContain('--outside-paths');
  });
});
