/** What a trainer saves, wherever it is kept. */
import type { SavedTensor } from 'pyro-ts';

/** All that is needed to continue a training. */
export interface Checkpoint {
  /** Arrays by name, e.g. "param/decoder.w1", "optim/decoder.w1/m". */
  readonly tensors: ReadonlyMap<string, SavedTensor>;
  /** What is no array: epoch, step, the state of the random streams, the options of the optimiser. */
  readonly state: object;
}
