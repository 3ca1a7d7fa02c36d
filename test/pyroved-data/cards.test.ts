import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { OptionError, RandomStream } from 'pyro-ts';
import { cards, loadTemplates } from 'pyroved-data';
import { cardSet, cardsConfig, drawPose, type Pose, suitTemplates, warp } from 'pyroved-data/internal';
import { imageAt, withContamination, withNoise } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { reference } from './fixtures/index.js';

const UPRIGHT: Pose = { angle: 0, shearX: 0, shearY: 0, scale: 1, tx: 0, ty: 0 };
const folder = mkdtempSync(join(tmpdir(), 'templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

function warped(image: ArrayLike<number>, side: number, pose: Partial<Pose>): Float32Array {
  const target = new Float32Array(side * side);
  warp(Float32Array.from(image), target, side, side, { ...UPRIGHT, ...pose });
  return target;
}

describe('warp', () => {
  it.each(reference.warps)(
    'agrees with scipy.ndimage.affine_transform (grid-constant, order 1) for $pose',
    ({ pose, out }) => {
      warped(reference.image, 9, pose).forEach((v, i) => {
        expect(v).toBeCloseTo(out[i], 5);
      });
    },
  );

  it('turns counter-clockwise as seen on the screen', () => {
    // No turn and no mirror image maps this onto itself.
    const F = [1, 1, 1, 1, 0, 0, 1, 1, 0];
    // Upright   111   turned by 90 degrees   1 0 0
    //           100   counter-clockwise:     1 0 1
    //           110                          1 1 1
    const turned = [1, 0, 0, 1, 0, 1, 1, 1, 1];
    warped(F, 3, { angle: 90 }).forEach((v, i) => {
      expect(v).toBeCloseTo(turned[i], 6);
    });
  });

  it('moves right by tx and down by ty, and fills with zeros', () => {
    const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(Array.from(warped(image, 3, { tx: 1 }))).toEqual([0, 1, 2, 0, 4, 5, 0, 7, 8]);
    expect(Array.from(warped(image, 3, { ty: 1 }))).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6]);
    expect(Array.from(warped(image, 3, { ty: -0.5 }))).toEqual([2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 3.5, 4, 4.5]);
  });

  it('draws the same factors for the same seed when only another range changes', () => {
    const ranges = { angle: 60, shear: 15, scale: [1, 1.3], translation: 0.1, axes: 'vertical' } as const;
    const draw = (changed: object) => drawPose(new RandomStream(5), { ...ranges, ...changed }, 48);
    expect(draw({ shear: 0, axes: 'both' })).toMatchObject({
      angle: draw({}).angle,
      scale: draw({}).scale,
      ty: draw({}).ty,
    });
  });
});

describe('suits', () => {
  // Size, place and share of the area of the paper's own templates (64 x 64): about 27 to 31 rows high, 22 to 31
  // columns wide.
  it.each([
    ['clubs', 0.121, 31, 31],
    ['spades', 0.102, 30, 25],
    ['hearts', 0.111, 27, 26],
    ['diamonds', 0.079, 29, 22],
  ])("%s are about as large as the paper's", (name, coverage, height, width) => {
    const { names, images } = suitTemplates();
    const image = images[names.indexOf(name)];
    const rows = Array.from({ length: 64 }, (_, r) => image.subarray(64 * r, 64 * r + 64).some((v) => v > 0.3));
    const columns = Array.from({ length: 64 }, (_, c) => rows.some((_, r) => image[64 * r + c] > 0.3));
    expect(Math.abs(image.reduce((a, b) => a + b, 0) / 4096 - coverage)).toBeLessThan(0.02);
    expect(Math.abs(rows.filter(Boolean).length - height)).toBeLessThanOrEqual(2);
    expect(Math.abs(columns.filter(Boolean).length - width)).toBeLessThanOrEqual(2);
    expect(rows.indexOf(true)).toBeGreaterThanOrEqual(8);
    expect(rows.lastIndexOf(true)).toBeLessThanOrEqual(55);
  });

  it('are mirror images of themselves, and of the same area at any size', () => {
    const large = suitTemplates(256);
    suitTemplates(64).images.forEach((image, k) => {
      const asymmetry = image.map((v, i) => Math.abs(v - image[Math.floor(i / 64) * 64 + 63 - (i % 64)]));
      expect(Math.max(...asymmetry)).toBeLessThan(1e-4);
      const share = (pixels: Float32Array) => pixels.reduce((a, b) => a + b, 0) / pixels.length;
      expect(share(image)).toBeCloseTo(share(large.images[k]), 3);
    });
  });
});

describe('cards', () => {
  const few = { labelledPerClass: 3, unlabelledPerClass: 50, validationPerClass: 5 } as const;

  it("has the paper's counts and ranges by default", () => {
    expect(cardsConfig()).toEqual({
      seed: 1,
      size: 48,
      labelledPerClass: 200,
      unlabelledPerClass: 3000,
      validationPerClass: 1000,
      angle: 60,
      labelledAngle: 5,
      shear: 15,
      scale: [1, 1.3],
      translation: 0.1,
      axes: 'vertical',
    });
    const config = cardsConfig({ angle: '0.5 rad', shear: '23%', scale: '1 to 1.2', translation: '10%' });
    expect(config.angle).toBeCloseTo(28.65, 2);
    expect(config.shear).toBeCloseTo(14.72, 10);
    expect(config).toMatchObject({ scale: [1, 1.2], translation: 0.1 });
  });

  it('keeps factors within their ranges, and the truth of the unlabelled set out of its labels', () => {
    const { labelled, unlabelled, validation } = cards(few);
    expect([labelled.count, unlabelled.count, validation.count]).toEqual([12, 200, 20]);
    expect(labelled.shape).toEqual([48, 48]);
    expect(labelled.classNames).toEqual(['clubs', 'spades', 'hearts', 'diamonds']);
    expect(Array.from(labelled.labels ?? [])).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(unlabelled.labels).toBeUndefined();
    expect(unlabelled.factors?.class[199]).toBe(3);
    const most = (values: Float32Array | undefined) => Math.max(...(values ?? []).map(Math.abs));
    expect(most(labelled.factors?.angle)).toBeLessThanOrEqual(5);
    expect(most(labelled.factors?.ty)).toBe(0);
    expect(most(unlabelled.factors?.angle)).toBeGreaterThan(50);
    expect(most(unlabelled.factors?.angle)).toBeLessThanOrEqual(60);
    expect(most(unlabelled.factors?.ty)).toBeGreaterThan(4);
    expect(most(unlabelled.factors?.ty)).toBeLessThanOrEqual(4.8);
    expect(most(unlabelled.factors?.tx)).toBe(0);
    expect(most(cards({ ...few, axes: 'both' }).unlabelled.factors?.tx)).toBeGreaterThan(4);
    expect(Array.from(unlabelled.images).every((v) => v >= 0 && v <= 1)).toBe(true);
  });

  it('is the middle 48 x 48 of the template where nothing is moved', () => {
    const still = { angle: 0, shear: 0, scale: [1, 1], translation: 0, axes: 'vertical' } as const;
    const set = cardSet({ perClass: 1, ranges: still, seed: 1 });
    const template = suitTemplates(64).images[2];
    const middle = Array.from({ length: 48 * 48 }, (_, i) => template[(Math.floor(i / 48) + 8) * 64 + (i % 48) + 8]);
    expect(Array.from(imageAt(set, 2))).toEqual(middle);
  });

  it('depends on the seed alone, set by set, and the first images not on the count', () => {
    const small = { ...few, size: 12 };
    const a = cards(small);
    expect(cards(small).unlabelled.images).toEqual(a.unlabelled.images);
    expect(cards({ ...small, seed: 2 }).unlabelled.images).not.toEqual(a.unlabelled.images);
    const more = cards({ ...small, unlabelledPerClass: 60 });
    expect(imageAt(more.unlabelled, 60)).toEqual(imageAt(a.unlabelled, 50));
    expect(a.validation.factors?.angle[0]).not.toBe(a.unlabelled.factors?.angle[0]);
  });

  it('scales with the image', () => {
    const share = (size: number) => {
      const { labelled } = cards({ ...few, size });
      return labelled.images.reduce((a, b) => a + b, 0) / labelled.images.length;
    };
    expect(share(24)).toBeCloseTo(share(96), 2);
  });

  it('rejects options that make no sense', () => {
    expect(() => cards({ angle: 'sixty degrees' })).toThrow(/angle: "sixty degrees" is not understood/);
    expect(() => cards({ seed: 1, ...{ angel: 60 } })).toThrow('cards has no option "angel". Did you mean "angle"?');
    expect(() => cards({ angle: 200 })).toThrow('from 0 to 180; got 200');
    expect(() => cards({ labelledPerClass: 1.5 })).toThrow(
      'labelledPerClass must be an integer of at least 1; got 1.5',
    );
    expect(() => cards({ scale: [0, 1] })).toThrow(OptionError);
    expect(() => cards({ axes: 'horizontal' as 'both' })).toThrow('axes must be "vertical" or "both"');
    expect(() => cards({ preset: 'papers' as 'paper' })).toThrow('preset must be paper or small');
  });
});

describe('custom templates', () => {
  it('come from a JSON file, in grey values up to 255 or up to 1', () => {
    const bar = Array.from({ length: 16 }, (_, i) => (i % 4 === 1 ? 255 : 0));
    const file = join(folder, 'bars.json');
    writeFileSync(file, JSON.stringify({ names: ['bar', 'cobar'], templates: [bar, bar.map((v) => 255 - v)] }));
    const templates = loadTemplates(file);
    expect(templates).toMatchObject({ names: ['bar', 'cobar'], size: 4 });
    expect(Array.from(templates.images[1].slice(0, 4))).toEqual([1, 0, 1, 1]);
    const { labelled } = cards({
      ...{ labelledPerClass: 2, unlabelledPerClass: 2, validationPerClass: 2 },
      templates,
      size: 12,
    });
    expect(labelled.classNames).toEqual(['bar', 'cobar']);
    expect(labelled.count).toBe(4);
  });

  it('come from a folder of pictures, the file name being the class', () => {
    const pictures = join(folder, 'pictures');
    const write = (name: string, width: number, grey: number) => {
      const data = new Uint8Array(width * 10).fill(grey);
      writeFileSync(join(pictures, name), encode({ width, height: 10, data, channels: 1, depth: 8 }));
    };
    mkdirSync(pictures);
    write('b10.png', 10, 51);
    write('b9.png', 14, 255);
    const templates = loadTemplates(pictures);
    expect(templates).toMatchObject({ names: ['b9', 'b10'], size: 10 });
    expect(templates.images[1][0]).toBeCloseTo(0.2, 6);
  });

  it('are rejected when they are not templates', () => {
    const file = join(folder, 'bad.json');
    const rejects = (content: string, words: string | RegExp) => {
      writeFileSync(file, content);
      expect(() => loadTemplates(file)).toThrow(words);
    };
    rejects('{', 'is not a JSON file');
    rejects('null', 'does not hold templates');
    rejects('{"names": ["a"], "templates": [["x"]]}', 'Expected {"names"');
    rejects('{"names": ["a", "b"], "templates": [[1, 2, 3], [1, 2, 3]]}', 'has 3 values: not a square image');
    rejects('{"names": ["a"], "templates": [[1]]}', 'at least two classes are needed');
    expect(() => loadTemplates(join(folder, 'nothing'))).toThrow('There is no file or folder');
  });
});

describe('corruptions', () => {
  const set = cards({ labelledPerClass: 5, unlabelledPerClass: 1, validationPerClass: 1 }).labelled;

  it('adds normal noise of the asked size and does not clip', () => {
    const noise = withNoise(set, 0.5, 3).images.map((v, i) => v - set.images[i]);
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    const variance = noise.reduce((a, b) => a + (b - mean) ** 2, 0) / noise.length;
    // 46080 draws: standard errors 0.0023 and 0.0017.
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
    expect(Math.min(...withNoise(set, 0.5, 3).images)).toBeLessThan(-0.5);
  });

  it('sets exactly floor(pixels * density) pixels of each image', () => {
    const marked = withContamination(set, 0.1, 7, 3);
    for (let i = 0; i < set.count; i++) {
      const image = imageAt(marked, i);
      expect(image.filter((v) => v === 7).length).toBe(230);
      expect(image.every((v, k) => v === 7 || v === imageAt(set, i)[k])).toBe(true);
    }
  });
});
