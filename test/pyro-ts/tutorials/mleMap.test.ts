/** "MLE and MAP estimation" of Pyro's tutorials: six heads of ten, of which the estimates are 6 / 10 and, under Beta(10, 10), 15 / 28. */
import { Adam, AutoDelta, bernoulli, beta, constraints, delta, param, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import { mediansOf, valuesOf } from '../autoguide/train.js';

const data = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0];

// program
function originalModel(data: number[]) {
  const f = sample('latent_fairness', beta(10, 10));
  plate('data', data.length, () => sample('obs', bernoulli(f), { obs: data }));
}

function modelMle(data: number[]) {
  const f = param('latent_fairness', 0.5, { constraint: constraints.unitInterval });
  plate('data', data.length, () => sample('obs', bernoulli(f), { obs: data }));
}

function guideMle() {}

function guideMap() {
  const f = param('f_map', 0.5, { constraint: constraints.unitInterval });
  sample('latent_fairness', delta(f));
}

function maskedModel(data: number[]) {
  const f = sample('latent_fairness', beta(10, 10).mask(false));
  plate('data', data.length, () => sample('obs', bernoulli(f), { obs: data }));
}

const autoMle = new AutoDelta(maskedModel);

function train(model: typeof originalModel, guide: (data: number[]) => unknown, lr = 0.005, steps = 201) {
  const svi = new SVI(model, guide, new Adam({ lr }), new TraceELBO(), { compile: true });
  svi.run(steps, data);
  return svi.params;
}
// end

test('the estimates are 6 / 10 and 15 / 28, by hand and by autoguide', () => {
  expect(valuesOf(train(modelMle, guideMle), 'latent_fairness')[0]).toBeCloseTo(6 / 10, 3);
  expect(valuesOf(train(originalModel, guideMap), 'f_map')[0]).toBeCloseTo(15 / 28, 3);
  expect(mediansOf(autoMle, train(maskedModel, autoMle.guide)).latent_fairness[0]).toBeCloseTo(6 / 10, 3);
  const autoMap = new AutoDelta(originalModel);
  expect(mediansOf(autoMap, train(originalModel, autoMap.guide)).latent_fairness[0]).toBeCloseTo(15 / 28, 3);
});
