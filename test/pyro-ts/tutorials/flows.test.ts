/** "Normalizing Flows - Introduction" of Pyro's tutorials, on a curved density that the flow can be; its likelihood and Pyro's (bench/reference/tutorials/flows.py). */
import * as tf from '@tensorflow/tfjs';
import { Adam, autoregressiveFlow, normal, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { TransformedDistribution } from 'pyro-ts/distributions';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/flows.json' with { type: 'json' };
import { logNormal } from '../autoguide/train.js';

const dataset = figures.dataset;

// program
function model(dataset: number[][]) {
  const base = normal([0, 0], 1).toEvent(1);
  const transform = autoregressiveFlow('flow', 2, { hidden: [16] });
  const flow = new TransformedDistribution(base, [transform]);
  plate('data', dataset.length, () => sample('x', flow, { obs: dataset }));
}

const svi = new SVI(model, () => {}, new Adam({ lr: 1e-2 }), new TraceELBO(), { compile: true });
const losses = svi.run(800, dataset);
// end

test('the likelihood is that of the density behind the data, and of Pyro', () => {
  const truth = dataset.reduce((sum, [x, y]) => sum - logNormal(x, 0, 1) - logNormal(y, x * x, 0.25), 0) / 400;
  const found = losses[799] / 400;
  // Both fit the data a little better than the truth does, or fall short of the parabola far out.
  expect(Math.abs(found - truth)).toBeLessThan(0.1);
  expect(Math.abs(found - figures.loss)).toBeLessThan(0.1);
  expect(losses[0] / 400).toBeGreaterThan(truth + 0.5);
  tf.dispose([]);
});
