/** What trainers can be told beyond epochs and rates: clipped gradients, averaged weights, early stopping, callbacks, a KL weight that starts at 0. */
import * as tf from '@tensorflow/tfjs';
import { seed } from 'pyro-ts';
import {
  accuracyOf,
  type Checkpoint,
  type EpochRecord,
  IVAE,
  SemiSupervisedTrainer,
  type SemiSupervisedTrainerOptions,
  SSIVAE,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { describe, expect, it, test } from 'vitest';
import { bar, ell, turned } from '../shapes.js';
import { small, weights } from './small.js';

const unlabelled = turned([ell, bar], 40, 8, 1, 'unlabelled');
const labelled = turned([ell, bar], 20, 8, 0.1, 'labelled');
const data = { unlabelled, labelled, test: turned([ell, bar], 30, 8, 1, 'test') };
const base = { batchSize: 10, lr: 4e-3, auxLossMultiplier: 5 };
const trainerOf = (options: SemiSupervisedTrainerOptions) =>
  new SemiSupervisedTrainer(new SSIVAE(small), data, { ...base, ...options });
const timeless = (history: readonly EpochRecord[]) => history.map(({ seconds: _, ...record }) => record);

/** Trains until step `at` is taken, and goes on from there in a new trainer. */
async function interrupted(options: SemiSupervisedTrainerOptions, at: number): Promise<SemiSupervisedTrainer> {
  const stop = new AbortController();
  const first = trainerOf(options);
  let kept: Checkpoint | undefined;
  const { stopped } = await first.train({
    signal: stop.signal,
    onStep: ({ step }) => step === at && stop.abort(),
    checkpoint: (state) => {
      kept = state;
      return undefined;
    },
  });
  expect(stopped).toBe(true);
  const second = trainerOf(options);
  second.loadState(kept as Checkpoint);
  await second.train();
  return second;
}

test('clipNorm bounds the gradient of each parameter, and leaves shorter ones alone', async () => {
  /** Lengths of the gradients of the first step: Adam's running mean is a tenth of them then. */
  const lengths = async (options: SemiSupervisedTrainerOptions) => {
    const trainer = trainerOf(options);
    const stop = new AbortController();
    await trainer.train({ signal: stop.signal, onStep: () => stop.abort() });
    const found = new Map<string, number>();
    for (const [name, { data: values }] of trainer.state().tensors)
      if (name.endsWith('/mean')) found.set(name, 10 * Math.hypot(...Array.from(values, Number)));
    return found;
  };
  const [free, clipped] = [await lengths({}), await lengths({ clipNorm: 20 })];
  expect([...free.values()].some((length) => length > 25)).toBe(true);
  expect([...free.values()].some((length) => length < 15)).toBe(true);
  for (const [name, length] of free) {
    const expected = Math.min(length, 20);
    expect(Math.abs((clipped.get(name) as number) - expected)).toBeLessThan(1e-4 * expected);
  }
  expect(() => trainerOf({ clipNorm: 0 })).toThrow('SemiSupervisedTrainer: clipNorm must be greater than 0; got 0.');
});

describe('averaged weights', () => {
  it.each<
    [string, SemiSupervisedTrainerOptions['averageWeights'], (average: number, now: number, n: number) => number]
  >([
    ['their mean from the second epoch on', { from: 2 }, (average, now, n) => average + (now - average) / n],
    ['exponentially', { from: 2, decay: 0.7 }, (average, now, n) => (n === 1 ? now : 0.7 * average + 0.3 * now)],
  ])('%s', async (_, averageWeights, next) => {
    const trainer = trainerOf({ epochs: 4, averageWeights });
    let expected: number[] = [];
    let n = 0;
    await trainer.train({
      onStep: ({ epoch, epochs, batch, batches }, model) => {
        if (epoch < 2) return;
        n++;
        const now = weights(model);
        expected = now.map((w, i) => next(expected[i] ?? 0, w, n));
        // The last step's weights are still training's own.
        if (epoch === epochs && batch === batches) expect(now).not.toEqual(expected);
      },
    });
    const found = weights(trainer.model);
    expect(n).toBe(18);
    expect(Math.max(...found.map((w, i) => Math.abs(w - expected[i])))).toBeLessThan(1e-5);
  });

  it('are what is evaluated and kept, and do not change the course of the training', async () => {
    const plain = trainerOf({ epochs: 3 });
    await plain.train();
    const vae = new SSIVAE(small);
    const options = { ...base, epochs: 3, averageWeights: { from: 1, decay: 0.9 } };
    const averaged = new SemiSupervisedTrainer(vae, data, options);
    const kept: Checkpoint[] = [];
    const seen: number[][] = [];
    await averaged.train({
      onEpoch: (_, model) => void seen.push(weights(model)),
      checkpoint: (state) => {
        // The model that a checkpoint is drawn from holds what the checkpoint holds.
        const saved = averaged.model.params.names.flatMap((name) =>
          Array.from(state.tensors.get(`param/${name}`)?.data ?? [], Number),
        );
        expect(weights(averaged.model)).toEqual(saved);
        kept.push(state);
        return undefined;
      },
    });
    expect(averaged.history.map(({ loss }) => loss)).toEqual(plain.history.map(({ loss }) => loss));
    expect(seen[2]).toEqual(weights(averaged.model));
    expect(seen[2]).not.toEqual(weights(plain.model));
    expect(kept).toHaveLength(3);
    expect(averaged.history[2].evaluation?.accuracy).toBe(accuracyOf(vae, data.test).accuracy);
  });

  it('a run that averages resumes with the same numbers, before, in and after the average', async () => {
    const options = { epochs: 3, averageWeights: { from: 2 } };
    const whole = trainerOf(options);
    await whole.train();
    for (const at of [3, 9]) {
      const resumed = await interrupted(options, at);
      expect(weights(resumed.model)).toEqual(weights(whole.model));
      expect(timeless(resumed.history)).toEqual(timeless(whole.history));
    }
    const again = trainerOf(options);
    again.loadState(whole.state());
    expect(weights(again.model)).toEqual(weights(whole.model));
    expect(again.state().tensors).toEqual(whole.state().tensors);
    expect(() => trainerOf({ epochs: 3 }).loadState(whole.state())).toThrow(
      'Cannot continue the saved run: its averageWeights is mean from epoch 2; got (none).',
    );
  });

  it('what makes no sense is rejected', () => {
    expect(() => trainerOf({ epochs: 3, averageWeights: { from: 4 } })).toThrow(
      'averageWeights: from must be an epoch from 1 to 3; got 4.',
    );
    expect(() => trainerOf({ averageWeights: { decay: 1 } })).toThrow(
      'decay must be "mean" or a number between 0 and 1',
    );
  });
});

describe('early stopping', () => {
  /** The epoch (from 1) after which `patience` epochs have brought nothing above the best. */
  const stallsAt = (figures: readonly number[], patience: number): number => {
    for (let n = 1; n <= figures.length; n++) {
      const best = Math.max(...figures.slice(0, n));
      if (
        n > patience &&
        figures.slice(n - patience, n).every((f) => f <= best && figures.indexOf(best) < n - patience)
      )
        return n;
    }
    return Number.POSITIVE_INFINITY;
  };

  it('on the loss, once it no longer falls; a finished run stays finished', async () => {
    const options = { epochs: 40, lr: 'epoch < 3 ? 4e-3 : 0', earlyStopping: { patience: 2 } };
    const trainer = trainerOf(options);
    const { history, stopped } = await trainer.train();
    expect([stopped, trainer.stoppedEarly, trainer.isFinished]).toEqual([false, true, true]);
    const losses = history.map(({ loss }) => -loss);
    expect(history.length).toBeLessThan(40);
    expect(stallsAt(losses, 2)).toBe(history.length);
    const again = trainerOf(options);
    again.loadState(trainer.state());
    await again.train();
    expect(timeless(again.history)).toEqual(timeless(history));
    expect(timeless((await interrupted(options, 9)).history)).toEqual(timeless(history));
  });

  it('on a validation set of labelled images, never on those that measure the result', async () => {
    const trainer = trainerOf({
      epochs: 30,
      lr: 'epoch < 2 ? 4e-3 : 0',
      earlyStopping: { patience: 3, on: 'accuracy', validationFraction: 0.3 },
    });
    // 3 of 10 labelled images of each class.
    expect(trainer.data.labelled.count).toBe(14);
    const { history } = await trainer.train();
    const watched = history.map(({ evaluation }) => evaluation?.validationAccuracy as number);
    expect(stallsAt(watched, 3)).toBe(history.length);
    // Shares of 6 images.
    expect(watched.every((share) => Math.abs(6 * share - Math.round(6 * share)) < 1e-9)).toBe(true);
    expect(history.length).toBeLessThanOrEqual(5);
  });

  it('losses under a KL weight that changes are not held against each other', async () => {
    const trainer = trainerOf({ epochs: 6, lr: 0, klWeight: 'min(epoch, 3)', earlyStopping: { patience: 1 } });
    const { history } = await trainer.train();
    // The loss rises with the weight in epochs 2 to 4; only those from the fourth on count.
    expect(history[1].loss).toBeGreaterThan(history[0].loss);
    expect(history.length).toBeGreaterThanOrEqual(5);
  });

  it('needs labels for accuracy, and a patience', () => {
    const options = { earlyStopping: { patience: 2, on: 'accuracy' as const } };
    const { numClasses: _, hiddenClassifier: __, ...unsupervised } = small;
    expect(() => new UnsupervisedTrainer(new IVAE(unsupervised), { images: unlabelled }, options)).toThrow(
      'UnsupervisedTrainer: earlyStopping: on "accuracy" requires labelled images.',
    );
    expect(() => trainerOf({ earlyStopping: { patience: 0 } })).toThrow(
      'earlyStopping: patience must be an integer of at least 1; got 0.',
    );
  });
});

test('callbacks see the model and can stop the training', async () => {
  const trainer = trainerOf({ epochs: 5 });
  const stop = new AbortController();
  const seen: number[] = [];
  const { stopped, history } = await trainer.train({
    signal: stop.signal,
    onStep: (_, model) => void seen.push(weights(model)[0]),
    onEpoch: async ({ epoch }, model) => {
      await Promise.resolve();
      expect(model).toBe(trainer.model);
      if (epoch === 2) stop.abort();
    },
  });
  expect([stopped, history.length, new Set(seen).size]).toEqual([true, 2, 12]);
});

test('the loss is linear in the KL weight, from 0 on, and a schedule may start there', async () => {
  const { numClasses: _, hiddenClassifier: __, ...options } = small;
  const vae = new IVAE(options);
  const x = tf.tensor2d(unlabelled.images.slice(0, 10 * 64), [10, 64]);
  const loss = (klWeight: number): number =>
    tf.tidy(() =>
      vae.params.run(() =>
        seed.with(5, () => vae.elbo().estimate(vae.model, vae.guide, [x, undefined, { klWeight }]).loss.dataSync()[0]),
      ),
    ) as number;
  const [at0, at1] = [loss(0), loss(1)];
  expect(Math.abs(loss(2) - (at0 + 2 * (at1 - at0)))).toBeLessThan(1e-3);
  expect(Math.abs(at1 - at0)).toBeGreaterThan(1);
  const trainer = new UnsupervisedTrainer(vae, { images: unlabelled }, { epochs: 3, klWeight: 'epoch / 2' });
  const { history } = await trainer.train();
  expect(history.map(({ klWeight }) => klWeight)).toEqual([0, 0.5, 1]);
  expect(history.every((record) => Number.isFinite(record.loss))).toBe(true);
});
