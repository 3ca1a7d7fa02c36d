import { OptionError } from 'pyro-ts';
import { glyphs } from 'pyroved-data';
import { glyphFaces, glyphNames, glyphSymmetry, glyphTemplate } from 'pyroved-data/internal';
import { classCounts, imageAt } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { rotatedCorrelation } from './polar.js';

const few = { labelledPerClass: 4, unlabelledPerClass: 6, validationPerClass: 5 } as const;
const most = (values: Float32Array | undefined) => Math.max(...(values ?? []).map(Math.abs));

describe('glyph templates', () => {
  it('are as high as a capital letter should be, in the middle, and have their holes', () => {
    for (const face of glyphFaces) {
      const image = glyphTemplate('H', face, 100);
      const rows = Array.from({ length: 100 }, (_, r) => image.subarray(100 * r, 100 * r + 100).some((v) => v > 0.5));
      expect(Math.abs(rows.filter(Boolean).length - 44)).toBeLessThanOrEqual(1);
      expect(Math.abs(rows.indexOf(true) + rows.lastIndexOf(true) - 99)).toBeLessThanOrEqual(1);
    }
    const middle = (name: string) => glyphTemplate(name, 'sans', 101)[50 * 101 + 50];
    expect([middle('O'), middle('0'), middle('I'), middle('X')]).toEqual([0, 0, 1, 1]);
  });

  it('cover the area of their outlines: a ring of an O is bounded by two ellipses', () => {
    // DejaVu Sans, O: 731 to 50 by 742 units outside, strokes of about 110 units; 0.44 of the image are 729 units.
    const area = glyphTemplate('O', 'sans', 200).reduce((a, b) => a + b, 0) * (729 / 88) ** 2;
    const ellipse = (w: number, h: number) => (Math.PI / 4) * w * h;
    expect(area / (ellipse(681, 770) - ellipse(681 - 208, 770 - 164))).toBeGreaterThan(0.9);
    expect(area / (ellipse(681, 770) - ellipse(681 - 208, 770 - 164))).toBeLessThan(1.1);
  });

  it('have the rotational symmetry that is stated, and no other', () => {
    for (const name of glyphNames) {
      const order = glyphSymmetry[name] ?? 1;
      const image = glyphTemplate(name, 'sans', 64);
      if (order > 1) expect([name, rotatedCorrelation(image, image, 360 / order) > 0.85]).toEqual([name, true]);
      // A drop and a B are not symmetric, but nearly.
      else if (!['drop', 'B'].includes(name)) {
        expect([name, rotatedCorrelation(image, image, 180) < 0.82]).toEqual([name, true]);
      }
    }
  });
});

describe('glyphs', () => {
  const { labelled, unlabelled, validation } = glyphs(few);

  it('have twelve classes of both faces, labelled ones upright and in the middle', () => {
    expect(labelled.classNames).toEqual(['A', 'E', 'F', 'G', 'K', 'P', 'R', 'T', 'Y', '4', 'arrow', 'crescent']);
    expect(classCounts(labelled)).toEqual(new Array(12).fill(4));
    expect([labelled.count, unlabelled.count, validation.count]).toEqual([48, 72, 60]);
    expect(labelled.shape).toEqual([40, 40]);
    expect(unlabelled.labels).toBeUndefined();
    expect(Array.from(labelled.factors?.face.slice(0, 4) ?? [])).toEqual([0, 1, 0, 1]);
    expect([most(labelled.factors?.angle), most(labelled.factors?.tx), most(labelled.factors?.ty)]).toEqual([0, 0, 0]);
    expect(most(unlabelled.factors?.angle)).toBeGreaterThan(150);
    expect(most(unlabelled.factors?.tx)).toBeGreaterThan(3.5);
    expect(most(unlabelled.factors?.tx)).toBeLessThanOrEqual(4);
    expect(most(validation.factors?.shearY)).toBeLessThanOrEqual(10);
    for (const set of [labelled, unlabelled, validation])
      expect(set.images.every((v) => v >= 0 && v <= 1.0001)).toBe(true);
  });

  it('can be told apart at any angle: no two of the default classes look alike, in either face', () => {
    const { classNames = [] } = labelled;
    for (const face of glyphFaces) {
      const images = classNames.map((name) => glyphTemplate(name, face, 64));
      images.forEach((a, i) => {
        images.slice(i + 1).forEach((b, j) => {
          const worst = Math.max(...Array.from({ length: 36 }, (_, k) => rotatedCorrelation(a, b, 10 * k)));
          expect([classNames[i], classNames[i + 1 + j], worst < 0.85]).toEqual([
            classNames[i],
            classNames[i + 1 + j],
            true,
          ]);
        });
      });
    }
  });

  it('are rejected where a rotation within the range makes two of them alike', () => {
    const of = (...names: string[]) => ({ ...few, glyphs: names });
    expect(() => glyphs(of('A', '6', '9'))).toThrow(
      '"6" looks like "9" when it is rotated by 180 degrees, which angles up to 180 degrees either way allow. ' +
        'Leave one of them out of glyphs, or use angles up to 80 degrees.',
    );
    for (const [a, b] of ['bq', 'dp', 'nu', 'NZ', 'MW', '69']) expect(() => glyphs(of(a, b))).toThrow(OptionError);
    expect(() => glyphs({ ...of('N', 'Z'), angle: 45 })).toThrow('rotated by 90 degrees');
    expect(glyphs({ ...of('6', '9'), angle: '60 deg' }).labelled.classNames).toEqual(['6', '9']);
    expect(glyphs({ ...of('N', 'Z'), angle: 30 }).labelled.classNames).toEqual(['N', 'Z']);
    expect(() => glyphs({ ...of('C', 'c'), angle: 0 })).toThrow('"C" and "c" look alike, but for their size');
  });

  it('are so by measurement: every glyph that correlates with another one at half a turn is in the list', () => {
    for (const face of glyphFaces) {
      const images = glyphNames.map((name) => glyphTemplate(name, face, 48));
      glyphNames.forEach((a, i) => {
        for (let j = i + 1; j < glyphNames.length; j++) {
          if (rotatedCorrelation(images[i], images[j], 180) < 0.9) continue;
          expect(() => glyphs({ ...few, glyphs: [a, glyphNames[j]] })).toThrow('look');
        }
      });
    }
  });

  it('depend on the seed alone, and the first images of a class not on their number', () => {
    const again = glyphs({ ...few, unlabelledPerClass: 8 });
    expect(again.labelled.images).toEqual(labelled.images);
    expect(imageAt(again.unlabelled, 8)).toEqual(imageAt(unlabelled, 6));
    expect(glyphs({ ...few, seed: 2 }).labelled.images).not.toEqual(labelled.images);
  });

  it('reject options that make no sense', () => {
    expect(() => glyphs({ ...few, ...{ glyph: ['A'] } })).toThrow('Did you mean "glyphs"?');
    expect(() => glyphs({ glyphs: ['A', 'arow'] })).toThrow('There is no glyph "arow". Did you mean "arrow"?');
    expect(() => glyphs({ glyphs: ['A'] })).toThrow('at least two different names; got ["A"]');
    expect(() => glyphs({ faces: ['serf' as 'serif'] })).toThrow('There is no face "serf". Did you mean "serif"?');
    expect(() => glyphs({ noise: -1 })).toThrow('noise must be a number from 0 to 10; got -1');
    expect(() => glyphs({ contrast: 1 })).toThrow('contrast must be a number from 0 to 0.99; got 1');
  });
});
