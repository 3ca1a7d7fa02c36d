/** The priors of the angle: densities over the circle, and a binned guide whose bound is exact. */
import * as tf from '@tensorflow/tfjs';
import {
  categorical,
  type Distribution,
  Handler,
  type Message,
  mixtureSameFamily,
  module,
  OptionError,
  RandomStream,
  replay,
  seed,
  trace,
  vonMises,
} from 'pyro-ts';
import { SeedHandler } from 'pyro-ts/internal';
import { type AnglePrior, binnedAngle, type EncoderNet, IVAE, imageSet, type Modes, type OwnSite } from 'pyroved-ts';
import { anglePart } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';

const TURN = 2 * Math.PI;
const source = (part: ReturnType<typeof anglePart>): OwnSite => part.source as OwnSite;
const numbers = (t: tf.Tensor): number[] => Array.from(t.dataSync());
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Even angles from -half to half, as midpoints. */
const evenly = (half: number, n = 4000): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => half * ((2 * i + 1) / n - 1));
/** The integral over angles of a density, of numbers or of unit vectors. */
function mass(density: Distribution, half = Math.PI, n = 4000): number {
  const angle = tf.tensor1d(evenly(half, n));
  const value = density.eventShape.length === 0 ? angle : tf.stack([tf.cos(angle), tf.sin(angle)], 1);
  return (total(numbers(tf.exp(density.logProb(value)))) * 2 * half) / n;
}

const circular: AnglePrior[] = ['von-mises', { name: 'von-mises', concentration: 6 }, 'uniform', 'projected-normal'];

describe.each(circular)('%j', (anglePrior) => {
  const { encoded, prior, guide, centre } = source(anglePart({ anglePrior }));

  test('prior and guide are densities over one turn', () => {
    expect(mass(prior())).toBeCloseTo(1, 4);
    for (const vector of [
      [0.3, -0.2],
      [-9, 4],
    ]) {
      expect(vector.length).toBe(encoded);
      expect(mass(guide(tf.tensor1d(vector)))).toBeCloseTo(1, 4);
    }
  });

  test("the guide's centre is where it is highest", () => {
    const vector = tf.tensor1d([-1.2, 0.7]);
    const { toPose } = anglePart({ anglePrior });
    const [cos, sin] = numbers(toPose(centre(vector)));
    expect(Math.atan2(sin, cos)).toBeCloseTo(Math.atan2(0.7, -1.2), 5);
  });
});

test('the von Mises guide is never vaguer than a concentration of 4, which costs 1.03 nats against a uniform prior', () => {
  const { guide, prior } = source(anglePart({ anglePrior: 'uniform' }));
  const angle = tf.tensor1d(evenly(Math.PI));
  const cost = (vector: number[]): number => {
    const logQ = guide(tf.tensor1d(vector)).logProb(angle);
    return (numbers(tf.sum(tf.mul(tf.exp(logQ), tf.sub(logQ, prior().logProb(angle)))))[0] * TURN) / 4000;
  };
  expect(cost([1e-4, 0])).toBeCloseTo(1.03, 2);
  // By its variance 1 / (4 |v|^2) where it is sure: log(2 pi) - log(2 pi e / (4 |v|^2)) / 2.
  expect(cost([0, 10])).toBeCloseTo(Math.log(TURN) - 0.5 * Math.log((TURN * Math.E) / 404), 2);
});

const binned: [string, AnglePrior, number, number][] = [
  ['normal', 'normal', 8, 6],
  ['narrow normal', { name: 'normal', scale: 0.3 }, 5, 2],
  ['von Mises', 'von-mises', 8, Math.PI],
  ['uniform', 'uniform', 6, Math.PI],
];

describe.each(binned)('a binned guide with a %s prior', (_, anglePrior, angleBins, half) => {
  const part = anglePart({ anglePrior, angleGuide: 'binned', angleBins });
  const { modes, encoded, prior, guide, centre } = source(part);

  test('angle and bin have a joint density of mass 1 whose sum over bins is the prior', () => {
    expect(mass(prior(), half)).toBeCloseTo(1, 4);
    const angle = tf.tensor1d(evenly(half));
    const given = modes?.prior(angle).probs as tf.Tensor;
    for (const sum of numbers(tf.sum(given, -1))) expect(sum).toBeCloseTo(1, 5);
    const joint = tf.mul(tf.expandDims(tf.exp(prior().logProb(angle)), -1), given);
    const weights = numbers(tf.mul(tf.sum(joint, 0), (2 * half) / 4000));
    expect(total(weights)).toBeCloseTo(1, 4);
    const middle = Math.floor(angleBins / 2);
    if (anglePrior === 'uniform') for (const w of weights) expect(w).toBeCloseTo(1 / angleBins, 4);
    else expect(weights[middle]).toBe(Math.max(...weights));
    weights.forEach((w, b) => void expect(modes?.logPrior[b]).toBeCloseTo(Math.log(w), 3));
    // Bins mirror each other around the one at 0.
    expect(weights[middle - 1]).toBeCloseTo(weights[middle + 1], angleBins % 2 === 0 ? 2 : 4);
  });

  test('the guide is a density in every bin, around that bin', () => {
    const rng = new RandomStream('encoded');
    const numbersOf = tf.tensor1d(Float32Array.from({ length: encoded }, () => 3 * rng.nextNormal()));
    const bins = Array.from({ length: angleBins }, (_unused, b) => tf.oneHot(b, angleBins).toFloat());
    const width =
      anglePrior === 'uniform' || anglePrior === 'von-mises' || anglePrior === 'normal' ? TURN : 0.6 * Math.PI;
    for (const [b, bin] of bins.entries()) {
      const density = guide(numbersOf, bin);
      // On the line the tails of a wide peak leave the turn.
      expect(mass(density, half === Math.PI ? Math.PI : 30, 40000)).toBeCloseTo(1, 3);
      const away = numbers(density.mean())[0] - (b - Math.floor(angleBins / 2)) * (width / angleBins);
      expect(Math.abs(Math.atan2(Math.sin(away), Math.cos(away)))).toBeLessThan((0.6 * width) / angleBins);
      expect(numbers(centre(numbersOf, bin))[0]).toBeCloseTo(numbers(density.mean())[0], 5);
    }
    expect(() => guide(numbersOf)).toThrow(/binned" requires a bin/);
  });

  test('the first number that the encoder gives for each view is the logit of its bin, beside the prior weight', () => {
    const logits = Array.from({ length: angleBins }, (_unused, b) => Math.sin(3 * b));
    const rows = tf.tensor2d(
      logits.flatMap((logit) => [logit, 0.3, -2]),
      [angleBins, 3],
    );
    const prior = modes?.logPrior as readonly number[];
    numbers(modes?.logits(rows) as tf.Tensor).forEach(
      (logit, b) => void expect(logit).toBeCloseTo(logits[b] + prior[b], 5),
    );
  });
});

/** Each draw is the mean of what it is drawn from, so that the bound is one number. */
class Still extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || !message.fn.hasRsample) return;
    message.draw = () => message.fn.mean().clone();
  }
}

const tiny = { shape: [3, 3], latentDim: 1, invariances: ['r'] as const, hiddenEncoder: [4], hiddenDecoder: [4] };
const picture = Float32Array.from([0.9, 0.1, 0, 1, 0.8, 0, 1, 1, 1]);

/** log p(picture | content, angle) of each row, from what the model draws. */
function logLikelihoods(vae: IVAE, content: ArrayLike<number>, angle: ArrayLike<number>): number[] {
  const { images } = vae.decode(Float32Array.from(content), { angle });
  return Array.from({ length: content.length }, (_, i) =>
    total(
      Array.from(picture, (x, p) => {
        const mean = images[i * 9 + p];
        return x * Math.log(mean) + (1 - x) * Math.log1p(-mean);
      }),
    ),
  );
}
const logNormal = (x: number, mean: number, sd: number): number =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(TURN);

describe.each<AnglePrior>(['normal', 'von-mises', 'uniform'])(
  'the bound of a binned model with a %s prior',
  (anglePrior) => {
    const vae = new IVAE({ ...tiny, anglePrior, angleGuide: 'binned', angleBins: 3, seed: 1 });
    const rows = (n: number) => tf.tile(tf.tensor2d(picture, [1, 9]), [n, 1]);
    test('is the sum over bins, written out by hand', () => {
      const loss = tf
        .tidy(() =>
          vae.params.run(() =>
            new Still().run(() =>
              new SeedHandler(1).run(() => vae.elbo().estimate(vae.model, vae.guide, [rows(1)]).loss),
            ),
          ),
        )
        .dataSync()[0];

      const seen = vae.params.run(() => module('encoder_z', vae.nets.encoder_z as unknown as EncoderNet)([rows(1)]));
      const [means, spreads, forAngle] = [seen.loc, seen.scale, seen.own.angle as tf.Tensor].map(numbers);
      const { guide, modes } = vae.latents.own[0].source;
      const logits = (modes as Modes).logPrior.map((weight, b) => weight + forAngle[3 * b]);
      const logTotal = Math.log(total(logits.map(Math.exp)));
      const encoded = vae.encode(imageSet({ images: picture, shape: [3, 3] }));
      const parts = [0, 1, 2].map((b) => {
        const logQ = logits[b] - logTotal;
        expect(encoded.angleBins?.[b]).toBeCloseTo(Math.exp(logQ), 5);
        const peak = guide(tf.tensor1d(forAngle.slice(3 * b, 3 * b + 3)), tf.oneHot(b, 3).toFloat());
        const angle = numbers(peak.mean())[0];
        const logPeak = numbers(peak.logProb(tf.scalar(angle)))[0];
        const prior = {
          normal: logNormal(angle, 0, 1),
          'von-mises': numbers(vonMises(0, 1).logProb(tf.scalar(angle)))[0],
          uniform: -Math.log(TURN),
        }[anglePrior as 'normal'];
        // Bumps of half a bin's width around -120, 0 and 120 degrees.
        const bump = TURN / 6;
        const heights = [-1, 0, 1].map((k) => {
          const away = angle - (k * TURN) / 3;
          return (anglePrior === 'normal' ? -(away ** 2) / 2 : Math.cos(away)) / bump ** 2;
        });
        const logBin = heights[b] - Math.log(total(heights.map(Math.exp)));
        const [z, sd] = [means[b], spreads[b]];
        const [logX] = logLikelihoods(vae, [z], [angle]);
        const logContent = logNormal(z, 0, 1) - logNormal(z, z, sd);
        return Math.exp(logQ) * (logX + prior + logBin + logContent - logPeak - logQ);
      });
      expect(loss).toBeCloseTo(-total(parts), 3);
    });

    test('is one on the true log-probability: weighted draws of bin and angle average to p(image), integrated on a grid', () => {
      const n = 20000;
      const logWeights = tf.tidy(() =>
        vae.params.run(() => {
          const x = rows(n);
          const drawn = trace(seed(() => vae.guide(x), 5)).getTrace();
          const scored = trace(replay(() => vae.model(x), drawn)).getTrace();
          const all = [...scored.sampleSites.map((s) => s.logProb), ...drawn.sampleSites.map((s) => tf.neg(s.logProb))];
          return numbers(all.reduce((a, b) => tf.add(a, b))) as never;
        }),
      ) as number[];
      const weights = logWeights.map(Math.exp);
      const estimate = total(weights) / n;
      const error = Math.sqrt(total(weights.map((w) => (w - estimate) ** 2))) / n;

      const half = anglePrior === 'normal' ? 5 : Math.PI;
      const [angles, contents] = [Array.from(evenly(half, 80)), Array.from(evenly(5, 60))];
      const pairs = angles.flatMap((angle) => contents.map((content) => ({ angle, content })));
      const logX = logLikelihoods(
        vae,
        pairs.map((p) => p.content),
        pairs.map((p) => p.angle),
      );
      const prior = numbers(vae.latents.own[0].source.prior().logProb(tf.tensor1d(pairs.map((p) => p.angle))));
      const cell = ((2 * half) / 80) * (10 / 60);
      const exact = cell * total(pairs.map((p, i) => Math.exp(logX[i] + prior[i] + logNormal(p.content, 0, 1))));
      expect(Math.abs(estimate - exact)).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.03 * exact);
      // Jensen: the mean log weight is the bound.
      expect(total(logWeights) / n).toBeLessThan(Math.log(exact));
    });
  },
);

test.each<[object, RegExp]>([
  [{ angleGuide: 'bined' }, /no angle guide "bined"\. Did you mean "binned"\?/],
  [{ angleBins: 4 }, /angleBins requires angleGuide "binned"/],
  [{ angleGuide: 'binned', angleBins: 1 }, /angleBins must be an integer of at least 2; got 1/],
  [
    { angleGuide: 'binned', anglePrior: 'projected-normal' },
    /are unit vectors\. Use "uniform", which is the same prior/,
  ],
  [{ anglePrior: { name: 'von-mises', concentration: 0 } }, /concentration must be a positive number; got 0/],
  [{ anglePrior: { name: 'von-mises', scale: 2 } }, /von Mises angle prior has no option "scale"/],
  [{ anglePrior: { name: 'uniform', scale: 2 } }, /uniform angle prior has no option "scale"/],
  [{ anglePrior: 'vonmises' }, /no angle prior "vonmises"\. Did you mean "von-mises"\?/],
  [{ exactBins: 2 }, /exactBins requires angleGuide "binned"/],
  [{ angleGuide: 'binned', exactBins: 9 }, /exactBins must be an integer from 1 to 8; got 9/],
])('%j is rejected', (options, message) => {
  const build = () => new IVAE({ ...tiny, ...options });
  expect(build).toThrow(OptionError);
  expect(build).toThrow(message);
});

test('a custom density gets bins in a line, as in the guide', () => {
  const either = () => mixtureSameFamily(categorical({ probs: [0.5, 0.5] }), vonMises([0, Math.PI], 8));
  const part = binnedAngle({ name: 'either-way-up', circular: true, prior: either }, 8);
  const { modes, prior } = source(part);
  expect(mass(prior())).toBeCloseTo(1, 4);
  const angle = tf.tensor1d(evenly(Math.PI));
  const joint = tf.mul(tf.expandDims(tf.exp(prior().logProb(angle)), -1), modes?.prior(angle).probs as tf.Tensor);
  const weights = numbers(tf.mul(tf.sum(joint, 0), TURN / 4000));
  // The bins around 0 and around half a turn weigh the same, and most.
  expect(weights[0]).toBeCloseTo(weights[4], 3);
  expect(weights[0]).toBeGreaterThan(0.2);

  const vae = new IVAE({ ...tiny, anglePrior: part });
  expect(vae.latents.modes?.angles.length).toBe(8);
  expect(() => new IVAE({ ...tiny, anglePrior: part, angleGuide: 'binned' })).toThrow(/has one\. Omit angleGuide/);
});
