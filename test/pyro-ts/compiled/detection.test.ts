/** What can't be compiled is an error that says what and where, or a warning; a compiled step that no longer fits is found out. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  CompileError,
  NonFiniteError,
  normal,
  OptionError,
  onWarning,
  param,
  plate,
  RandomStream,
  SGD,
  SupportError,
  SVI,
  type SVIOptions,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let warnings: string[] = [];
let before: (message: string) => void;
beforeEach(() => {
  warnings = [];
  before = onWarning((message) => warnings.push(message));
});
afterEach(() => {
  onWarning(before);
});

const guide = (): void => {
  sample('z', normal(param('loc', 0.5), 1));
};
const sviOf = <Args extends unknown[]>(model: (...args: Args) => unknown, options: SVIOptions = {}) =>
  new SVI(model, guide, new Adam({ lr: 0.01 }), new TraceELBO(), { compile: true, seed: 3, ...options });

describe('a program that reads a value', () => {
  const model = () => {
    const z = sample('z', normal(0, 1));
    const scale = z.dataSync()[0] > 0 ? 1 : 2;
    sample('x', normal(z, scale), { obs: 1 });
  };

  it('is an error that names operation and site', () => {
    expect(() => sviOf(model).step()).toThrow(CompileError);
    expect(() => sviOf(model).step()).toThrow(/it reads the result of Add .*\(after site "z"\)/);
  });

  it('runs as it is with one warning where compile is "auto"', () => {
    const [auto, plain] = [sviOf(model, { compile: 'auto' }), sviOf(model, { compile: false })];
    expect(Array.from(auto.run(5))).toEqual(Array.from(plain.run(5)));
    auto.step();
    expect(warnings.filter((w) => /cannot be compiled/.test(w))).toHaveLength(1);
  });
});

it.each([
  ['asynchronously', (z: tf.Tensor) => void z.data(), /reads the result/],
  ['by arraySync', (z: tf.Tensor) => void z.arraySync(), /reads the result/],
  ['into a variable', (z: tf.Tensor) => void kept.assign(z as tf.Scalar), /assigns to a variable/],
])('a program that takes a value %s is an error', (_, take, message) => {
  const model = () => {
    take(sample('z', normal(0, 1)));
  };
  expect(() => sviOf(model).step()).toThrow(message);
});
const kept = tf.variable(tf.scalar(0));

it('an operation without a rule is an error with its name', () => {
  const model = () => {
    const z = sample('z', normal(0, 1));
    sample(
      'x',
      normal(
        tf.image.resizeBilinear(tf.tile(tf.reshape(z, [1, 1, 1, 1]), [1, 2, 2, 1]) as tf.Tensor4D, [3, 3]).sum(),
        1,
      ),
      {
        obs: 1,
      },
    );
  };
  expect(() => sviOf(model).step()).toThrow(/ResizeBilinear.*no rule/);
});

it('a program that draws by itself is an error', () => {
  const rng = new RandomStream(0);
  const model = () => {
    sample('x', normal(sample('z', normal(0, 1)), 1), { obs: rng.nextNormal() });
  };
  expect(() => sviOf(model).step()).toThrow(/random/);
  const shuffled = () => {
    sample('x', normal(sample('z', normal(0, 1)), 1), { obs: Math.random() });
  };
  expect(() => sviOf(shuffled).step()).toThrow(/computes something else/);
});

it('a program that comes to depend on something else is found out', () => {
  let scale = 1;
  const svi = sviOf(() => {
    sample('x', normal(sample('z', normal(0, 1)), scale), { obs: 1 });
  });
  svi.step();
  scale = 3;
  expect(() => svi.run(100)).toThrow(/no longer computes what the program does .*Pass it as an argument/s);
});

describe('numbers that are not finite', () => {
  const model = (scale: tf.Tensor) => {
    sample('x', normal(sample('z', normal(0, 1)), scale), { obs: 1 });
  };
  const [good, bad] = [tf.scalar(1), tf.scalar(Number.NaN)];

  it('are an error that names the site, and nothing moves', () => {
    const [compiled, plain] = [sviOf(model), sviOf(model, { compile: false })];
    for (const svi of [compiled, plain]) svi.run(3, good);
    const values = compiled.params.toData();
    const message = (svi: SVI<[tf.Tensor]>) => {
      try {
        svi.step(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return (error as Error).message;
      }
      return 'nothing';
    };
    expect(message(compiled)).toBe(message(plain));
    expect(compiled.params.toData()).toEqual(values);
    expect(compiled.steps).toBe(plain.steps);
    expect(compiled.step(good)).toBeCloseTo(plain.step(good), 4);
  });

  it('are skipped where they are to be', () => {
    const growing = () => {
      const a = param('a', 1);
      sample('x', normal(tf.exp(tf.mul(a, 60)), 1), { obs: 1 });
    };
    const none = () => {};
    const make = (compile: boolean) =>
      new SVI(growing, none, new SGD({ lr: 1 }), new TraceELBO(), { compile, onNonFinite: 'skip' });
    expect(Array.from(make(true).run(3))).toEqual(Array.from(make(false).run(3)));
    expect(() => new SVI(growing, none, new SGD({ lr: 1 }), new TraceELBO(), { compile: true }).run(3)).toThrow(
      NonFiniteError,
    );
  });
});

describe('data of later steps', () => {
  const binary = (x: tf.Tensor) => {
    const z = sample('z', normal(0, 1));
    plate('data', 2, () => void sample('x', bernoulli({ logits: z }), { obs: x }));
  };
  const [good, other, bad] = [
    [0, 1],
    [1, 1],
    [0.5, 2],
  ].map((x) => tf.tensor1d(x));

  it('are checked as the first ones are', () => {
    const svi = sviOf(binary);
    svi.step(good);
    svi.step(other);
    for (let i = 0; i < 2; i++) expect(() => svi.step(bad)).toThrow(SupportError);
    expect(svi.run(3, good).every(Number.isFinite)).toBe(true);
  });

  it('are left to the program where it computes from them what it observes', () => {
    const model = (x: tf.Tensor) => binary(tf.sub(1, x));
    const [compiled, plain] = [sviOf(model), sviOf(model, { compile: false })];
    for (const x of [good, other, other, good]) expect(compiled.step(x)).toBeCloseTo(plain.step(x), 4);
    for (let i = 0; i < 2; i++) expect(() => compiled.step(bad)).toThrow(SupportError);
  });
});

describe('compiled steps', () => {
  const model = (x: tf.Tensor) => {
    const z = sample('z', normal(0, 1));
    plate('data', x.shape[0], () => void sample('x', normal(z, 1), { obs: x }));
  };

  it('are kept by shapes, and follow data of the same shape', () => {
    const data = [
      [1, 2],
      [3, 4],
      [1, 2, 3],
      [5, 6],
    ].map((x) => tf.tensor1d(x));
    const [compiled, plain] = [sviOf(model), sviOf(model, { compile: false })];
    for (const x of data) expect(compiled.step(x)).toBeCloseTo(plain.step(x), 4);
    const explained = compiled.explain();
    expect(explained.match(/Parameters that move: loc/g)).toHaveLength(2);
    expect(explained.match(/Sites: z, x/g)).toHaveLength(2);
    expect(explained).toMatch(/kernels over \d+ bytes, [\d.]+ microseconds/);
  });

  it('take no step when they are made', () => {
    const x = tf.tensor1d([1, 2]);
    const [compiled, plain] = [sviOf(model, { compile: false }), sviOf(model, { compile: false })];
    compiled.compile(x);
    expect(compiled.steps).toBe(0);
    expect(compiled.step(x)).toBeCloseTo(plain.step(x), 5);
  });

  it('follow parameters that are set in between', () => {
    const x = tf.tensor1d([1, 2]);
    const [compiled, plain] = [sviOf(model), sviOf(model, { compile: false })];
    for (const svi of [compiled, plain]) {
      svi.run(3, x);
      svi.params.set('loc', -2);
    }
    expect(compiled.step(x)).toBeCloseTo(plain.step(x), 4);
    expect(compiled.params.get('loc').dataSync()[0]).toBeCloseTo(plain.params.get('loc').dataSync()[0], 5);
  });

  it('leak no tensor', () => {
    const x = tf.tensor1d([1, 2]);
    const svi = sviOf(model);
    svi.run(3, x);
    const count = tf.memory().numTensors;
    svi.run(300, x);
    svi.step(x);
    expect(tf.memory().numTensors).toBe(count);
  });

  it('stay within the spread of engines over 100 steps', () => {
    const x = tf.tensor1d([1, 2]);
    const [compiled, plain] = [sviOf(model), sviOf(model, { compile: false })];
    const [a, b] = [compiled.run(100, x), plain.run(100, x)];
    for (let i = 0; i < 100; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-4 * Math.abs(b[i]) + 1e-5);
  });
});

it('options are checked', () => {
  expect(() => sviOf(() => {}, { compile: 'always' as never })).toThrow(OptionError);
  expect(() => sviOf(() => {}).run(-1)).toThrow(OptionError);
});

it('where generated code is forbidden, steps run as they are and a warning says so', () => {
  const own = globalThis.Function;
  const model = () => void sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 1 });
  const plain = sviOf(model, { compile: false });
  const svi = sviOf(model);
  const forbidden = () => {
    throw new EvalError('Code generation from strings disallowed for this context');
  };
  globalThis.Function = new Proxy(own, { construct: forbidden, apply: forbidden });
  try {
    expect(svi.step()).toBe(plain.step());
  } finally {
    globalThis.Function = own;
  }
  expect(warnings.join()).toMatch(/generated code is forbidden/);
});
