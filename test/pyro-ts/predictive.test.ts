/** Predictive: in turn and at once give the same shapes and, with noise laid down, the same values; posterior samples; rejections. */
import * as tf from '@tensorflow/tfjs';
import { deterministic, normal, onWarning, ParamStore, Predictive, param, plate, sample } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

const x = [0, 1, 2];
/** A regression with a vector site, a plate and deterministic sites; y is observed where it is given. */
const model = (y?: number[]) => {
  const w = sample('w', normal([1, 2], 0.5).toEvent(1));
  const [a, b] = tf.split(w, 2, -1).map((part) => tf.squeeze(part, [-1]));
  plate('data', 3, () => {
    const line = deterministic('line', a.add(b.mul(x)), 0);
    sample('y', normal(line, 0.1), y ? { obs: y } : {});
  });
};
const parallel = { parallel: true, maxPlateNesting: 1 } as const;

describe('posterior samples', () => {
  const w = tf.tensor2d([
    [1, 0],
    [0, 1],
    [2, -1],
    [0.5, 0.5],
  ]);
  const lines = [
    [1, 1, 1],
    [0, 1, 2],
    [2, 1, 0],
    [0.5, 1, 1.5],
  ];
  it.each([{}, parallel])('stand for the latent sites, whatever the plates (%o)', (options) => {
    const drawn = new Predictive(model, { posteriorSamples: { w }, seed: 1, ...options }).draw();
    expect(Object.keys(drawn)).toEqual(['line', 'y']);
    expect(drawn.line.shape).toEqual([4, 3]);
    expectClose(drawn.line, lines, 1e-5, 1e-5);
    expectClose(drawn.y, lines, 0, 0.5);
    expect(Math.max(...tf.abs(drawn.y.sub(drawn.line)).dataSync())).toBeGreaterThan(0.01);
  });
  it.each([{}, parallel])('under a name that the model lacks are warned of (%o)', (options) => {
    const warnings: string[] = [];
    const before = onWarning((text) => warnings.push(text));
    try {
      new Predictive(model, { posteriorSamples: { w, ww: w }, ...options }).draw();
    } finally {
      onWarning(before);
    }
    expect(warnings).toEqual([
      'Predictive: posteriorSamples has "ww", and the model has no such site. Did you mean "w"?',
    ]);
  });
  it('of scalars sit left of the plates of other sites', () => {
    const scalar = () => {
      const mu = sample('mu', normal(0, 1));
      plate('outer', 2, { dim: -2 }, () =>
        plate('inner', 3, { dim: -1 }, () => sample('v', normal(sample('shift', normal(mu, 1)), 1e-4))),
      );
    };
    const posteriorSamples = { mu: tf.tensor1d([1, 2, 3, 4]), shift: tf.range(0, 24).reshape([4, 2, 3]) };
    const [inTurn, atOnce] = [{}, { parallel: true, maxPlateNesting: 2 }].map((options) =>
      new Predictive(scalar, { posteriorSamples, ...options }).draw(),
    );
    expect(atOnce.v.shape).toEqual([4, 2, 3]);
    expectClose(inTurn.v, posteriorSamples.shift, 1e-3, 1e-2);
    expectClose(atOnce.v, posteriorSamples.shift, 1e-3, 1e-2);
  });
});

describe('deterministic sites of several plates', () => {
  const program = () => {
    const w = sample('w', normal(0, 1));
    const z = sample('z', normal([1, 2], 0.5).toEvent(1));
    const [row, cell] = plate('rows', 2, { dim: -2 }, () => {
      const r = sample('row', normal(0, 1));
      return [r, plate('columns', 3, { dim: -1 }, () => sample('cell', normal(r, 1)))];
    });
    plate('columns', 3, { dim: -1 }, () => deterministic('inPlate', cell.mul(2)));
    deterministic('scalar', w.mul(2));
    deterministic('vector', z.mul(2));
    deterministic('both', w.add(row).add(cell));
    deterministic('constant', [1, 2, 3]);
  };
  const named = () => {
    const w = sample('w', normal(0, 1));
    const cell = plate('data', 3, () => sample('cell', normal(w, 1)));
    deterministic('sum', w.add(cell));
  };

  it.each([
    ['in no plate and one', named, 1],
    ['in two plates', program, 2],
    ['with more plate dimensions than it uses', named, 3],
  ])('%s have the shapes and values of draws in turn', (_, run, maxPlateNesting) => {
    const [inTurn, atOnce] = [{}, { parallel: true, maxPlateNesting }].map((options) =>
      new Predictive(run, { numSamples: 4, seed: 3, ...options }).draw(),
    );
    const shapes = (draws: Record<string, tf.Tensor>) =>
      Object.fromEntries(Object.entries(draws).map(([name, t]) => [name, t.shape]));
    expect(shapes(atOnce)).toEqual(shapes(inTurn));
    if (atOnce.sum) {
      expect(atOnce.sum.shape).toEqual([4, 3]);
      expectClose(atOnce.sum, atOnce.w.reshape([4, 1]).add(atOnce.cell));
    } else {
      expectClose(
        atOnce.both,
        atOnce.w
          .reshape([4, 1, 1])
          .add(atOnce.row.reshape([4, 2, 1]))
          .add(atOnce.cell),
      );
      expectClose(atOnce.vector, atOnce.z.mul(2));
      expectClose(atOnce.inPlate, atOnce.cell.mul(2));
      expectClose(atOnce.constant, new Array(4).fill([1, 2, 3]));
    }
  });

  it('that mix draws are named', () => {
    const outer = () => {
      const w = sample('w', normal(0, 1));
      deterministic('outer', w.reshape([-1, 1]).mul(w.reshape([1, -1])));
    };
    expect(() => new Predictive(outer, { numSamples: 4, parallel: true, maxPlateNesting: 0 }).draw()).toThrow(
      /"outer".*all 4 draws.*parallel: false/,
    );
  });
});

describe('draws', () => {
  it('from the prior have the same shapes in turn and at once, and the same moments', () => {
    const [inTurn, atOnce] = [{ numSamples: 200 }, { numSamples: 4000, ...parallel }].map((options) =>
      new Predictive(model, { seed: 2, ...options }).draw(),
    );
    for (const name of ['w', 'line', 'y']) {
      expect(inTurn[name].shape.slice(1)).toEqual(atOnce[name].shape.slice(1));
      const [m, n] = [inTurn, atOnce].map((d) => Array.from(d[name].mean(0).dataSync()));
      m.forEach((v, i) => void expect(Math.abs(v - n[i])).toBeLessThan(0.4));
    }
    expectClose(atOnce.y.mean(0), [1, 3, 5], 0, 0.1);
  });
  it('from a guide use its parameters; data stay as they are', () => {
    const params = new ParamStore();
    params.set('at', [3, -1]);
    const guide = (_data?: number[]) => sample('w', normal(param('at', [0, 0]), 1e-4).toEvent(1));
    for (const options of [{}, parallel]) {
      const predictive = new Predictive(model, { guide, params, numSamples: 5, ...options });
      expectClose(predictive.draw().line, new Array(5).fill([3, 2, 1]), 1e-3, 1e-2);
      const { y } = predictive.draw([7, 8, 9]);
      expect(y.shape).toEqual([5, 3]);
      expectClose(y, new Array(5).fill([7, 8, 9]));
    }
  });
  it('return the sites asked for, repeat with their seed, and leave nothing behind', () => {
    const before = tf.memory().numTensors;
    const draw = (seed: number) => new Predictive(model, { numSamples: 3, returnSites: ['y'], seed }).draw();
    const [first, again, other] = [draw(1), draw(1), draw(2)];
    expect(Object.keys(first)).toEqual(['y']);
    expect(Array.from(first.y.dataSync())).toEqual(Array.from(again.y.dataSync()));
    expect(Array.from(first.y.dataSync())).not.toEqual(Array.from(other.y.dataSync()));
    expect(tf.memory().numTensors).toBe(before + 3);
  });
});

describe('rejections', () => {
  it.each<[object, string]>([
    [{ numSample: 3 }, 'Predictive has no option "numSample". Did you mean "numSamples"?'],
    [{}, 'Predictive: numSamples must be a positive integer, not undefined.'],
    [{ numSamples: 3, parallel: true }, 'Predictive: parallel needs maxPlateNesting'],
    [{ guide: model, posteriorSamples: {} }, 'Predictive: give a guide or posteriorSamples, not both.'],
    [
      { posteriorSamples: { w: tf.zeros([3, 2]) }, numSamples: 4 },
      'Predictive: posteriorSamples has 3 draws of "w", and 4 are asked for.',
    ],
  ])('%o', (options, message) => {
    expect(() => new Predictive(model, options)).toThrow(message);
  });
  it('a site that does not exist, and samples with more plates than there are', () => {
    expect(() => new Predictive(model, { numSamples: 1, returnSites: ['z'] }).draw()).toThrow(
      'The trace has no sample site "z". It has: w, data, line, y.',
    );
    expect(() =>
      new Predictive(model, { posteriorSamples: { w: tf.zeros([2, 3, 4, 2]) }, ...parallel }).draw(),
    ).toThrow(
      'Predictive: posteriorSamples of "w" has shape [2, 3, 4, 2], of which 2 are plate dimensions, but maxPlateNesting is 1.',
    );
  });
});
