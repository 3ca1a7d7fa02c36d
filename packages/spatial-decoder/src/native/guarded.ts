/** Converts errors of the native library to errors of this package. */
import { SpatialDecoderError } from '../errors.js';

/** Runs `call` and rethrows the library's plain errors as `SpatialDecoderError`. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new SpatialDecoderError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
