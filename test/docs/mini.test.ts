/** The lesson docs/mini.ts: its densities against closed forms and sums by hand, its training against quadrature and against pyro-ts. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import * as pyro from 'pyro-ts';
import { describe, expect, it, vi } from 'vitest';
import * as mini from '../../docs/mini.js';

const weights = [1.2, 0.8, 2.0, 1.5];
const logNormal = (x: number, loc: number, scale: number) =>
  -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0);
const logSumExp = (numbers: readonly number[]) => Math.log(sum(numbers.map(Math.exp)));
const value = (tensor: tf.Tensor) => tensor.dataSync()[0];

/** The averages of two parameters over the second half of a training, which removes the noise of single steps. */
function train(svi: { step(): number; params: { get(name: string): tf.Tensor } }, steps: number): [number, number] {
  const totals: [number, number] = [0, 0];
  for (let step = 0; step < steps; step++) {
    svi.step();
    if (step < steps / 2) continue;
    for (const [i, name] of ['loc', 'scale'].entries()) totals[i] += tf.tidy(() => value(svi.params.get(name)));
  }
  return [totals[0] / (steps / 2), totals[1] / (steps / 2)];
}

describe('a normal mean with normal observations', () => {
  const precision = 1 / 2 ** 2 + weights.length / 0.8 ** 2;
  const posterior = { loc: sum(weights) / 0.8 ** 2 / precision, scale: precision ** -0.5 };
  const model = () => {
    const mean = mini.sample('mean', mini.normal(0, 2));
    mini.plate(weights.length, () => mini.sample('weight', mini.normal(mean, 0.8), { obs: weights }));
  };
  const guide = () => {
    const scale = mini.param('scale', 1, mini.positive);
    mini.sample('mean', mini.normal(mini.param('loc', 0), scale));
  };

  it('has the log evidence as the ELBO of every draw where the guide is the posterior', () => {
    const exact = () => mini.sample('mean', mini.normal(posterior.loc, posterior.scale));
    // log p(x) = log p(x, z) - log p(z | x) at any z, here 0.
    const logEvidence =
      logNormal(0, 0, 2) + sum(weights.map((x) => logNormal(x, 0, 0.8))) - logNormal(0, posterior.loc, posterior.scale);
    for (let draw = 0; draw < 3; draw++) {
      expect(value(tf.tidy(() => mini.negativeElbo(model, exact)))).toBeCloseTo(-logEvidence, 4);
    }
  });

  it('is learned from gradients', () => {
    const [loc, scale] = train(new mini.SVI(model, guide, new mini.Adam({ lr: 0.02 })), 600);
    expect(loc).toBeCloseTo(posterior.loc, 1);
    expect(scale).toBeCloseTo(posterior.scale, 1);
  });

  it('leaks no tensor in a step', () => {
    const svi = new mini.SVI(model, guide, new mini.Adam({ lr: 0.02 }));
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) svi.step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('enumeration', () => {
  const probs = [0.5, 0.3, 0.2];
  const locs = [-1, 0.5, 2];
  const nothing = () => {};

  it('sums over a site within a plate, with the observations of an inner plate, as the sum written out', () => {
    // Three groups with a class each, two observations in each group; the outer plate is the last dimension.
    const groups = [
      [0.1, 0.7, -1.2],
      [0.4, 2.2, -0.3],
    ];
    const model = () =>
      mini.plate(3, () => {
        const group = mini.sample('group', mini.categorical(probs));
        const loc = mini.select(tf.tensor(locs), group);
        mini.plate(2, () => mini.sample('x', mini.normal(loc, 0.5), { obs: tf.tensor(groups) }));
      });
    const byHand = [0, 1, 2].map((n) =>
      logSumExp(probs.map((p, k) => Math.log(p) + sum(groups.map((row) => logNormal(row[n], locs[k], 0.5))))),
    );
    expect(value(tf.tidy(() => mini.negativeElbo(model, nothing)))).toBeCloseTo(-sum(byHand), 4);
  });

  it('sums over a site outside the plate of the observations', () => {
    const model = () => {
      const loc = mini.select(tf.tensor(locs), mini.sample('z', mini.categorical(probs)));
      mini.plate(weights.length, () => mini.sample('x', mini.normal(loc, 0.5), { obs: weights }));
    };
    const byHand = logSumExp(probs.map((p, k) => Math.log(p) + sum(weights.map((x) => logNormal(x, locs[k], 0.5)))));
    expect(value(tf.tidy(() => mini.negativeElbo(model, nothing)))).toBeCloseTo(-byHand, 4);
  });

  it('trains a mixture along the same path as pyro-ts, step by step', () => {
    const data = [0, 1, 10, 11, 12];
    const ours = () => {
      const means = mini.param('loc', [2, 8]);
      const scale = mini.param('scale', 3, mini.positive);
      mini.plate(data.length, () => {
        const component = mini.sample('component', mini.categorical([0.4, 0.6]));
        mini.sample('x', mini.normal(mini.select(means, component), scale), { obs: data });
      });
    };
    const theirs = () => {
      const means = pyro.param('loc', [2, 8]);
      const scale = pyro.param('scale', 3, { constraint: pyro.constraints.positive });
      pyro.plate('data', data.length, () => {
        const component = pyro.sample('component', pyro.categorical({ probs: [0.4, 0.6] }));
        pyro.sample('x', pyro.normal(mini.select(means, component), scale), { obs: data });
      });
    };
    const svi = new mini.SVI(ours, nothing, new mini.Adam({ lr: 0.05 }));
    const elbo = new pyro.TraceEnumELBO({ maxPlateNesting: 1 });
    const reference = new pyro.SVI(pyro.configEnumerate(theirs), nothing, new pyro.Adam({ lr: 0.05 }), elbo, {
      seed: 0,
    });
    for (let step = 0; step < 60; step++) expect(svi.step()).toBeCloseTo(reference.step(), 3);
    const names = ['loc', 'scale'];
    const [mine, expected] = [svi.params, reference.params].map((params) =>
      names.flatMap((name) => [...params.get(name).dataSync()]),
    );
    for (const [i, x] of mine.entries()) expect(x).toBeCloseTo(expected[i], 3);
  });
});

describe('the example, a mean in spite of outliers', () => {
  const guide = () => {
    const scale = pyro.param('scale', 0.5, { constraint: pyro.constraints.positive });
    pyro.sample('mean', pyro.normal(pyro.param('loc', 8), scale));
  };
  const model = () => {
    const mean = pyro.sample('mean', pyro.normal(0, 20));
    pyro.plate('data', mini.measurements.length, () => {
      const isBad = pyro.sample('isBad', pyro.categorical({ probs: [0.9, 0.1] }));
      const scale = mini.select(tf.tensor([1, 20]), isBad);
      pyro.sample('measurement', pyro.normal(mean, scale), { obs: mini.measurements });
    });
  };

  it('finds the mean and the standard deviation of quadrature and of pyro-ts', () => {
    const grid = Array.from({ length: 4001 }, (_, i) => -20 + 0.015 * i);
    const density = grid.map((mean) =>
      Math.exp(
        logNormal(mean, 0, 20) +
          sum(
            mini.measurements.map((x) =>
              logSumExp([Math.log(0.9) + logNormal(x, mean, 1), Math.log(0.1) + logNormal(x, mean, 20)]),
            ),
          ),
      ),
    );
    const moment = (f: (x: number) => number) => sum(grid.map((x, i) => f(x) * density[i])) / sum(density);
    const mean = moment((x) => x);
    const deviation = Math.sqrt(moment((x) => (x - mean) ** 2));

    const mine = train(new mini.SVI(mini.robustMean, mini.robustMeanGuide, new mini.Adam({ lr: 0.02 })), 700);
    const elbo = new pyro.TraceEnumELBO({ maxPlateNesting: 1 });
    const enumerated = pyro.configEnumerate(model);
    const theirs = train(
      new pyro.SVI(enumerated, guide, new pyro.Adam({ lr: 0.02 }), elbo, { seed: 0, compile: true }),
      700,
    );
    for (const [loc, scale] of [mine, theirs]) {
      expect(Math.abs(loc - mean)).toBeLessThan(0.1);
      expect(Math.abs(scale - deviation)).toBeLessThan(0.05);
    }
  });

  it('is what its command runs', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    mini.main();
    const lines = log.mock.calls.map(([line]) => String(line));
    log.mockRestore();
    expect(lines.length).toBe(6);
    expect(lines[5]).toMatch(/^mean (9\.[5-9]|10\.[0-4])\d, standard deviation 0\.[345]\d$/);
  });
});

it('draws the same numbers from the same seed', () => {
  const losses = (seed: number) => {
    const svi = new mini.SVI(mini.robustMean, mini.robustMeanGuide, new mini.Adam({ lr: 0.05 }), { seed });
    return [svi.step(), svi.step()];
  };
  expect(losses(1)).toEqual(losses(1));
  expect(losses(2)).not.toEqual(losses(1));
});

describe('misuse', () => {
  const draw = (name: string) => mini.sample(name, mini.categorical([0.5, 0.5]));

  it('is an error that names the sites, and leaves the stack empty', () => {
    expect(() => mini.trace(() => [draw('a'), draw('a')])).toThrow('Two sample sites are called "a"');
    expect(() => mini.enumerate(() => mini.sample('x', mini.normal(0, 1)))).toThrow('"x" has no finite support');
    expect(() => mini.enumerate(() => [draw('a'), draw('b')])).toThrow('"a" and "b"');
    expect(() => new mini.ParamStore().get('loc')).toThrow('There is no parameter "loc"');
    // A plate that was left on the stack would give this draw a dimension.
    expect(() => mini.plate(3, () => draw('c').reshape([7]))).toThrow();
    expect(draw('d').shape).toEqual([]);
  });
});

it('is at most 400 lines long', () => {
  expect(readFileSync(new URL('../../docs/mini.ts', import.meta.url), 'utf8').split('\n').length).toBeLessThanOrEqual(
    400,
  );
});
