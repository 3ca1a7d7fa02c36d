/** The one error of this package: an operand or an option that the operation cannot take, or a kernel that cannot continue. */
import { PyroError } from '@pyro-ts/engine';
import { describeValue, nearestName } from '@pyro-ts/engine/internal';

/** An operand or an option that an operation cannot take, or a kernel that cannot continue; the message suggests a fix. */
export class SpatialDecoderError extends PyroError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, undefined, options);
  }
}

/** Returns `value` if it is one of `valid`; otherwise throws an error that suggests the nearest one. */
export function oneOf<T extends string>(what: string, value: unknown, valid: readonly T[]): T {
  const found = valid.find((name) => name === value);
  if (found !== undefined) return found;
  const near = typeof value === 'string' ? nearestName(value, valid) : undefined;
  throw new SpatialDecoderError(
    `${what} ${describeValue(value)} does not exist.${near === undefined ? '' : ` Did you mean "${near}"?`} Known: ${valid.join(', ')}.`,
  );
}

/** Rejects keys that `known` lacks. `owner` is what the options (or whatever `kind` names) belong to. */
export function rejectUnknownKeys(owner: string, given: object, known: readonly string[], kind = 'option'): void {
  if (typeof given !== 'object' || given === null)
    throw new SpatialDecoderError(`${owner} takes an object of ${kind}s, not ${describeValue(given)}.`);
  for (const key of Object.keys(given)) oneOf(`${owner}: ${kind}`, key, known);
}

/** The error of a kernel that is used after it was disposed of. */
export const disposedOf = (): SpatialDecoderError =>
  new SpatialDecoderError('This kernel was disposed of. Select a new one with selectKernel().');
