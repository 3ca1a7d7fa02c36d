/** AutoStructured: between independent sites and a full covariance, against exact posteriors. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoStructured,
  dirichlet,
  gamma,
  laplace,
  lkjCholesky,
  normal,
  OptionError,
  ParamStore,
  plate,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { logNormal, mediansOf, train, valuesOf } from './train.js';

// x ~ N(0, 1), y ~ N(x, 1), observed y + noise: the posterior of (x, y) is normal, with y = y* + k (x - x*) + independent noise.
const [observed, noise] = [1.5, 0.5];
const chain = () => {
  const x = sample('x', normal(0, 1));
  const y = sample('y', normal(x, 1));
  sample('z', normal(y, noise), { obs: observed });
};
const evidence = logNormal(observed, 0, 2 + noise ** 2);
const meanX = observed / (2 + noise ** 2);
const varianceX = 1 - 1 / (2 + noise ** 2);
/** y given x and the observation. */
const precision = 1 + noise ** -2;
const meanY = (meanX + observed * noise ** -2) / precision;

const linear = { dependencies: { y: { x: 'linear' as const } } };
const particles = new TraceELBO({ numParticles: 16, vectorizeParticles: true, maxPlateNesting: 0 });

describe('a chain of two normals', () => {
  test('at the posterior, the loss of every draw is minus the log evidence', () => {
    const params = new ParamStore();
    const auto = new AutoStructured(chain, linear);
    const svi = new SVI(chain, auto.guide, new Adam(), particles, { params });
    svi.evaluateLoss();
    params.set('auto.x.loc', [meanX]);
    params.set('auto.x.scale', [Math.sqrt(varianceX)]);
    params.set('auto.y.loc', [meanY]);
    params.set('auto.y.scale', [precision ** -0.5]);
    params.set('auto.y.on.x', [[1 / precision]]);
    for (const elbo of [particles, new TraceELBO()]) {
      expect(new SVI(chain, auto.guide, new Adam(), elbo, { params }).evaluateLoss()).toBeCloseTo(-evidence, 5);
    }
  });

  test('is learned, which independent normals cannot', () => {
    const learned = (options: ConstructorParameters<typeof AutoStructured<[]>>[1]) => {
      const auto = new AutoStructured(chain, options);
      const svi = train(chain, auto.guide, { steps: 400, elbo: particles, args: [] });
      const measured = new TraceELBO({ numParticles: 4000, vectorizeParticles: true, maxPlateNesting: 0 });
      const loss = new SVI(chain, auto.guide, new Adam(), measured, { params: svi.params }).evaluateLoss();
      return { auto, svi, gap: loss + evidence };
    };
    const { auto, svi, gap } = learned(linear);
    expect(Math.abs(gap)).toBeLessThan(2e-3);
    const medians = mediansOf(auto, svi.params);
    expectClose([...medians.x, ...medians.y], [meanX, meanY], 0.03, 0.02);
    expectClose(valuesOf(svi.params, 'auto.y.on.x'), [1 / precision], 0.2);
    // log det of the correlation matrix of x and y, halved: y = x / precision + noise of variance 1 / precision.
    const ratio = (varianceX / precision ** 2) * precision;
    expectClose([learned({}).gap], 0.5 * Math.log(1 + ratio), 0.15);
    // Any function instead of a matrix: here the same one.
    const own = learned({ dependencies: { y: { x: (deviation) => tf.div(deviation, precision) } } });
    expect(Math.abs(own.gap)).toBeLessThan(2e-3);
  });
});

test('sites of any shape, support and plates, each with a conditional of its own, particles at once or in turn', () => {
  const model = () => {
    sample('w', normal(0, 1).expand([2, 3]).toEvent(2));
    sample('c', lkjCholesky(3, 1));
    plate('rows', 2, () => {
      sample('p', dirichlet([1, 2, 3]));
      plate('cells', 3, () => sample('rate', gamma(2, 2)));
    });
  };
  const auto = new AutoStructured(model, {
    conditionals: { w: 'mvn', p: 'delta', rate: (size) => laplace(tf.zeros([size]), 0.1).toEvent(1) },
    dependencies: { rate: { w: 'linear', p: 'linear' }, w: { c: 'linear' } },
  });
  const { params } = new SVI(model, auto.guide, new Adam(), new TraceELBO(), { seed: 0 });
  const loss = (elbo: TraceELBO) => new SVI(model, auto.guide, new Adam(), elbo, { params, seed: 1 }).evaluateLoss();
  const atOnce = loss(new TraceELBO({ numParticles: 4000, vectorizeParticles: true, maxPlateNesting: 2 }));
  expect(loss(new TraceELBO({ numParticles: 100 }))).toBeCloseTo(atOnce, 0);
  const shapes = Object.entries(auto.median(params)).map(([name, median]) => [name, median.shape]);
  expect(Object.fromEntries(shapes)).toEqual({ w: [2, 3], c: [3, 3], p: [2, 3], rate: [3, 2] });
  expect(params.get('auto.w.on.c').shape).toEqual([3, 6]);
});

test('mistakes are named', () => {
  const step = (options: object) => () =>
    new SVI(chain, new AutoStructured(chain, options).guide, new Adam(), new TraceELBO()).step();
  expect(step({ dependencies: { y: { xx: 'linear' } } })).toThrow(/no site "xx"\. Did you mean "x"\?/);
  expect(step({ conditionals: { q: 'normal' } })).toThrow(OptionError);
  expect(step({ dependencies: { y: { x: 'linear' }, x: { y: 'linear' } } })).toThrow(
    /depend on each other: x on y on x/,
  );
  expect(step({ conditionals: 'mnv' })).toThrow(/must be "delta", "normal", "mvn" or a function/);
  expect(step({ dependencies: { y: { x: 'cubic' } } })).toThrow(/must be "linear" or a function/);
});
