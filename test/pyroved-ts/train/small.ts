/** What the trainers' tests share: a small model's options, its weights as numbers, and one training for several tests. */
import type { ParamStore } from 'pyro-ts';
import { afterAll } from 'vitest';

/** Of an ssiVAE for the images of `shapes.ts` in two classes. */
export const small = {
  shape: [8, 8],
  numClasses: 2,
  invariances: ['r', 't'] as const,
  hiddenEncoder: [16],
  hiddenDecoder: [16],
  hiddenClassifier: [16],
};

/** All parameters of a model, one after the other. */
export const weights = ({ params }: { readonly params: ParamStore }): number[] =>
  params.names.flatMap((name) => Array.from(params.get(name).dataSync()));

interface Trainable {
  readonly model: { dispose(): void };
  train(): Promise<unknown>;
}

/** The trainer that `make` creates, at the end of its training, for the tests that only look at it: it is trained once, when it is first needed. */
export function trainedOnce<T extends Trainable>(make: () => T): () => Promise<T> {
  let trained: Promise<T> | undefined;
  const train = async (): Promise<T> => {
    const trainer = make();
    await trainer.train();
    return trainer;
  };
  afterAll(async () => {
    if (trained) (await trained).model.dispose();
  });
  return () => {
    trained ??= train();
    return trained;
  };
}
