/** Random programs of continuous sites in plates, compiled and not. `npm run test:compiled` tries many more. */
import * as tf from '@tensorflow/tfjs';
import {
  AutoNormal,
  bernoulli,
  beta,
  cauchy,
  type Distribution,
  exponential,
  gamma,
  halfNormal,
  laplace,
  logNormal,
  normal,
  plate,
  poisson,
  RandomStream,
  sample,
  studentT,
  TraceELBO,
  weibull,
} from 'pyro-ts';
import { afterAll, beforeAll, test } from 'vitest';
import { expectFollowed } from './followed.js';

beforeAll(() => tf.engine().startScope());
afterAll(() => tf.engine().endScope());

const runs = process.env.PYRO_TESTS === 'all' ? 200 : 4;

/** Numbers that are positive, and moderate whatever `x` is. */
const scaleOf = (x: tf.Tensor): tf.Tensor => tf.add(tf.sigmoid(x), 0.5);
const locOf = (x: tf.Tensor): tf.Tensor => tf.tanh(x);

/** Families by two real numbers. */
const latent: ((a: tf.Tensor, b: tf.Tensor) => Distribution)[] = [
  (a, b) => normal(a, scaleOf(b)),
  (a, b) => laplace(locOf(a), scaleOf(b)),
  (a, b) => studentT(4, a, scaleOf(b)),
  (a, b) => logNormal(locOf(a), scaleOf(b)),
  (a, b) => gamma(tf.add(scaleOf(a), 1), scaleOf(b)),
  (a, b) => beta(tf.add(scaleOf(a), 1), tf.add(scaleOf(b), 1)),
  (_, b) => halfNormal(scaleOf(b)),
  (_, b) => exponential(scaleOf(b)),
  (a, b) => weibull(scaleOf(a), tf.add(scaleOf(b), 1)),
];
/** Observed ones, and how a normal draw becomes a value of theirs. */
const observed: { of: (a: tf.Tensor, b: tf.Tensor) => Distribution; from: (z: number) => number }[] = [
  { of: (a, b) => normal(a, scaleOf(b)), from: (z) => z },
  { of: (a, b) => cauchy(a, scaleOf(b)), from: (z) => 2 * z },
  { of: (a, b) => laplace(a, scaleOf(b)), from: (z) => z },
  { of: (a) => bernoulli({ logits: a }), from: (z) => Number(z > 0) },
  { of: (a) => poisson(tf.exp(locOf(a))), from: (z) => Math.round(Math.abs(z)) },
  { of: (a, b) => gamma(scaleOf(a), scaleOf(b)), from: (z) => 0.1 + Math.abs(z) },
];
const combinations: ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  tf.add,
  tf.sub,
  tf.mul,
  tf.maximum,
  (a, b) => tf.mul(a, tf.sigmoid(b)),
  (a, b) => tf.div(a, scaleOf(b)),
  (a, b) => tf.where(tf.greater(a, b), tf.sin(a), tf.mul(0.5, b)),
  (a, b) => tf.log(tf.add(tf.exp(locOf(a)), tf.exp(locOf(b)))),
];

interface Site {
  readonly name: string;
  /** Whether it lies in a plate. */
  readonly isMany: boolean;
  readonly family: number;
  /** Its two numbers: combinations of two earlier sites each, -1 for a constant. */
  readonly from: readonly { readonly how: number; readonly of: readonly [number, number] }[];
  /** The values of an observed site. */
  readonly data?: tf.Tensor;
}

function drawn(rng: RandomStream): { sites: Site[]; size: number } {
  const upTo = (n: number) => Math.floor(n * rng.next());
  const size = 2 + upTo(6);
  const count = 2 + upTo(4);
  const manyFrom = upTo(count);
  const sites = Array.from({ length: count + 1 + upTo(2) }, (_, i): Site => {
    const isMany = i >= manyFrom;
    const earlier = () => upTo(Math.min(i, count) + 1) - 1;
    const argument = () => ({ how: upTo(combinations.length), of: [earlier(), earlier()] as const });
    const shared = { name: `x${i}`, isMany, from: [argument(), argument()] };
    if (i < count) return { ...shared, family: upTo(latent.length) };
    const family = upTo(observed.length);
    const data = Float32Array.from({ length: size }, () => observed[family].from(rng.nextNormal()));
    return { ...shared, family, data: tf.tensor1d(data) };
  });
  return { sites, size };
}

const modelOf =
  ({ sites, size }: { sites: readonly Site[]; size: number }) =>
  () => {
    const values: tf.Tensor[] = [];
    const entryOf = (i: number) => (i < 0 ? tf.scalar(0.7) : values[i]);
    const run = (site: Site) => {
      const [a, b] = site.from.map(({ how, of: [i, j] }) => combinations[how](entryOf(i), entryOf(j)));
      if (site.data) sample(site.name, observed[site.family].of(a, b), { obs: site.data });
      else values.push(sample(site.name, latent[site.family](a, b)));
    };
    for (const site of sites.filter(({ isMany }) => !isMany)) run(site);
    plate('many', size, () => {
      for (const site of sites.filter(({ isMany }) => isMany)) run(site);
    });
  };

test('random programs of continuous sites', () => {
  for (let i = 0; i < runs; i++) {
    const model = modelOf(drawn(new RandomStream(`continuous ${i}`)));
    const numParticles = 1 + (i % 3);
    expectFollowed({
      model,
      guide: new AutoNormal(model).guide,
      elbo: () => new TraceELBO({ numParticles, vectorizeParticles: i % 2 === 0, maxPlateNesting: 1 }),
      seed: i,
      tolerance: 2e-5,
    });
  }
});
