/** Trainers with compiled steps follow those without: the same draws, the same weights up to rounding. */
import { OptionError } from 'pyro-ts';
import {
  type ImageSet,
  KnownPoseTrainer,
  RecognitionSSIVAE,
  rVAE,
  SemiSupervisedTrainer,
  SSIVAE,
  type TrainerOptions,
  UnsupervisedTrainer,
} from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { bar, ell, turned } from '../shapes.js';
import { small, weights } from './small.js';

const unlabelled: ImageSet = turned([ell, bar], 28, 8, 1, 'unlabelled');
const labelled: ImageSet = turned([ell, bar], 10, 8, 0.1, 'labelled');
const options = { epochs: 4, batchSize: 10, lr: 2e-3, klWeight: 'epoch / 2' } as const;

interface Trained {
  readonly model: Parameters<typeof weights>[0];
  readonly history: readonly { readonly loss: number }[];
  train(): Promise<unknown>;
}

/** Images are 64 pixels, so that a loss has some 40 nats. */
async function expectFollows(make: (compile: TrainerOptions['compile']) => Trained): Promise<void> {
  const [plain, compiled] = [make(false), make(true)];
  await plain.train();
  await compiled.train();
  compiled.history.forEach(({ loss }, i) => {
    expect(loss).toBeCloseTo(plain.history[i].loss, 2);
  });
  const [wanted, found] = [weights(plain.model), weights(compiled.model)];
  const apart = wanted.map((x, i) => Math.abs(x - found[i]));
  // Adam's first steps are the signs of the gradients, whose rounding moves a few weights by a whole step.
  expect(apart.filter((x) => x > 1e-3).length / apart.length).toBeLessThan(0.01);
}

describe('a compiled training follows the one that is not compiled', () => {
  it('without labels, a part of a batch at the end of each epoch', async () => {
    await expectFollows((compile) => {
      const { numClasses: _, hiddenClassifier: __, ...model } = small;
      return new UnsupervisedTrainer(rVAE(model), { images: unlabelled }, { ...options, compile });
    });
  });

  it.each(['joint', 'pyroved'] as const)('with labels, auxStep %s', async (auxStep) => {
    await expectFollows(
      (compile) =>
        new SemiSupervisedTrainer(new SSIVAE(small), { unlabelled, labelled }, { ...options, auxStep, compile }),
    );
  });

  it('with recognition, dropout and consistency', async () => {
    const { hiddenClassifier: _, ...model } = small;
    await expectFollows((compile) => {
      const made = new RecognitionSSIVAE({ ...model, recognition: { views: 4 } });
      const steps = { recognitionSteps: 6, recognitionBatch: 6, posedBatch: 4, epochs: 2 };
      return new KnownPoseTrainer(made, { unlabelled, labelled }, { ...options, ...steps, compile });
    });
  });
});

it('the weights of a run resume in one that is not compiled', async () => {
  const make = (compile: boolean) =>
    new SemiSupervisedTrainer(new SSIVAE(small), { unlabelled, labelled }, { ...options, compile });
  const [whole, second] = [make(true), make(false)];
  await whole.train();
  second.loadState(whole.state());
  expect(weights(second.model)).toEqual(weights(whole.model));
  expect(second.isFinished).toBe(true);
});

describe('automatically', () => {
  const { numClasses: _, hiddenClassifier: __, ...model } = small;
  /** 28 images: 7 whole batches of 4 in each epoch, or 9 of 3 and one image. */
  const make = (more: TrainerOptions) =>
    new UnsupervisedTrainer(rVAE({ ...model, hiddenEncoder: [4], hiddenDecoder: [4] }), { images: unlabelled }, more);

  it('a short training is not compiled', async () => {
    const [short, plain] = [{}, { compile: false }].map((more) => make({ epochs: 3, batchSize: 4, ...more }));
    await short.train();
    await plain.train();
    expect(weights(short.model)).toEqual(weights(plain.model));
  });

  it('a long one is, and continues with the same weights after an interruption', async () => {
    const long = { epochs: 21, batchSize: 3, lr: 2e-3 };
    const [whole, first, second, plain] = [{}, {}, {}, { compile: false }].map((more) => make({ ...long, ...more }));
    await whole.train();
    await plain.train();
    for await (const { epoch } of first.epochs()) if (epoch === 2) break;
    second.loadState(first.state());
    await second.train();
    expect(weights(second.model)).toEqual(weights(whole.model));
    expect(weights(whole.model)).not.toEqual(weights(plain.model));
    expect(whole.history.at(-1)?.loss).toBeCloseTo(plain.history.at(-1)?.loss as number, 1);
  });
});

it('rejects what is neither on, off nor automatic', () => {
  const wrong = { ...options, compile: 'always' as never };
  expect(() => new SemiSupervisedTrainer(new SSIVAE(small), { unlabelled, labelled }, wrong)).toThrow(OptionError);
});
