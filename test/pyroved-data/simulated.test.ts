import { OptionError } from 'pyro-ts';
import { digits, nanoparticles, nanorods, shiftedPeaks } from 'pyroved-data';
import { warp } from 'pyroved-data/internal';
import { classCounts, DataError, type ImageSet, imageAt } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

/**
 * Direction of an image's long axis in degrees counter-clockwise as seen, from -90 to 90, by the second moments of its
 * pixels above `threshold`.
 */
function longAxis(image: Float32Array, side: number, threshold: number): number {
  const points = Array.from(image, (v, i) => ({ w: Math.max(0, v - threshold), x: i % side, y: Math.floor(i / side) }));
  const total = points.reduce((s, p) => s + p.w, 0);
  const mx = points.reduce((s, p) => s + p.w * p.x, 0) / total;
  const my = points.reduce((s, p) => s + p.w * p.y, 0) / total;
  const moment = (f: (dx: number, dy: number) => number) => points.reduce((s, p) => s + p.w * f(p.x - mx, p.y - my), 0);
  const angle = 0.5 * Math.atan2(2 * moment((x, y) => x * y), moment((x) => x * x) - moment((_, y) => y * y));
  return (-angle * 180) / Math.PI;
}

/** How far two directions are apart that are the same after half a turn, in degrees. */
const axisDifference = (a: number, b: number): number => Math.abs(((((a - b) % 180) + 270) % 180) - 90);

const factor = (set: ImageSet, name: string): Float32Array => set.factors?.[name] ?? new Float32Array();
const ofClass = (set: ImageSet, label: number): number[] =>
  Array.from({ length: set.count }, (_, i) => i).filter((i) => factor(set, 'class')[i] === label);
const inRange = (set: ImageSet): boolean => set.images.every((v) => v >= 0 && v <= 1);

describe('nanoparticles', () => {
  const { labelled, unlabelled, validation } = nanoparticles({ seed: 2 });

  it("come in the paper's numbers: 304, 93, 49 and 31, of which 15 each are labelled", () => {
    expect(classCounts(labelled)).toEqual([15, 15, 15, 15]);
    expect(unlabelled.labels).toBeUndefined();
    expect([0, 1, 2, 3].map((y) => ofClass(unlabelled, y).length)).toEqual([289, 78, 34, 16]);
    expect(classCounts(validation)).toEqual([50, 50, 50, 50]);
    for (const set of [labelled, unlabelled, validation]) expect(inRange(set)).toBe(true);
  });

  it('lie the way their factor says: the long axis of two particles is the bond between them', () => {
    const clean = nanoparticles({ seed: 2, noise: 0 }).validation;
    for (const i of ofClass(clean, 1)) {
      const axis = longAxis(imageAt(clean, i), 48, factor(clean, 'background')[i] + 0.12);
      expect(axisDifference(axis, factor(clean, 'angle')[i])).toBeLessThan(4);
    }
    const angles = factor(clean, 'angle');
    expect(Math.max(...angles)).toBeGreaterThan(150);
    expect(Math.min(...angles)).toBeLessThan(-150);
  });

  it('cover an area that grows with the number of particles, and spread out', () => {
    const area = (i: number) =>
      imageAt(validation, i).filter((v) => v > factor(validation, 'background')[i] + 0.15).length;
    const mean = (label: number, of: (i: number) => number) =>
      ofClass(validation, label).reduce((s, i) => s + of(i), 0) / 50;
    const areas = [0, 1, 2, 3].map((y) => mean(y, area) / mean(0, area));
    areas.forEach((ratio, y) => {
      expect(Math.abs(ratio - (y + 1))).toBeLessThan(0.35 * (y + 1));
    });
    const spread = [0, 1, 2, 3].map((y) => mean(y, (i) => factor(validation, 'spread')[i]));
    expect(spread[0]).toBe(0);
    expect(spread[3]).toBeGreaterThan(spread[2]);
    expect(spread[2]).toBeGreaterThan(spread[1]);
  });

  it('have bright edges', () => {
    const clean = nanoparticles({ seed: 5, noise: 0 }).validation;
    for (const i of ofClass(clean, 0)) {
      const [x, y, r] = ['tx', 'ty', 'radius'].map((name) => factor(clean, name)[i]);
      const image = imageAt(clean, i);
      const ring = (from: number, to: number) => {
        const values = image.filter((_, k) => {
          const d = Math.hypot((k % 48) - 23.5 - x, Math.floor(k / 48) - 23.5 - y) / r;
          return d >= from && d < to;
        });
        return values.reduce((a, b) => a + b, 0) / values.length;
      };
      expect(ring(0.6, 0.85)).toBeGreaterThan(1.05 * ring(0, 0.4));
      expect(ring(0, 0.4)).toBeGreaterThan(1.3 * ring(1.3, 2));
    }
  });

  it('look like micrographs on request: larger differences in size, a glow around, a shadow behind, and eight bits', () => {
    const options = { seed: 5, noise: 0, counts: [16, 16], validationPerClass: 40 } as const;
    const [plain, real] = (['plain', 'micrograph'] as const).map(
      (look) => nanoparticles({ ...options, look }).validation,
    );
    const spreadOf = (values: readonly number[]): number => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) / mean;
    };
    const radii = (set: ImageSet): number[] => ofClass(set, 0).map((i) => factor(set, 'radius')[i]);
    expect(spreadOf(radii(real))).toBeGreaterThan(1.2 * spreadOf(radii(plain)));
    // Means of small patches left and right of single particles, and of the corners.
    const beside = (set: ImageSet): { left: number; right: number } => {
      let [left, right] = [0, 0];
      for (const i of ofClass(set, 0)) {
        const [x, y, r] = ['tx', 'ty', 'radius'].map((name) => factor(set, name)[i]);
        const image = imageAt(set, i);
        for (const dy of [-1, 0, 1]) {
          const row = Math.round(23.5 + y + dy) * 48;
          left += image[row + Math.round(23.5 + x - r - 3)];
          right += image[row + Math.round(23.5 + x + r + 3)];
        }
      }
      return { left, right };
    };
    const [ideal, charged] = [beside(plain), beside(real)];
    expect(Math.abs(ideal.right / ideal.left - 1)).toBeLessThan(0.03);
    expect(charged.right / charged.left).toBeLessThan(0.93);
    expect(charged.left).toBeGreaterThan(1.015 * ideal.left);
    expect(real.images.every((v) => Math.abs(255 * v - Math.round(255 * v)) < 1e-3)).toBe(true);
    expect(inRange(real)).toBe(true);
    expect(() => nanoparticles({ look: 'micrographs' as 'micrograph' })).toThrow('Did you mean "micrograph"?');
  });

  it('reject counts that do not work out', () => {
    expect(() => nanoparticles({ counts: [20, 10] })).toThrow(
      'each of counts must be an integer of at least 16; got 10',
    );
    expect(() => nanoparticles({ counts: [20, 20, 20, 20, 20] })).toThrow(OptionError);
    expect(() => nanoparticles({ seed: 1, ...{ sise: 3 } })).toThrow('Did you mean "size"?');
  });
});

describe('digits', () => {
  const few = { digits: [3, 7], labelledPerClass: 4, unlabelledPerClass: 6, validationPerClass: 5 };

  it('are turned by their factor from the digit as it was written', () => {
    const straight = digits({ ...few, angle: 0 }).validation;
    const turned = digits({ ...few, angle: '60 deg' }).validation;
    expect(Math.max(...factor(straight, 'angle').map(Math.abs))).toBe(0);
    for (let i = 0; i < turned.count; i++) {
      const again = new Float32Array(28 * 28);
      const pose = { angle: factor(turned, 'angle')[i], shearX: 0, shearY: 0, scale: 1, tx: 0, ty: 0 };
      warp(imageAt(straight, i), again, 28, 28, pose);
      const worst = Math.max(...imageAt(turned, i).map((v, k) => Math.abs(v - again[k])));
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('are never in two of the sets', () => {
    const { labelled, unlabelled, validation } = digits({ ...few, angle: 0 });
    const all = [labelled, unlabelled, validation].flatMap((set) =>
      Array.from({ length: set.count }, (_, i) => imageAt(set, i).join()),
    );
    expect(all).toHaveLength(30);
    expect(new Set(all).size).toBe(30);
    expect(labelled.classNames).toEqual(['3', '7']);
    expect([labelled, unlabelled, validation].every(inRange)).toBe(true);
    expect(digits({ ...few, size: 14 }).labelled.shape).toEqual([14, 14]);
  });

  it('reject more than there are', () => {
    expect(() => digits({ ...few, unlabelledPerClass: 5000 })).toThrow(DataError);
    expect(() => digits({ digits: [3, 3] })).toThrow(OptionError);
  });
});

describe('shifted peaks', () => {
  const { labelled, unlabelled, validation } = shiftedPeaks({ noise: 0 });

  it('stand where their factor says', () => {
    const middle = (set: ImageSet, i: number) => {
      const signal = imageAt(set, i).map((v) => v - 0.05);
      return signal.reduce((s, v, k) => s + v * k, 0) / signal.reduce((s, v) => s + v, 0) - 63.5;
    };
    for (const set of [labelled, validation]) {
      for (const i of [...ofClass(set, 0), ...ofClass(set, 1)]) {
        // The tails of the widest, most shifted doublets end beyond the signal.
        expect(Math.abs(middle(set, i) - factor(set, 'shift')[i])).toBeLessThan(0.6);
      }
    }
    expect(Math.max(...factor(labelled, 'shift').map(Math.abs))).toBe(0);
    expect(Math.max(...factor(unlabelled, 'shift').map(Math.abs))).toBeGreaterThan(0.18 * 128);
  });

  it('differ between the classes: one maximum, two, or one with a shoulder behind it', () => {
    const maxima = (i: number) => {
      const s = imageAt(labelled, i);
      return s.filter((v, k) => k > 0 && k < 127 && v > s[k - 1] && v >= s[k + 1] && v > 0.3).length;
    };
    expect(ofClass(labelled, 0).every((i) => maxima(i) === 1)).toBe(true);
    expect(ofClass(labelled, 1).every((i) => maxima(i) === 2)).toBe(true);
    for (const i of ofClass(labelled, 2)) {
      const s = imageAt(labelled, i);
      const top = s.indexOf(Math.max(...s));
      const side = (sign: number) => s[top + sign * Math.round(2 * factor(labelled, 'width')[i])];
      expect(side(1)).toBeGreaterThan(1.5 * side(-1));
    }
  });
});

describe('nanorods and their spectra', () => {
  const { train, test } = nanorods({ train: 60, test: 20, noise: 0 });

  it('belong together: the image shows the rod whose resonance the spectrum has', () => {
    const { images, spectra } = test;
    expect(images.factors).toEqual(spectra.factors);
    expect([train.images.count, train.spectra.count, test.images.count]).toEqual([60, 60, 20]);
    for (let i = 0; i < images.count; i++) {
      const aspect = factor(images, 'aspect')[i];
      if (aspect > 1.6)
        expect(axisDifference(longAxis(imageAt(images, i), 32, 0.15), factor(images, 'angle')[i])).toBeLessThan(2);
      // Where the spectrum is largest right of the short axis's line (0.15): the long axis's resonance.
      const spectrum = imageAt(spectra, i);
      const from = Math.round(0.26 * 63);
      const top = from + spectrum.subarray(from).indexOf(Math.max(...spectrum.subarray(from)));
      expect(Math.abs(top / 63 - factor(spectra, 'peak')[i])).toBeLessThan(0.02);
      // A rod with round ends covers width * (length - width) + pi/4 width^2 pixels.
      const [length, width] = [factor(images, 'length')[i], factor(images, 'width')[i]];
      const area = imageAt(images, i).reduce((s, v) => s + (v - 0.1) / 0.8, 0);
      expect(Math.abs(area / (width * (length - width) + (Math.PI / 4) * width ** 2) - 1)).toBeLessThan(0.06);
    }
  });

  it('are drawn anew for the test', () => {
    expect(factor(train.images, 'angle')[0]).not.toBe(factor(test.images, 'angle')[0]);
    expect(() => nanorods({ train: 0 })).toThrow('train must be an integer of at least 1; got 0');
  });
});
