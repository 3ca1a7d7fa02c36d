/** Kernels and gradients of ours, put into TensorFlow.js with the types that it leaves open: operands by name, attributes as they were passed. */
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../errors.js';
import { type Heap, runningHeap } from './heap.js';

type Results = tf.TensorInfo | tf.TensorInfo[];

export interface KernelCall<Inputs extends string, Attributes extends object> {
  readonly inputs: Readonly<Record<Inputs, tf.TensorInfo>>;
  readonly attrs: Attributes;
  readonly backend: object;
}

/** Puts a kernel of ours onto a backend, once. */
export function registerKernelOf<Inputs extends string, Attributes extends object = object>(
  kernelName: string,
  backendName: string,
  run: (call: KernelCall<Inputs, Attributes>) => Results,
): void {
  if (tf.getKernel(kernelName, backendName)) return;
  tf.registerKernel({ kernelName, backendName, kernelFunc: run as tf.KernelFunc });
}

/** Puts a kernel of ours onto the wasm engine, once. It works on the engine's memory. */
export function registerOnWasm<Inputs extends string, Attributes extends object>(
  kernelName: string,
  run: (heap: Heap, inputs: KernelCall<Inputs, Attributes>['inputs'], attributes: Attributes) => Results,
): void {
  registerKernelOf<Inputs, Attributes>(kernelName, 'wasm', ({ inputs, attrs }) => {
    const heap = runningHeap();
    if (heap) return run(heap, inputs, attrs);
    throw new EngineError(
      `${kernelName} works on the memory of a wasm engine that no longer exists. Start it with selectEngine() and repeat the computation.`,
    );
  });
}

/** The wasm engine's kernel of that name. */
export function kernelOnWasm(kernelName: string): tf.KernelFunc {
  const kernel = tf.getKernel(kernelName, 'wasm');
  if (kernel) return kernel.kernelFunc;
  throw new EngineError(`This version of TensorFlow.js has no kernel ${kernelName} for wasm. Take version 4.22.`);
}

const wrapped = new Set<string>();

/** Puts a kernel that is made of tfjs's own in its place. */
export function wrapKernel(kernelName: string, backendName: string, wrap: (own: tf.KernelFunc) => tf.KernelFunc): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own === undefined) return;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...own, kernelFunc: wrap(own.kernelFunc) });
}

/** As `wrapKernel`, once, on the wasm engine. */
export function wrapOnWasm(kernelName: string, wrap: (own: tf.KernelFunc) => tf.KernelFunc): void {
  if (wrapped.has(kernelName) || !tf.getKernel(kernelName, 'wasm')) return;
  wrapped.add(kernelName);
  wrapKernel(kernelName, 'wasm', wrap);
}

/** The gradient of a kernel with such attributes, whose result or list of results has gradients `Upstream`. */
export interface GradientOf<Attributes extends object, Upstream, Saved extends tf.Tensor>
  extends Omit<tf.GradConfig, 'gradFunc'> {
  /** tfjs calls only those of the result's functions whose operand leads back to a parameter. */
  readonly gradFunc: (
    upstream: Upstream,
    saved: Saved[],
    attributes: Attributes,
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

/** Registers the gradient of a kernel of ours. */
export function registerGradientOf<
  Attributes extends object = object,
  Upstream extends tf.Tensor | tf.Tensor[] = tf.Tensor,
  Saved extends tf.Tensor = tf.Tensor,
>({ gradFunc, ...config }: GradientOf<Attributes, Upstream, Saved>): void {
  tf.registerGradient({ ...config, gradFunc: gradFunc as tf.GradFunc });
}

/** A list of operands as the map by index that tfjs takes it for. */
export const byIndex = (inputs: readonly tf.Tensor[]): tf.NamedTensorMap =>
  Object.assign([...inputs], Object.fromEntries(inputs.entries()));
