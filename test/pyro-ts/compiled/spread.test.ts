/** A hundred compiled steps end where those of the engine do, as closely as two engines agree with each other. */
import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoNormal,
  bernoulli,
  categorical,
  constraints,
  type ELBO,
  halfCauchy,
  normal,
  param,
  plate,
  RandomStream,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { afterAll, expect, it } from 'vitest';
import { all } from '../../slow.js';

afterAll(async () => void (await selectEngine({ engine: 'wasm' })));

interface Case {
  readonly model: () => void;
  readonly guide: () => void;
  readonly elbo: () => ELBO;
}

const numbers = (n: number, seed: string): number[] => {
  const stream = new RandomStream(seed);
  return Array.from({ length: n }, () => Math.fround(stream.nextNormal()));
};

function mixture(): Case {
  const data = numbers(30, 'mixture').map((z, i) => z + [-4, 0, 5][i % 3]);
  const model = () => {
    const weights = param('weights', [0.2, 0.3, 0.5], { constraint: constraints.simplex });
    const locs = param('locs', [-1, 0, 1]);
    const scale = param('scale', 1, { constraint: constraints.positive });
    plate('data', 30, () => {
      const z = sample('z', categorical(weights), { infer: { enumerate: 'parallel' } });
      const loc = tf.sum(tf.mul(tf.oneHot(tf.cast(z, 'int32'), 3), locs), -1);
      sample('x', normal(loc, scale), { obs: data });
    });
  };
  return { model, guide: () => {}, elbo: () => new TraceEnumELBO({ maxPlateNesting: 1 }) };
}

function eightSchools(): Case {
  const model = () => {
    const mu = sample('mu', normal(0, 5));
    const tau = sample('tau', halfCauchy(5));
    plate('schools', 8, () => {
      const theta = sample('theta', normal(mu, tau));
      sample('y', normal(theta, [15, 10, 16, 11, 9, 11, 10, 18]), { obs: [28, 8, -3, 7, -1, 1, 18, 12] });
    });
  };
  return { model, guide: new AutoNormal(model).guide, elbo: () => new TraceELBO() };
}

function logisticRegression(): Case {
  const [x, z] = [numbers(200, 'x'), numbers(40, 'y')];
  const model = () => {
    const w = sample('w', normal(0, 1).expand([5]).toEvent(1));
    const logits = tf.reshape(tf.matMul(tf.tensor2d(x, [40, 5]), tf.reshape(w, [5, 1])), [40]);
    plate('data', 40, () => sample('y', bernoulli({ logits }), { obs: z.map((v) => Number(v > 0)) }));
  };
  return { model, guide: new AutoNormal(model).guide, elbo: () => new TraceELBO() };
}

/** The parameters after a hundred steps, unconstrained, one after the other. */
function after({ model, guide, elbo }: Case, compile: boolean): number[] {
  const svi = new SVI(model, guide, new Adam({ lr: 0.02 }), elbo(), { seed: 3, compile });
  svi.run(100);
  const found = svi.params.names.flatMap((name) => Array.from(svi.params.unconstrained(name).dataSync()));
  svi.params.dispose();
  return found;
}

const cases: Readonly<Record<string, () => Case>> = { mixture, eightSchools, logisticRegression };

it.each(all ? Object.keys(cases) : ['mixture'])('%s', async (name) => {
  const make = cases[name];
  await selectEngine({ engine: 'cpu' });
  const other = after(make(), false);
  await selectEngine({ engine: 'wasm' });
  const [plain, compiled] = [false, true].map((compile) => after(make(), compile));
  const apart = (x: readonly number[]) => Math.max(...x.map((v, i) => Math.abs(v - plain[i])));
  expect(plain.length).toBeGreaterThan(5);
  // Steps of .02 add up to numbers of order 1; rounding alone is 1e-7 of each.
  expect(apart(compiled)).toBeLessThan(Math.max(3 * apart(other), 1e-5));
});
