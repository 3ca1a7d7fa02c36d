/** The enumerated epidemic of Pyro's example `sir_hmc.py`: exact losses, Pyro's (bench/reference/tutorials/sir.py) and by hand, and the posterior on a grid. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoMultivariateNormal,
  binomial,
  condition,
  configEnumerate,
  extendedBinomial,
  logNormal,
  markov,
  SVI,
  sample,
  TraceEnumELBO,
  uniform,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/sir.json' with { type: 'json' };
import { expectClose } from '../../numbers.js';
import { mediansOf, train } from '../autoguide/train.js';

const args = { population: 4, recoveryTime: 2 };

// program
function globalModel(population: number) {
  const tau = args.recoveryTime; // Assume this can be measured exactly.
  const R0 = sample('R0', logNormal(0, 1));
  const rho = sample('rho', uniform(0, 1));

  // Convert interpretable parameters to distribution parameters.
  const rateS = R0.div(-tau * population);
  const probI = 1 / (1 + tau);

  return { rateS, probI, rho };
}

const model = configEnumerate((data: readonly number[]) => {
  const { population } = args;
  const { rateS, probI, rho } = globalModel(population);

  // Sequentially sample time-local variables.
  let S: tf.Tensor = tf.scalar(population - 1);
  let I: tf.Tensor = tf.scalar(1);
  markov(data.entries(), ([t, datum]) => {
    const [sPrevious, iPrevious] = [S, I];
    S = sample(`S_${t}`, binomial(population, 0.5).mask(false));
    I = sample(`I_${t}`, binomial(population, 0.5).mask(false));

    // Now we reverse the computation.
    const S2I = sPrevious.sub(S);
    const I2R = iPrevious.sub(I).add(S2I);
    const infection = tf.neg(tf.expm1(rateS.mul(iPrevious)));
    sample(`S2I_${t}`, extendedBinomial(sPrevious, infection), { obs: S2I });
    sample(`I2R_${t}`, extendedBinomial(iPrevious, probI), { obs: I2R });
    sample(`obs_${t}`, extendedBinomial(S2I, rho), { obs: datum });
  });
});
// end

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
const mass = (n: number, p: number, k: number) => (k < 0 || k > n ? 0 : choose(n, k) * p ** k * (1 - p) ** (n - k));

/** p(data | R0, rho), forward over the numbers of susceptible and infected. */
function likelihood(R0: number, rho: number): number {
  let states = new Map([['3,1', 1]]);
  for (const datum of figures.data) {
    const next = new Map<string, number>();
    for (const [state, weight] of states) {
      const [s, i] = state.split(',').map(Number);
      for (let infected = 0; infected <= s; infected++) {
        for (let recovered = 0; recovered <= i; recovered++) {
          const p =
            mass(s, 1 - Math.exp((-R0 / 8) * i), infected) * mass(i, 1 / 3, recovered) * mass(infected, rho, datum);
          const key = `${s - infected},${i + infected - recovered}`;
          next.set(key, (next.get(key) ?? 0) + weight * p);
        }
      }
    }
    states = next;
  }
  return [...states.values()].reduce((a, b) => a + b, 0);
}

const elbo = new TraceEnumELBO({ maxPlateNesting: 0 });

test('losses at known parameters', () => {
  for (const [R0, rho, loss] of figures.losses) {
    const known = condition(model, { R0, rho });
    const found = new SVI(known, () => {}, new Adam(), elbo).evaluateLoss(figures.data);
    const prior = -0.5 * Math.log(R0) ** 2 - Math.log(R0) - 0.5 * Math.log(2 * Math.PI);
    expectClose([found, found], [loss, -Math.log(likelihood(R0, rho)) - prior], 1e-4);
  }
});

test('the posterior of both parameters', () => {
  const cells = Array.from({ length: 60 }, (_, i) => -3 + 0.1 * i).flatMap((x) =>
    Array.from({ length: 50 }, (_, k) => ({ x, y: -5 + 0.2 * k })).map(({ y }) => {
      const rho = 1 / (1 + Math.exp(-y));
      return { x, y, weight: likelihood(Math.exp(x), rho) * Math.exp(-0.5 * x * x) * rho * (1 - rho) };
    }),
  );
  const total = cells.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: 'x' | 'y') => cells.reduce((sum, cell) => sum + cell[of] * cell.weight, 0) / total;
  const auto = new AutoMultivariateNormal(model, { sites: ['R0', 'rho'], initScale: 0.5 });
  const svi = train(model, auto.guide, { steps: 800, lr: 0.03, elbo, args: [figures.data] });
  const { R0, rho } = mediansOf(auto, svi.params);
  expect(Math.abs(Math.log(R0[0]) - mean('x'))).toBeLessThan(0.15);
  expect(Math.abs(Math.log(rho[0] / (1 - rho[0])) - mean('y'))).toBeLessThan(0.25);
});
