/** Internal: smoothing, threshold and connected regions of micrographs, against what image-js 1.7.0 computes. */
import { describe, expect, it } from 'vitest';
import { connectedRegions, gaussianBlur, otsuThreshold } from '../../packages/pyroved-data/dist/micrograph/regions.js';

const [width, height] = [60, 44];
const image = {
  values: Uint8Array.from({ length: width * height }, (_, i) => {
    const waves = 90 * Math.sin((i % width) / 4) * Math.sin(Math.floor(i / width) / 3);
    return Math.round(128 + waves + 30 * Math.sin(i * i));
  }),
  height,
  width,
};

/** Of image-js: `gaussianBlur({ sigma })`, `threshold({ algorithm: 'otsu' })`, `fromMask(mask).getRois({ kind: 'white' })`. */
const EXPECTED = [
  {
    sigma: 0.5,
    first: [133, 147, 115, 131, 125, 131, 118, 118, 144, 116, 119, 151],
    last: [91, 82, 105, 149, 150, 166, 199, 196, 210, 196, 231, 218],
    weighted: 16_227_513,
    threshold: 129,
    brighter: 1296,
    regions: 28,
    large: [
      { area: 88, x: 55.0795, y: 4.6136 },
      { area: 109, x: 6.3945, y: 4.6239 },
      { area: 239, x: 37.6067, y: 9.4979 },
      { area: 335, x: 22.9343, y: 23.5313 },
      { area: 82, x: 55.0122, y: 23.5732 },
      { area: 106, x: 6.1226, y: 23.6887 },
      { area: 172, x: 47.3256, y: 35.343 },
      { area: 71, x: 5.6197, y: 40.4225 },
      { area: 63, x: 31.5079, y: 40.5238 },
    ],
  },
  {
    sigma: 1.3,
    first: [138, 137, 135, 137, 143, 149, 152, 150, 145, 140, 140, 143],
    last: [74, 96, 118, 141, 163, 181, 193, 197, 200, 203, 206, 208],
    weighted: 16_228_361,
    threshold: 127,
    brighter: 1373,
    regions: 5,
    large: [
      { area: 133, x: 6.2556, y: 4.3759 },
      { area: 90, x: 55, y: 4.5 },
      { area: 986, x: 29.6501, y: 23.213 },
      { area: 87, x: 54.8276, y: 23.7471 },
      { area: 77, x: 5.6364, y: 40.4935 },
    ],
  },
];

describe.each(EXPECTED)('a standard deviation of $sigma pixels', ({ sigma, first, last, weighted, ...expected }) => {
  const { values } = gaussianBlur(image, sigma);
  const threshold = otsuThreshold(values);
  const mask = values.map((value) => (value > threshold ? 1 : 0));

  it('smooths, to the pixel', () => {
    expect(Array.from(values.subarray(0, 12))).toEqual(first);
    expect(Array.from(values.subarray(-12))).toEqual(last);
    expect(values.reduce((sum, value, i) => sum + value * (i % 97), 0)).toBe(weighted);
  });

  it('splits the grey values', () => {
    // Thresholds between two neighbouring values that occur are the same.
    expect(mask.reduce((a, b) => a + b, 0)).toBe(expected.brighter);
    expect(Math.max(...values.filter((value) => value <= threshold))).toBe(expected.threshold);
  });

  it('finds the connected regions', () => {
    const regions = connectedRegions(mask, height, width);
    expect(regions).toHaveLength(expected.regions);
    const large = regions.filter(({ area }) => area > 20).sort((a, b) => a.y - b.y || a.x - b.x);
    expect(large).toEqual(
      expected.large.map(({ area, x, y }) => ({ area, x: expect.closeTo(x, 4), y: expect.closeTo(y, 4) })),
    );
  });
});

describe('gaussianBlur', () => {
  it('leaves an image of one value, and one that is narrower than the kernel', () => {
    const flat = gaussianBlur({ values: new Uint8Array(12).fill(200), height: 4, width: 3 }, 5);
    expect(Array.from(flat.values)).toEqual(Array(12).fill(200));
    expect(Array.from(gaussianBlur({ values: Uint8Array.of(7), height: 1, width: 1 }, 2).values)).toEqual([7]);
  });
});

describe('connectedRegions', () => {
  it('connects by sides, not by corners, and takes a region of any size', () => {
    expect(connectedRegions(Uint8Array.of(1, 0, 0, 1), 2, 2)).toHaveLength(2);
    const side = 700;
    const [whole] = connectedRegions(new Uint8Array(side * side).fill(1), side, side);
    expect(whole).toEqual({ area: side * side, x: (side - 1) / 2, y: (side - 1) / 2 });
  });
});
