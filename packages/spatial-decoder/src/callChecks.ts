/** Checks of sizes and arrays that the calls of every kernel share. */
import { describeValue } from '@pyro-ts/engine/internal';
import { SpatialDecoderError } from './errors.js';
import type { HostKernel } from './hostKernel.js';

/** Checks that throw SpatialDecoderError in the name of a kernel. */
export function callChecks(kernel: HostKernel['name']) {
  const fail = (what: string): never => {
    throw new SpatialDecoderError(`${kernel} kernel: ${what}.`);
  };
  const integer = (what: string, value: number, least: number, most: number): void => {
    if (!Number.isInteger(value) || value < least || value > most)
      fail(`${what} must be an integer from ${least} to ${most}; got ${describeValue(value)}`);
  };
  const array = (kind: 'Float32Array' | 'Int32Array') => (what: string, values: ArrayLike<number>, length: number) => {
    // Not instanceof, which fails for arrays of another realm.
    if ((values as Partial<Float32Array> | undefined)?.[Symbol.toStringTag] !== (kind as string))
      fail(`${what} must be ${kind === 'Int32Array' ? 'an' : 'a'} ${kind}; got ${describeValue(values)}`);
    if (values.length !== length) fail(`${what} must have ${length} numbers; got ${values.length}`);
  };
  return { fail, integer, floats: array('Float32Array'), integers: array('Int32Array') };
}
