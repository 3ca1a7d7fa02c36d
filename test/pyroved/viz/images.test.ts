/** Grids of images: every pixel where it belongs, and the words around them. */
import fc from 'fast-check';
import { decode } from 'fast-png';
import { imageRowsPicture, manifoldPicture } from 'pyroved';
import { displayRange, samplesByClass, tileImages } from 'pyroved/internal';
import { PyrovedError } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { assertWellFormed, textsOf } from './svg.js';

const ramp = (count: number, height: number, width: number, channels = 1) => {
  const length = count * height * width * channels;
  return { data: Float32Array.from({ length }, (_, i) => i / length), count, height, width, channels };
};

/** The PNG inside a picture. */
function embedded(svg: string): Uint8Array {
  return Uint8Array.from(Buffer.from(/href="data:image\/png;base64,([^"]+)"/.exec(svg)![1]!, 'base64'));
}

describe('tileImages', () => {
  it('puts every pixel of every image where it belongs, gaps transparent, for any layout', () => {
    const layout = fc.record({
      count: fc.integer({ min: 1, max: 7 }),
      height: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 4 }),
      channels: fc.constantFrom(1, 2, 3),
      columns: fc.integer({ min: 1, max: 5 }),
      scale: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(layout, ({ count, height, width, channels, columns, scale, gap }) => {
        const stack = ramp(count, height, width, channels);
        const tiled = tileImages(stack, { columns, scale, gap });
        const png = decode(tiled.png);
        expect([png.width, png.height, png.channels]).toEqual([tiled.width, tiled.height, channels === 3 ? 4 : 2]);
        const used = Math.min(columns, count);
        const expected: number[] = [];
        for (let y = 0; y < png.height; y++) {
          for (let x = 0; x < png.width; x++) {
            const [row, dy] = [Math.floor(y / (height * scale + gap)), y % (height * scale + gap)];
            const [column, dx] = [Math.floor(x / (width * scale + gap)), x % (width * scale + gap)];
            const image = row * used + column;
            if (dy >= height * scale || dx >= width * scale || image >= count) {
              expected.push(...new Array<number>(png.channels).fill(0));
              continue;
            }
            const at = ((image * height + Math.floor(dy / scale)) * width + Math.floor(dx / scale)) * channels;
            const values = [...stack.data.subarray(at, at + channels)];
            const shown = channels === 2 ? [(values[0]! + values[1]!) / 2] : values;
            expected.push(...shown.map((value) => Math.round(255 * value)), 255);
          }
        }
        expect([...png.data]).toEqual(expected);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('shows [0, 1], or the range of nearly all values where they lie beyond', () => {
    const ramp = (low: number, high: number) => Array.from({ length: 1001 }, (_, i) => low + ((high - low) * i) / 1000);
    expect(displayRange(ramp(0, 1))).toEqual([0, 1]);
    expect(displayRange([...ramp(0.2, 0.6), 40, Number.NaN])).toEqual([0, 1]);
    const [low, high] = displayRange([...ramp(-2, 4), 1e6]);
    expect([low, high].map((v) => Number(v.toFixed(2)))).toEqual([-1.97, 3.98]);
    expect(displayRange([3, 3])).toEqual([2.5, 3.5]);
    expect(displayRange([])).toEqual([0, 1]);
  });

  it('shows the range as black to white and clips the rest; a pixel without a value is transparent', () => {
    const data = [-3, -1, 0, 1, 9, Number.NaN];
    const { png } = tileImages({ data, count: 1, height: 1, width: 6 }, { columns: 1, range: [-1, 1] });
    expect([...decode(png).data]).toEqual([0, 255, 0, 255, 128, 255, 255, 255, 255, 255, 0, 0]);
  });

  it('averages blocks of images that are too large', () => {
    const data = [0, 0.2, 1, 9, 0.4, 0.2, 0, 9, 9, 9, 9, 9];
    const { png, width, height } = tileImages(
      { data, count: 1, height: 3, width: 4 },
      { columns: 1, shrink: 2, range: [0, 5] },
    );
    expect([width, height]).toEqual([2, 1]);
    expect([...decode(png).data]).toEqual([Math.round(0.2 * 51), 255, Math.round(4.75 * 51), 255]);
  });

  it('rejects data of another length', () => {
    expect(() => tileImages({ data: [1, 2, 3], count: 1, height: 2, width: 2 }, { columns: 1 })).toThrow(
      /1 images of 2 x 2 x 1 must have 4 values; got 3/,
    );
  });
});

describe('manifoldPicture', () => {
  it('has no axis for what does not vary', () => {
    const row = { images: ramp(3, 2, 2), columns: 3, x: [-1, 1] as const };
    expect(manifoldPicture({ ...row, y: [0, 0] }).svg).not.toContain('rotate(-90)');
    expect(manifoldPicture({ ...row, y: [0, 1] }).svg).toContain('rotate(-90)');
  });

  it('has its axes, its title and the PNG that it gives beside', () => {
    const { svg, png } = manifoldPicture({
      images: ramp(6, 4, 4),
      columns: 3,
      x: [-2, 2.123456],
      y: [-1, 1],
      title: '<i>&',
    });
    assertWellFormed(svg);
    expect(textsOf(svg)).toEqual(['<i>&', '−2', 'z₁ →', '2.12', '−1', 'z₂ →', '1']);
    expect(embedded(svg)).toEqual(png);
    const { width, height } = decode(png!);
    expect(width / height).toBeCloseTo(3 / 2, 1);
    expect(svg).toContain(`<image width="${width}" height="${height}"`);
  });

  it('is of curves where there are signals, one for each', () => {
    const data = Float32Array.from({ length: 4 * 8 }, (_, i) => (i === 3 ? Number.NaN : Math.sin(i)));
    const { svg, png } = manifoldPicture({ images: { data, count: 4, length: 8 }, columns: 2, x: [0, 1], y: [0, 1] });
    expect(png).toBeUndefined();
    assertWellFormed(svg);
    const curves = [...svg.matchAll(/points="([^"]+)"/g)].map(([, points]) => points!.split(' ').length);
    expect(curves).toEqual([7, 8, 8, 8]);
  });

  it('stays small for large images', () => {
    const { png } = manifoldPicture({ images: ramp(4, 700, 700), columns: 2, x: [0, 1], y: [0, 1] });
    expect(decode(png!).width).toBeLessThan(700);
  });
});

describe('rows of images', () => {
  it('label rows and columns, and leave the end of a shorter row empty', () => {
    const { svg, png } = imageRowsPicture({
      rows: [
        { label: 'input', images: ramp(3, 2, 2) },
        { label: 'a "label" & more', images: ramp(2, 2, 2) },
      ],
      columnLabels: ['x', 'y', 'z'],
    });
    assertWellFormed(svg);
    expect(textsOf(svg)).toEqual(['input', 'a "label" & more', 'x', 'y', 'z']);
    const { data, width, height, channels } = decode(png!);
    const alpha = (x: number, y: number) => data[(y * width + x) * channels + channels - 1];
    expect(alpha(width - 1, 0)).toBe(255);
    expect(alpha(width - 1, height - 1)).toBe(0);
    expect(alpha(0, height - 1)).toBe(255);
  });

  it('reject rows that are not alike, and none', () => {
    const rows = (images: Parameters<typeof imageRowsPicture>[0]['rows'][0]['images']) => [
      { label: 'input', images: ramp(1, 2, 2) },
      { label: 'odd', images },
    ];
    expect(() => imageRowsPicture({ rows: rows(ramp(1, 2, 3)) })).toThrow(/Row "odd" has images of 2 x 3 x 1/);
    expect(() => imageRowsPicture({ rows: rows({ data: [1, 2], count: 1, length: 2 }) })).toThrow(/signals of 2/);
    expect(() => imageRowsPicture({ rows: rows({ ...ramp(1, 2, 2), data: [1] }) })).toThrow(/got 1\./);
    expect(() => imageRowsPicture({ rows: [] })).toThrow(PyrovedError);
  });

  it('are the first images of each class that has any', () => {
    const images = ramp(6, 1, 1);
    const rows = samplesByClass(images, [1, 0, 1, 1, 0, 1], ['a', 'b', 'none'], 3);
    const at = (indices: number[]) => Float32Array.from(indices, (i) => images.data[i]!);
    expect(rows.map(({ label, images: { data } }) => [label, data])).toEqual([
      ['a', at([1, 4])],
      ['b', at([0, 2, 3])],
    ]);
  });
});
