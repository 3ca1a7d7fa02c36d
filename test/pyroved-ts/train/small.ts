/** What the trainers' tests share: a small model's options, and its weights as numbers. */
import type { ParamStore } from 'pyro-ts';

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
