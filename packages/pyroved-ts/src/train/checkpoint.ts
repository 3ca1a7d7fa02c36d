/** The state that a trainer saves, independent of the storage. */
import type { SavedTensor } from 'pyro-ts';

/** The full state of a training run. */
export interface Checkpoint {
  /** Arrays by name, e.g. "param/decoder.w1", "optim/decoder.w1/m". */
  readonly tensors: ReadonlyMap<string, SavedTensor>;
  /** Everything else: epoch, step, history, update counts, settings. */
  readonly state: object;
}
