/** What is drawn again and again, compiled and not: the same seeds give the same draws. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoNormal,
  CompileError,
  gamma,
  halfCauchy,
  importance,
  NonFiniteError,
  normal,
  OptionError,
  onWarning,
  ParamStore,
  Predictive,
  type PredictiveOptions,
  param,
  plate,
  poisson,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => tf.engine().startScope());
afterAll(() => tf.engine().endScope());

const y = tf.tensor1d([2.1, 3.4, 1.7, 2.9]);
function model(observed?: tf.Tensor): void {
  const loc = sample('loc', normal(0, 3));
  const scale = sample('scale', halfCauchy(1));
  plate('rows', 4, () => {
    const rate = sample('rate', gamma(2, 1.5));
    sample('count', poisson(rate));
    sample('y', normal(loc, scale), observed ? { obs: observed } : {});
  });
}
function guide(): void {
  sample('loc', normal(param('centre', 2), 0.4));
  sample('scale', gamma(param('shape', 3), 2));
  plate('rows', 4, () => {
    const rate = sample('rate', gamma(2, 1.5));
    sample('count', poisson(rate));
  });
}

const close = (found: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs(found[i] - wanted[i]) / (1 + Math.abs(wanted[i])), `entry ${i}`).toBeLessThan(1e-5);
  }
};

describe('Predictive', () => {
  const posteriorSamples = { loc: tf.tensor1d([1, 2, 3]), scale: tf.tensor1d([0.1, 1, 10]) };
  const cases: Record<string, PredictiveOptions<[tf.Tensor?]>> = {
    'from the prior': { numSamples: 20, seed: 3 },
    'from a guide': { guide, numSamples: 20, seed: 4 },
    'from posterior samples': { posteriorSamples, seed: 5 },
    'of some sites': { guide, numSamples: 5, returnSites: ['count', 'y'] },
  };
  it.each(Object.entries(cases))('draws the same %s', (_, options) => {
    const wanted = new Predictive(model, { ...options, params: new ParamStore() }).draw();
    const found = new Predictive(model, { ...options, params: new ParamStore(), compile: true }).draw();
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    for (const [name, value] of Object.entries(wanted)) {
      expect(found[name].shape).toEqual(value.shape);
      expect(found[name].dtype).toBe(value.dtype);
      close(found[name].dataSync(), value.dataSync());
    }
  });

  it('rejects what there is nothing to compile of', () => {
    const options = { numSamples: 3, parallel: true, maxPlateNesting: 1, compile: true } as const;
    expect(() => new Predictive(model, options)).toThrow(OptionError);
  });
});

describe('importance', () => {
  it('weighs the same draws', () => {
    const [wanted, found] = [false, true].map((compile) =>
      importance(model, { guide, numSamples: 50, seed: 1, compile }, y),
    );
    close(found.logWeights, wanted.logWeights);
    expect(Object.keys(found.values)).toEqual(Object.keys(wanted.values));
    for (const [name, draws] of Object.entries(wanted.values)) {
      draws.forEach((draw, i) => {
        close(found.values[name][i], draw);
      });
    }
    expect(found.logEvidence).toBeCloseTo(wanted.logEvidence, 4);
  });

  it('names the site of a weight that is not finite', () => {
    const broken = () => {
      const x = sample('x', normal(0, 1));
      sample('y', normal(tf.log(tf.sub(x, 10)), 1), { obs: 0 });
    };
    expect(() => importance(broken, { numSamples: 5, compile: true })).toThrow(NonFiniteError);
  });

  it('says what it cannot compile, or warns', () => {
    const reading = () => {
      const x = sample('x', normal(0, 1));
      sample('y', normal(x.dataSync()[0] > 0 ? 1 : 2, 1), { obs: 0 });
    };
    expect(() => importance(reading, { numSamples: 5, compile: true })).toThrow(CompileError);
    const warnings: string[] = [];
    const before = onWarning((text) => void warnings.push(text));
    const { logWeights } = importance(reading, { numSamples: 5, compile: 'auto' });
    onWarning(before);
    expect(warnings.join()).toContain('importance cannot be compiled');
    expect(logWeights).toEqual(importance(reading, { numSamples: 5 }).logWeights);
  });
});

it('evaluateLoss estimates the same loss', () => {
  const program = () => {
    const loc = sample('loc', normal(0, 3));
    sample('y', normal(loc, 1), { obs: 2 });
  };
  const [wanted, found] = [false, true].map((compile) => {
    const svi = new SVI(program, new AutoNormal(program).guide, new Adam({ lr: 0.01 }), new TraceELBO(), { compile });
    const losses = [svi.evaluateLoss()];
    for (let i = 0; i < 3; i++) {
      svi.step();
      losses.push(svi.evaluateLoss());
    }
    return losses;
  });
  close(found, wanted);
});
