/** Whether what came as the option `kernel` is what `selectKernel` returned. */
import { describeValue } from '@pyro-ts/engine';

/**
 * What is wrong with `value` as the option `kernel`, and the fix; undefined where it was omitted or is what `selectKernel` returned. For packages
 * that pass the option on.
 */
export function wrongSelection(value: unknown): string | undefined {
  if (value === undefined || isSelection(value)) return undefined;
  return `kernel is ${cameAs(value)}. Pass what \`await selectKernel()\` returned, or leave it out for plain TensorFlow.js operations.`;
}

function cameAs(value: unknown): string {
  if (hasMethods(value, 'then')) return 'a promise, so an await is missing';
  return isKernel(value) ? 'the kernel within a selection' : describeValue(value);
}

/** The reference alone has no kernel. */
function isSelection(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kernel, name } = value as { readonly kernel?: unknown; readonly name?: unknown };
  return kernel === undefined ? name === 'reference' : isKernel(kernel);
}

const isKernel = (value: unknown): boolean => hasMethods(value, 'forward', 'backward');

const hasMethods = (value: unknown, ...names: string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
