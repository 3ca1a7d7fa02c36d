/** "Customizing SVI objectives" of Pyro's tutorials: a regulariser of the parameters beside the ELBO, compiled too; the optimum is known. */
import * as tf from '@tensorflow/tfjs';
import { Adam, type InferenceProgram, normal, param, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import { valuesOf } from '../autoguide/train.js';

const data = [0.3, 1.2, 2.1];

// program
function model(data: number[]) {
  const loc = param('loc', 0);
  plate('data', data.length, () => sample('x', normal(loc, 1), { obs: data }));
}

function guide() {}

class RegularizedELBO extends TraceELBO {
  override estimate<Args extends unknown[]>(model: InferenceProgram<Args>, guide: InferenceProgram<Args>, args: Args) {
    const { loss, surrogate } = super.estimate(model, guide, args);
    const penalty = tf.mul(2, tf.square(param('loc')));
    return { loss: tf.add<tf.Scalar>(loss, penalty), surrogate: tf.add<tf.Scalar>(surrogate, penalty) };
  }
}

const svi = new SVI(model, guide, new Adam({ lr: 0.05 }), new RegularizedELBO(), { compile: true });
svi.run(500, data);
// end

test('the parameter is the sum over the number of points plus four', () => {
  expect(valuesOf(svi.params, 'loc')[0]).toBeCloseTo(3.6 / 7, 4);
});
