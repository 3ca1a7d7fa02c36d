/** AutoNormalizingFlow: against a conjugate posterior, and against AutoIAFNormal where both are the same flow. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoIAFNormal,
  AutoNormalizingFlow,
  autoregressiveFlow,
  constraints,
  normal,
  OptionError,
  ParamStore,
  param,
  plate,
  SVI,
  sample,
  seed,
  TraceELBO,
} from 'pyro-ts';
import { AffineTransform } from 'pyro-ts/distributions';
import { expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { mediansOf, train, valuesOf } from './train.js';

const data = [0.8, -0.3, 1.5];

test('with a learned affine map it is the conjugate posterior', () => {
  const model = () => {
    const mu = sample('mu', normal(0, 1));
    plate('data', 3, () => sample('x', normal(mu, 0.7), { obs: data }));
  };
  const auto = new AutoNormalizingFlow(model, (prefix, dim) => [
    new AffineTransform(
      param(`${prefix}.loc`, tf.zeros([dim])),
      param(`${prefix}.scale`, tf.ones([dim]), { constraint: constraints.positive }),
    ),
  ]);
  const svi = train(model, auto.guide, { steps: 600, args: [] });
  const precision = 1 + 3 / 0.49;
  const mean = data.reduce((a, b) => a + b) / 0.49 / precision;
  expectClose(valuesOf(svi.params, 'auto.loc'), [mean], 0, 0.02);
  expectClose(valuesOf(svi.params, 'auto.scale'), [precision ** -0.5], 0, 0.02);
  expectClose(mediansOf(auto, svi.params).mu, [mean], 0, 0.02);
});

test('with autoregressive flows it is AutoIAFNormal, step by step', () => {
  const model = () => {
    const z = sample('z', normal(0, 1).expand([3]).toEvent(1));
    sample('x', normal(z.sum(), 0.5), { obs: 1 });
  };
  const same = new AutoNormalizingFlow(model, (prefix, dim) => [
    autoregressiveFlow(`${prefix}.flow0`, dim, { hidden: [8] }),
    autoregressiveFlow(`${prefix}.flow1`, dim, { hidden: [8], permutation: [2, 1, 0] }),
  ]);
  const fits = [new AutoIAFNormal(model, { hiddenDim: 8, numTransforms: 2 }), same].map(
    ({ guide }) => new SVI(model, guide, new Adam({ lr: 0.01 }), new TraceELBO(), { seed: 3 }),
  );
  for (let i = 0; i < 5; i++) {
    const [a, b] = fits.map((svi) => svi.step());
    expect(b).toBe(a);
  }
  expect([...fits[1].params.names].sort()).toEqual([...fits[0].params.names].sort());
  expect(fits[1].params.names.length).toBe(8);
});

test('a flow registers its parameters once, and in the store around', () => {
  const params = new ParamStore();
  const forward = () =>
    params.run(() =>
      seed.with(0, () =>
        tf.tidy(() =>
          Array.from(
            autoregressiveFlow('f', 2, { hidden: [4, 5] })
              .forward(tf.tensor1d([0.3, -0.2]))
              .dataSync(),
          ),
        ),
      ),
    );
  const first = forward();
  expect(forward()).toEqual(first);
  expect([...params.names].sort()).toEqual([
    'f.0.bias',
    'f.0.weight',
    'f.1.bias',
    'f.1.weight',
    'f.2.bias',
    'f.2.weight',
  ]);
  expect(params.get('f.2.weight').shape).toEqual([5, 4]);
  params.dispose();
});

test('what is no width, and no function, is an error', () => {
  expect(() => autoregressiveFlow('f', 2, { hidden: [0] })).toThrow(/positive integers; they are 2 and \[0\]/);
  expect(() => new AutoNormalizingFlow(() => {}, undefined as never)).toThrow(OptionError);
});
