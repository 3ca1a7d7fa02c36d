/** Errors of the native library as errors of this package. */
import { SpatialDecoderError } from '../errors.js';

/** Runs `call`; the library throws plain errors, which get the package's class here. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new SpatialDecoderError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
