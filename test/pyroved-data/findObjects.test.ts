/** Objects in simulated micrographs with known truth: how many are found, and how many that are found are none. */
import { findObjects, type SimulatedMicrograph, simulatedMicrograph } from 'pyroved-data';
import { describe, expect, it } from 'vitest';

/** An object is found where one is nearer to its middle than this, in pixels; objects are 24 wide and more. */
const NEAR = 6;

/** How many whole objects there are and are found, and how many were found that are none; objects that the border cuts off do not count. */
function counts({ image, objects }: SimulatedMicrograph, polarity?: 'bright' | 'dark' | 'either') {
  const { objects: found, patch } = findObjects(image, { polarity });
  const whole = objects.filter(({ isCut }) => !isCut);
  const used = new Set<number>();
  for (const { x, y } of whole) {
    const distances = found.map((f, i) => (used.has(i) ? Infinity : Math.hypot(f.x - x, f.y - y)));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] < NEAR) used.add(nearest);
  }
  const atBorder = (x: number, y: number) => objects.some((o) => o.isCut && Math.hypot(o.x - x, o.y - y) < 20);
  const wrong = found.filter(({ x, y }, i) => !used.has(i) && !atBorder(x, y)).length;
  return { whole: whole.length, hits: used.size, wrong, patch };
}

describe('findObjects on simulated micrographs', () => {
  it('finds objects, touching ones too, and nothing else (recall and precision of .97)', () => {
    const all = [1, 2, 3].map((seed) => counts(simulatedMicrograph({ seed, size: 512, objects: 50 })));
    const sum = (key: 'whole' | 'hits' | 'wrong') => all.reduce((total, one) => total + one[key], 0);
    expect(sum('hits') / sum('whole')).toBeGreaterThanOrEqual(0.97);
    expect(sum('hits') / (sum('hits') + sum('wrong'))).toBeGreaterThanOrEqual(0.97);
    // The longest shape is 2 * 1.1 * 16 pixels long.
    for (const { patch } of all) expect(patch).toBeGreaterThan(40);
    for (const { patch } of all) expect(patch).toBeLessThan(56);
  });

  it('dark objects, and bright ones among dark ones', () => {
    const micrograph = simulatedMicrograph({ seed: 4, size: 512, objects: 50 });
    const { pixels, height, width } = micrograph.image;
    const dark = { ...micrograph, image: { pixels: pixels.map((v) => 1 - v), height, width } };
    expect(counts(dark)).toEqual(counts(micrograph));
    expect(counts(dark, 'either').hits).toBe(counts(micrograph).hits);
    expect(counts(dark, 'bright').hits).toBe(0);
  });

  it('are split by choice', () => {
    const { image, objects } = simulatedMicrograph({ seed: 5, size: 512, objects: 40, touching: 0.5 });
    const split = findObjects(image).objects.length;
    const joined = findObjects(image, { split: false }).objects.length;
    const pairs = objects.filter(({ partner }) => partner >= 0).length / 2;
    expect(pairs).toBe(10);
    expect(split - joined).toBeGreaterThanOrEqual(0.7 * pairs);
  });

  it('no objects where there are none', () => {
    const { image } = simulatedMicrograph({ seed: 6, size: 256, objects: 1, touching: 0 });
    const empty = { ...image, pixels: image.pixels.map((_, i) => Math.sin(i * i) * 0.1 + (i % 256) / 256) };
    expect(findObjects(empty).objects.length).toBeLessThanOrEqual(1);
    expect(findObjects({ ...image, pixels: new Float32Array(256 * 256) }).objects).toEqual([]);
  });

  it('are flagged at the edge and where they are crowded', () => {
    const { image } = simulatedMicrograph({ seed: 7, size: 512, objects: 50 });
    const { objects, patch } = findObjects(image);
    for (const { x, y, atEdge, isCrowded } of objects) {
      const nearest = Math.min(...objects.map((o) => Math.max(Math.abs(o.x - x), Math.abs(o.y - y)) || Infinity));
      expect(isCrowded).toBe(nearest < patch / 2);
      if (Math.min(x, y, 511 - x, 511 - y) < patch / 2 - 1) expect(atEdge).toBe(true);
      if (Math.min(x, y, 511 - x, 511 - y) > patch / 2 + 1) expect(atEdge).toBe(false);
    }
  });
});

describe('simulatedMicrograph', () => {
  it('has the objects, pairs and angles that its truth says', () => {
    const { objects, image, classNames } = simulatedMicrograph({
      seed: 3,
      size: 512,
      objects: 50,
      noise: 0,
      scanNoise: 0,
      gradient: 0,
    });
    expect(objects).toHaveLength(50);
    expect(objects.filter(({ partner }) => partner >= 0)).toHaveLength(6);
    for (const [i, { partner }] of objects.entries()) if (partner >= 0) expect(objects[partner].partner).toBe(i);
    expect(new Set(objects.map(({ label }) => classNames[label])).size).toBe(3);
    // Rods have their truth's angle, up to half a turn.
    const { objects: found } = findObjects(image);
    const rods = objects.filter(({ label, isCut, partner }) => classNames[label] === 'rod' && !isCut && partner < 0);
    expect(rods.length).toBeGreaterThan(5);
    for (const { x, y, angle } of rods) {
      const one = found.find((f) => Math.hypot(f.x - x, f.y - y) < 2);
      expect(Math.abs((((one?.angle ?? Number.NaN) - angle + 450) % 180) - 90)).toBeLessThan(3);
    }
  });

  it('depends on the seed alone', () => {
    const of = (seed: number) => simulatedMicrograph({ seed, size: 128, objects: 4 });
    expect(of(1)).toEqual(of(1));
    expect(of(1).image.pixels).not.toEqual(of(2).image.pixels);
  });
});
