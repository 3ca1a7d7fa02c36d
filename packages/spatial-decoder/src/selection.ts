/** Checks that a value of the option `kernel` was returned by `selectKernel`. */
import { describeValue } from '@pyro-ts/engine/internal';
import type { Kernel } from './kernel.js';

/**
 * What is wrong with `value` as the option `kernel`, and the fix; undefined if it was omitted or returned by `selectKernel`. For packages
 * that pass the option on.
 */
export function wrongSelection(value: unknown): string | undefined {
  if (value === undefined || hasMethods(value, ...operations)) return undefined;
  return `kernel is ${cameAs(value)}. Pass what \`await selectKernel()\` returned, or omit it for plain TensorFlow.js operations.`;
}

function cameAs(value: unknown): string {
  if (hasMethods(value, 'then')) return 'a promise, so an await is missing';
  return hasMethods(value, 'forward', 'backward')
    ? 'a kernel of the host, which takes no tensors'
    : describeValue(value);
}

const operations: readonly (keyof Kernel)[] = [
  'decode',
  'encode',
  'drawTemplates',
  'squaredErrors',
  'normalEquations',
  'dispose',
];

const hasMethods = (value: unknown, ...names: string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function');
