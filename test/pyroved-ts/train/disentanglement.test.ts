/** The measure of disentanglement on encodings whose answer is known, and its predictions against fits that leave a row out one by one. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import * as mathjs from 'mathjs';
import { RandomStream } from 'pyro-ts';
import {
  coordinateGrid,
  disentanglementOf,
  type Encoding,
  type ImageSet,
  imageSet,
  poseTransform,
  transformGrid,
} from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

const count = 120;
const stream = new RandomStream('disentanglement');
const uniform = (low: number, high: number) =>
  Float32Array.from({ length: count }, () => low + (high - low) * stream.next());

/** Blank images with known factors: nothing but the encoding is looked at. */
const setOf = (factors: Record<string, Float32Array>, more: Partial<ImageSet> = {}): ImageSet => ({
  ...imageSet({ images: new Float32Array(4 * count), shape: [2, 2], factors }),
  ...more,
});
const modelWith = (encoding: Omit<Encoding, 'count' | 'contentScale'> & { classes?: Int32Array }) => ({
  encode: () => ({ count, contentScale: new Float32Array(encoding.content.length), ...encoding }),
});
const columns = (...parts: Float32Array[]) =>
  Float32Array.from({ length: count * parts.length }, (_, i) => parts[i % parts.length][Math.floor(i / parts.length)]);

describe('disentanglementOf', () => {
  const [length, width] = [uniform(2, 9), uniform(-1, 1)];

  it('is 1 where each factor has a variable of its own, and 0 where every variable tells as much of each', () => {
    const own = disentanglementOf(
      modelWith({
        content: columns(
          width.map((v) => 3 - 2 * v),
          length,
        ),
      }),
      setOf({ length, width }),
    );
    expect(own).toMatchObject({ variables: ['z1', 'z2'], images: count });
    expect(own?.factors.map(({ factor }) => factor)).toEqual(['length', 'width']);
    expect(own?.factors[0].alone[1]).toBeCloseTo(1, 5);
    expect(own?.factors[1].alone[0]).toBeCloseTo(1, 5);
    expect(own?.separation).toBeGreaterThan(0.95);
    const [a, b] = [length.map((v) => v / 7), width.map((v) => v / 2)];
    const mixed = modelWith({
      content: columns(
        a.map((v, i) => v + b[i]),
        a.map((v, i) => v - b[i]),
      ),
    });
    const found = disentanglementOf(mixed, setOf({ length, width }));
    for (const { together, alone } of found?.factors ?? []) {
      expect(together).toBeCloseTo(1, 5);
      for (const share of alone) expect(Math.abs(share - 0.5)).toBeLessThan(0.2);
    }
    expect(found?.separation).toBeLessThan(0.3);
  });

  it('finds nothing in noise, where a fit evaluated on its own images would', () => {
    const noise = Array.from({ length: 8 }, () => uniform(0, 1));
    const found = disentanglementOf(modelWith({ content: columns(...noise) }), setOf({ length }));
    expect(found?.factors[0].together).toBeLessThan(0.05);
  });

  it('takes angles around the circle, whatever the zero of each class, and up to its symmetry', () => {
    const degrees = uniform(-180, 180);
    const classes = Int32Array.from({ length: count }, (_, i) => i % 2);
    const angle = degrees.map(
      (v, i) => (v * Math.PI) / 180 + (classes[i] === 0 ? 2.5 : -1) + (i % 4 === 1 ? Math.PI : 0),
    );
    const model = modelWith({ content: uniform(0, 1), angle, classes });
    const set = setOf({ angle: degrees }, { labels: classes, classNames: ['flag', 'bar'] });
    const [any, halves, without] = [
      [1, 1],
      [1, 2],
      [1, 0],
    ].map((symmetry) => disentanglementOf(model, set, { symmetry })?.factors[0].alone[1] ?? Number.NaN);
    expect(any).toBeLessThan(0.7);
    expect(halves).toBeCloseTo(1, 5);
    expect(without).toBeCloseTo(1, 5);
  });

  it.each([
    ['however large it is', false],
    ['and sheared', true],
  ])('takes a shift as it is seen in the image, whichever way the object is turned, %s', (_, isSheared) => {
    const shear = columns(uniform(-0.4, 0.4), uniform(-0.4, 0.4));
    const poses = {
      angle: uniform(-3, 3),
      scale: uniform(0.6, 1.5),
      shift: columns(uniform(-0.4, 0.4), uniform(-0.4, 0.4)),
    };
    const side = 41;
    const grid = coordinateGrid([side, side]);
    // Where the object's origin is: the pixel that the pose sends nearest to it.
    const nearest = tf.tidy(() =>
      transformGrid(
        grid,
        poseTransform({
          angle: tf.stack([tf.cos(poses.angle), tf.sin(poses.angle)], -1),
          scale: tf.tensor2d(poses.scale, [count, 1]),
          shift: tf.tensor2d(poses.shift, [count, 2]),
          ...(isSheared && { shear: tf.tensor2d(shear, [count, 2]) }),
        }),
      )
        .square()
        .sum(-1)
        .argMin(-1)
        .dataSync(),
    );
    grid.dispose();
    const tx = Float32Array.from(nearest, (i) => i % side);
    const ty = Float32Array.from(nearest, (i) => Math.floor(i / side));
    const inside = Float32Array.from(tx, (x, i) =>
      Math.min(x, ty[i], side - 1 - x, side - 1 - ty[i]) > 0 ? 0 : Number.NaN,
    );
    const known = (values: Float32Array) => values.map((v, i) => v + inside[i]);
    const found = disentanglementOf(
      modelWith({ content: new Float32Array(0), ...poses, ...(isSheared && { shear }) }),
      setOf({ tx: known(tx), ty: known(ty) }),
    );
    expect(found?.variables).toEqual([
      ...['angle', 'shift x', 'shift y', 'scale'],
      ...(isSheared ? ['shear 1', 'shear 2'] : []),
    ]);
    expect(found?.factors[0].alone[1]).toBeGreaterThan(0.99);
    expect(found?.factors[1].alone[2]).toBeGreaterThan(0.99);
  });

  it('of a model without classes tells how well the class can be seen in its latents', () => {
    const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
    const place = [
      [0, 0],
      [1, 0],
      [0, 1],
    ];
    const at = (axis: number) => Float32Array.from(labels, (k) => place[k][axis]);
    const found = disentanglementOf(modelWith({ content: columns(at(0), at(1)) }), setOf({}, { labels }));
    expect(found?.factors).toMatchObject([{ factor: 'class' }]);
    expect(found?.factors[0].together).toBeCloseTo(1, 5);
    expect(found?.factors[0].alone[0]).toBeGreaterThan(0.4);
    expect(found?.factors[0].alone[0]).toBeLessThan(0.6);
  });

  it('leaves out what is not known, and says nothing where nothing varies or there are too few images', () => {
    const half = length.map((v, i) => (i % 2 ? v : Number.NaN));
    expect(disentanglementOf(modelWith({ content: length }), setOf({ half }))?.factors[0].alone[0]).toBeCloseTo(1, 5);
    expect(disentanglementOf(modelWith({ content: length }), setOf({ same: length.map(() => 4) }))).toBeUndefined();
    expect(disentanglementOf(modelWith({ content: length }), setOf({}))).toBeUndefined();
    const few = { count: 3, content: new Float32Array(3), contentScale: new Float32Array(3) };
    const set = imageSet({ images: new Float32Array(12), shape: [2, 2], factors: { length: length.slice(0, 3) } });
    expect(disentanglementOf({ encode: () => few }, set)).toBeUndefined();
    expect(() => disentanglementOf(modelWith({ content: length }), setOf({ half }), { symmetry: [0.5] })).toThrow(
      'symmetry must be a list of integers of at least 0; got [0.5].',
    );
  });

  it('predicts as fits do that leave one image out after the other', () => {
    const numbers = fc.array(fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: -50, max: 50 }))), {
      minLength: 8,
      maxLength: 14,
    });
    fc.assert(
      fc.property(numbers, (rows) => {
        const n = rows.length;
        const line = (list: number[][]) => list.map(([a, b]) => [1, a, b]);
        const gram = (list: number[][]) => mathjs.multiply(mathjs.transpose(line(list)), line(list)) as number[][];
        fc.pre(rows.every((_, i) => Math.abs(mathjs.det(gram(rows.filter((__, k) => k !== i)))) > 1));
        let [left, total] = [0, 0];
        rows.forEach(([a, b, y], i) => {
          const others = rows.filter((_, k) => k !== i);
          const right = mathjs.multiply(
            mathjs.transpose(line(others)),
            others.map((row) => row[2]),
          ) as number[];
          const [[c], [d], [e]] = mathjs.lusolve(gram(others), right) as number[][];
          left += (y - c - d * a - e * b) ** 2;
          total += (y - others.reduce((sum, row) => sum + row[2], 0) / (n - 1)) ** 2;
        });
        fc.pre(total > 0);
        const content = Float32Array.from(rows.flatMap((row) => row.slice(0, 2)));
        const set = imageSet({
          images: new Float32Array(4 * n),
          shape: [2, 2],
          factors: { y: Float32Array.from(rows, (row) => row[2]) },
        });
        const found = disentanglementOf({ encode: () => ({ count: n, content, contentScale: content }) }, set);
        expect(found?.factors[0].together).toBeCloseTo(Math.max(0, 1 - left / total), 6);
      }),
      { numRuns: 50 },
    );
  });
});
