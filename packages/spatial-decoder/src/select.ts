/** Chooses the kernel: `native` if it was built, else `wasm`, else `reference`; an option or PYRO_KERNEL overrides this. */
import { provideLoops } from '@pyro-ts/engine/internal';
import { encoderSelfCheck } from './encoder/selfCheck.js';
import { oneOf, rejectUnknownKeys, SpatialDecoderError } from './errors.js';
import { type HostKernel, type KernelOptions, type Loaded, type Precision, precisions } from './hostKernel.js';
import { type Kernel, type KernelName, kernelNames } from './kernel.js';
import { loopsSelfCheck } from './loopsSelfCheck.js';
import { onHost } from './onHost.js';
import { budgetFrom, threadsFrom } from './options.js';
import { referenceKernel } from './referenceKernel.js';
import { selfCheck } from './selfCheck.js';
import { templateSelfCheck } from './template/selfCheck.js';
import { loadWasm } from './wasm/wasmKernel.js';

export interface KernelSelection {
  /** One of `kernelNames`. Takes precedence over PYRO_KERNEL. @default the fastest that loads and passes its self-check */
  readonly kernel?: string;
  /** Number of threads, including the calling one. Takes precedence over PYRO_THREADS. @default the number of cores, at most 32 */
  readonly threads?: number;
  /** Megabytes of activations that are kept between forward and backward passes; others are recomputed. @default 256 */
  readonly budgetMB?: number;
  /**
   * 'bfloat16' rounds the operands of matrix products to three digits, while sums stay float32: three times as fast, but only with the native kernel on
   * processors with AMX. @default 'float32', unless PYRO_NATIVE_ISA names AMX
   */
  readonly precision?: Precision;
  /**
   * Instruction set of the native kernel: 'avx512', 'avx2', 'neon', 'scalar' or 'amx'. Their results differ in the last digits, so identical results on
   * several machines require the same one. Takes precedence over PYRO_NATIVE_ISA. @default the best that this processor supports
   */
  readonly isa?: string;
}

/** The kernel of a run. The caller owns it: pass it to the operations, and dispose of it at the end. */
export interface SelectedKernel extends Kernel {
  /** Why this kernel was chosen: "requested", "the fastest available", or why faster ones do not run. */
  readonly reason: string;
  /** Name, instruction set and threads, with the reason unless it is the fastest: one line of output. */
  readonly line: string;
}

const inNode = typeof process === 'object' && process.versions?.node !== undefined;
const MAX_DEFAULT_THREADS = 32;
const DEFAULT_BUDGET_MB = 256;

/** The reason where no faster kernel exists. */
const FASTEST = 'the fastest available';

/**
 * Loads a kernel and starts its threads. Until a native kernel is disposed of, compiled programs also use its loops for large matrix products. Prints nothing:
 * print `line` to show the choice.
 * @throws {SpatialDecoderError} when the requested kernel does not exist or does not run here, or an option is invalid.
 * @example
 * const kernel = await selectKernel({ threads: 2 });
 * const images = spatialDecoder(inputs, { kernel });
 * kernel.dispose();
 */
export async function selectKernel(options: KernelSelection = {}): Promise<SelectedKernel> {
  rejectUnknownKeys('selectKernel', options, ['kernel', 'threads', 'budgetMB', 'precision', 'isa']);
  const given: KernelOptions = {
    threads: threadsOf(options),
    budget: budgetFrom(
      'budgetMB',
      options.budgetMB === undefined ? DEFAULT_BUDGET_MB : options.budgetMB,
      'megabytes',
      2 ** 20,
    ),
    ...(options.precision !== undefined && {
      precision: oneOf('selectKernel: precision', options.precision, precisions),
    }),
    ...(options.isa !== undefined && { isa: options.isa }),
  };
  const variable = environment('PYRO_KERNEL');
  if (options.kernel !== undefined) return loadRequested(options.kernel, given, 'requested');
  if (variable) return loadRequested(variable, given, 'set by PYRO_KERNEL');
  const problems: string[] = [];
  for (const name of kernelNames) {
    const loaded = await load(name, given);
    if (!('reason' in loaded)) return selected(name, problems.join('; ') || FASTEST, loaded.kernel);
    problems.push(`${name}: ${loaded.reason}`);
  }
  const { where, advice = '' } = wordsFor(given);
  throw new SpatialDecoderError(`No kernel runs here${where}: ${problems.join('; ')}.${advice}`);
}

async function loadRequested(requested: unknown, options: KernelOptions, reason: string): Promise<SelectedKernel> {
  const name = oneOf('The kernel', requested, kernelNames);
  const loaded = await load(name, options);
  if ('reason' in loaded) {
    const { where, advice = ' Leave the kernel open and the best that runs is taken.' } = wordsFor(options);
    throw new SpatialDecoderError(
      `The kernel "${name}" does not run here${where} (${reason}): ${loaded.reason}.${advice}`,
    );
  }
  return selected(name, reason, loaded.kernel);
}

/** The error message for a kernel that does not support the precision. */
const wordsFor = ({ precision }: KernelOptions): { readonly where: string; readonly advice?: string } =>
  precision === 'bfloat16'
    ? { where: ' in bfloat16', advice: ' Choose float32 (precision, --precision), which all kernels compute in.' }
    : { where: '' };

function selected(name: KernelName, reason: string, host: HostKernel | undefined): SelectedKernel {
  const why = reason === FASTEST ? '' : `; ${reason}`;
  if (host === undefined) return { ...referenceKernel, reason, line: `Spatial decoder: ${name}${why}` };
  const withdraw = host.loops && provideLoops(host.loops);
  const kernel = onHost(host);
  const dispose = () => {
    withdraw?.();
    host.dispose();
  };
  const how = `${host.detail}, ${host.threads} ${host.threads === 1 ? 'thread' : 'threads'}`;
  return Object.assign(kernel, { dispose, reason, line: `Spatial decoder: ${name} (${how})${why}` });
}

async function load(name: KernelName, options: KernelOptions): Promise<Loaded | { kernel?: undefined }> {
  if (name !== 'native' && options.isa !== undefined)
    return { reason: `it has no instruction sets to choose from, and ${options.isa} was asked for` };
  if (name === 'reference') return options.precision === 'bfloat16' ? { reason: 'it computes in float32 only' } : {};
  const loaded = name === 'native' ? await loadNativeKernel(options) : await loadWasm(options);
  if ('reason' in loaded) return loaded;
  const { encoder, templates, loops } = loaded.kernel;
  const wrong =
    selfCheck(loaded.kernel) ??
    (encoder && encoderSelfCheck(encoder)) ??
    (templates && templateSelfCheck(templates)) ??
    (loops && loopsSelfCheck(loops));
  if (wrong === undefined) return loaded;
  loaded.kernel.dispose();
  return { reason: wrong };
}

/** Named by a variable, so that browser bundles omit the native kernel. */
async function loadNativeKernel(options: KernelOptions): Promise<Loaded> {
  if (!inNode) return { reason: 'a browser runs no native code' };
  const file: string = './native.js';
  const { loadNative } = (await import(/* @vite-ignore */ file)) as typeof import('./native.js');
  return loadNative(options);
}

function threadsOf({ threads }: KernelSelection): number {
  if (threads !== undefined) return threadsFrom('threads', threads);
  const variable = environment('PYRO_THREADS');
  if (!variable) return Math.min(cores(), MAX_DEFAULT_THREADS);
  const count = Number(variable);
  return threadsFrom('PYRO_THREADS', Number.isNaN(count) ? variable : count);
}

const environment = (name: string): string | undefined =>
  typeof process === 'undefined' ? undefined : process.env?.[name];

/** In Node, the number of cores that this process may use; in a browser, the number that it reports. */
function cores(): number {
  if (inNode) return process.getBuiltinModule('node:os').availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}
