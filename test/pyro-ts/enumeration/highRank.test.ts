/** Programs whose tensors have more than six dimensions: Pyro's own and others, against sums in plain numbers. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  categorical,
  markov,
  mask,
  normal,
  param,
  plate,
  plateStack,
  SVI,
  sample,
  sequentialPlate,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import { at, enumerated, expectSame, logSumExp, normalLogProb, parallel } from './helpers.js';

const numbers = (n: number, seed: number) => Array.from({ length: n }, (_, i) => Math.fround(Math.sin(seed + 2.3 * i)));
const probabilities = (weights: number[]) => {
  const total = weights.reduce((s, w) => s + Math.exp(w), 0);
  return weights.map((w) => Math.exp(w) / total);
};

test("two chains side by side that both tones of a sequence depend on, as model_3 of Pyro's tutorial on hidden Markov models", () => {
  const [hidden, tones, sequences, steps] = [2, 3, 2, 4];
  const rows = (seed: number) => [0, 1].map((i) => probabilities(numbers(hidden, seed + i)));
  const [w, x] = [rows(1), rows(5)];
  const y = Array.from({ length: hidden * hidden * tones }, (_, i) => 0.5 + 0.4 * Math.sin(i + 1));
  const data = Array.from({ length: sequences * steps * tones }, (_, i) => Number(Math.sin(5 * i) > 0));
  const lengths = [4, 3];
  const model = () => {
    const [probsW, probsX] = [tf.tensor2d(w), tf.tensor2d(x)];
    const probsY = tf.tensor(y, [hidden, hidden, tones]);
    plate('sequences', sequences, { dim: -2 }, () => {
      let [stateW, stateX]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)];
      markov(steps, (t) =>
        mask.with(
          tf.tensor2d(
            lengths.map((n) => [Number(t < n)]),
            undefined,
            'bool',
          ),
          () => {
            stateW = sample(`w${t}`, categorical(take(probsW, stateW)), parallel);
            stateX = sample(`x${t}`, categorical(take(probsX, stateX)), parallel);
            plate('tones', tones, { dim: -1 }, (index) => {
              const obs = tf.tensor(data, [sequences, steps, tones]).slice([0, t, 0], [sequences, 1, tones]);
              sample(`y${t}`, bernoulli(at(probsY, stateW, stateX, index)), { obs: obs.squeeze([1]) });
            });
          },
        ),
      );
    });
  };
  let exact = 0;
  for (const [n, length] of lengths.entries()) {
    let forward = [1, 0, 0, 0];
    for (let t = 0; t < length; t++) {
      forward = forward.map((_, to) => {
        const [i, j] = [to >> 1, to & 1];
        const before = forward.reduce((s, p, from) => s + p * w[from >> 1][i] * x[from & 1][j], 0);
        return Array.from({ length: tones }, (_, k) => {
          const p = y[(2 * i + j) * tones + k];
          return data[(n * steps + t) * tones + k] === 1 ? p : 1 - p;
        }).reduce((a, b) => a * b, before);
      });
    }
    exact += Math.log(forward.reduce((a, b) => a + b));
  }
  expect(enumerated({}, 2, model).loss).toBeCloseTo(-exact, 4);
});

test('a chain of 11 steps without markov is one of 11 steps with it', () => {
  const chain = (steps: (body: (t: number) => void) => void) => (): void => {
    const table = tf.tensor2d([
      [0.7, 0.3],
      [0.2, 0.8],
    ]);
    let state: tf.Tensor = tf.scalar(0);
    steps((t) => {
      state = sample(`x${t}`, categorical(take(table, state)), parallel);
      sample(`y${t}`, normal(state, 1), { obs: Math.sin(t) });
    });
  };
  const flat = enumerated(
    {},
    0,
    chain((body) => Array.from({ length: 11 }, (_, t) => body(t))),
  );
  const recycled = enumerated(
    {},
    0,
    chain((body) => void markov(11, body)),
  );
  expect(flat.loss).toBeCloseTo(recycled.loss, 4);
});

test('a sequential plate of enumerated sites is a vectorised one', () => {
  const data = numbers(9, 3);
  const parameters = { means: [-1, 0.5, 2], logits: [0.1, 0.2, -0.4] };
  const body = (name: string, obs: tf.TensorLike): void => {
    const [means, logits] = [param('means'), param('logits')];
    const z = sample(`z${name}`, categorical({ logits }), parallel);
    sample(`x${name}`, normal(take(means, z), 1), { obs });
  };
  const inTurn = () => void sequentialPlate('data', 9, (i) => body(`${i}`, data[i]));
  const atOnce = () => plate('data', 9, () => body('', data));
  expectSame(enumerated(parameters, 0, inTurn), enumerated(parameters, 1, atOnce));
});

test('groups in groups with three variables, under vectorised particles', () => {
  const [counties, houses] = [2, 3];
  const floors = numbers(counties * houses, 6);
  const model = () => {
    const trend = sample('trend', bernoulli(0.3), parallel);
    plate('counties', counties, { dim: -1 }, () => {
      const kind = sample('kind', categorical([0.2, 0.3, 0.5]), parallel);
      plate('houses', houses, { dim: -2 }, () => {
        const floor = sample('floor', bernoulli(0.4), { infer: { enumerate: 'parallel', expand: true } });
        const mean = kind.add(trend.mul(0.5)).sub(floor);
        sample('radon', normal(mean, 1), { obs: tf.tensor2d(floors, [houses, counties]) });
      });
    });
  };
  const bernoulliLog = (p: number, x: number) => Math.log(x === 1 ? p : 1 - p);
  const logs = [0, 1].map((trend) => {
    let sum = bernoulliLog(0.3, trend);
    for (let c = 0; c < counties; c++) {
      sum += logSumExp(
        [0.2, 0.3, 0.5].map((p, kind) =>
          Array.from({ length: houses }, (_, h) =>
            logSumExp(
              [0, 1].map(
                (floor) =>
                  bernoulliLog(0.4, floor) + normalLogProb(floors[h * counties + c], kind + 0.5 * trend - floor, 1),
              ),
            ),
          ).reduce((a, b) => a + b, Math.log(p)),
        ),
      );
    }
    return sum;
  });
  const { loss } = enumerated({}, 2, model, () => {}, { numParticles: 3, vectorizeParticles: true });
  expect(loss).toBeCloseTo(-logSumExp(logs), 4);
});

test('three variables that depend on each other, with expanded values, inside of three plate dimensions', () => {
  const [first, second, third] = [3, 4, 5].map((seed) => Array.from({ length: 4 }, (_, i) => numbers(2, seed + i)));
  const rowsOf = (logits: number[][], n: number) => logits.slice(0, n).map(probabilities);
  const [pa, pb, pc] = [rowsOf(first, 1)[0], rowsOf(second, 2), rowsOf(third, 4)];
  const data = numbers(8, 9);
  const expanded = { infer: { enumerate: 'parallel' as const, expand: true } };
  const model = () =>
    plate('i', 2, { dim: -3 }, () =>
      plate('j', 2, { dim: -2 }, () =>
        plate('k', 2, { dim: -1 }, () => {
          const a = sample('a', categorical(pa), expanded);
          const b = sample('b', categorical(at(tf.tensor2d(pb), a)), expanded);
          const c = sample('c', categorical(at(tf.tensor(pc.flat(), [2, 2, 2]), a, b)), expanded);
          sample('y', normal(a.add(b).sub(c.mul(2)), 1), { obs: tf.tensor(data, [2, 2, 2]) });
        }),
      ),
    );
  const bits = Array.from({ length: 8 }, (_, i) => [i >> 2, (i >> 1) & 1, i & 1]);
  const exact = data.reduce((sum, y) => {
    const logs = bits.map(
      ([a, b, c]) => Math.log(pa[a] * pb[a][b] * pc[2 * a + b][c]) + normalLogProb(y, a + b - 2 * c, 1),
    );
    return sum + logSumExp(logs);
  }, 0);
  expect(enumerated({}, 3, model).loss).toBeCloseTo(-exact, 4);
});

test('a categorical in six plates', () => {
  const sizes = [2, 1, 2, 3, 1, 2];
  const logits = numbers(24 * 3, 2);
  const values = Array.from({ length: 24 }, (_, i) => i % 3);
  const model = () =>
    plateStack(
      'p',
      sizes,
      () =>
        void sample('z', categorical({ logits: tf.tensor(logits, [...sizes, 3]) }), { obs: tf.tensor(values, sizes) }),
    );
  const exact = values.reduce((sum, z, i) => sum + Math.log(probabilities(logits.slice(3 * i, 3 * i + 3))[z]), 0);
  expect(tf.tidy(() => trace(model).getTrace().logProbSum().dataSync()[0])).toBeCloseTo(exact, 4);
});

test('a variable of the model upstream of one of the guide in the same step', () => {
  const [b0, means] = [
    [0.2, 0.9],
    [-1, 0.5, 1, 2],
  ];
  const model = () =>
    void markov(1, () => {
      const a = sample('a', categorical([0.3, 0.7]), parallel);
      const b = sample('b', bernoulli(take(tf.tensor1d(b0), a)));
      sample('y', normal(take(tf.tensor1d(means), a.mul(2).add(b)), 1), { obs: 0.7 });
    });
  const guide = () => void markov(1, () => sample('b', bernoulli(0.6), parallel));
  const bound = [0, 1].reduce((sum, b) => {
    const q = b === 1 ? 0.6 : 0.4;
    const logs = [0, 1].map(
      (a) =>
        Math.log(a === 1 ? 0.7 : 0.3) + Math.log(b === 1 ? b0[a] : 1 - b0[a]) + normalLogProb(0.7, means[2 * a + b], 1),
    );
    return sum + q * (logSumExp(logs) - Math.log(q));
  }, 0);
  expect(enumerated({}, 0, model, guide).loss).toBeCloseTo(-bound, 5);
  expect(-bound).toBeCloseTo(1.7488, 4);
});

test('an observation of a step that its markov context hides is rejected, at each step', () => {
  const model = (history: number) => () => {
    const states: tf.Tensor[] = [];
    markov(5, { history }, (t) => {
      states.push(sample(`x${t}`, bernoulli(0.3), parallel));
      const mean = states[t].add(states[t - 2] ?? 0);
      sample(`y${t}`, normal(mean, 1), { obs: 0.3 });
    });
  };
  const step = (history: number) => {
    const svi = new SVI(model(history), () => {}, new Adam(), new TraceEnumELBO({ maxPlateNesting: 0 }));
    return () => svi.step();
  };
  const short = step(1);
  for (let i = 0; i < 2; i++) expect(short).toThrow(/site "y2".*can see.*markov context.*increase the history/s);
  expect(step(2)()).toBeGreaterThan(0);
});

test('steps that see further back in the model than in the guide', () => {
  const means = tf.tensor1d([0, 1, -1, 2, 0.5, 1.5, -2, 3]);
  const program = (history: number, isModel: boolean) => () => {
    const states: tf.Tensor[] = [];
    markov(4, { history }, (t) => {
      states.push(sample(`x${t}`, bernoulli(0.3 + 0.1 * t), isModel ? {} : parallel));
      if (!isModel) return;
      const [a, b, c] = [states[t], states[t - 1] ?? tf.scalar(0), states[t - 2] ?? tf.scalar(0)];
      sample(`y${t}`, normal(take(means, a.add(b.mul(2)).add(c.mul(4))), 1), { obs: 0.4 });
    });
  };
  const short = enumerated({}, 0, program(2, true), program(1, false));
  const long = enumerated({}, 0, program(2, true), program(2, false));
  expect(short.loss).toBeCloseTo(long.loss, 5);
});
