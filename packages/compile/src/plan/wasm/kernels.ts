/** The kernels of a plan that run as WebAssembly: those with enough iterations that vectors of four save more than a call costs. */
import { compileRelaxed } from '@pyro-ts/engine/internal';
import type { Step } from '../kernels.js';
import { emitNest } from './emitNest.js';
import { Emitter, moduleOf } from './emitter.js';
import { bodyCost } from './schedule.js';

/** In additions of JavaScript; below this, a call costs more than vectors save. */
const WORTHWHILE = 400;
const PAGE = 65536;

export interface VectorKernels {
  /** The memory of the plan, shared by JavaScript and WebAssembly. */
  readonly memory: Float32Array<ArrayBuffer>;
  /** Functions of byte addresses, by the JavaScript text of their kernels. */
  readonly functions: ReadonlyMap<string, (...addresses: number[]) => void>;
}

/**
 * The vector kernels of a plan with a memory of `size` numbers; undefined if no kernel is large enough or WebAssembly SIMD is not available.
 */
export function vectorKernels(steps: readonly Step[], size: number): VectorKernels | undefined {
  const emitted = new Map<string, Emitter>();
  const fused = hasFused();
  for (const step of steps) {
    if (step.kind !== 'loops' || !step.kernel.nest || emitted.has(step.kernel.text)) continue;
    const { nest, text, count, params } = step.kernel;
    if (count * (bodyCost(nest) + nest.statements.length + 1) < WORTHWHILE) continue;
    const emitter = emitNest(nest, params.length, fused);
    if (emitter) emitted.set(text, emitter);
  }
  if (emitted.size === 0) return undefined;
  const pages = Math.ceil((4 * size) / PAGE);
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const module = compiled(moduleOf([...emitted.values()], pages), fused);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const functions = [...emitted.keys()].map(
      (text, i) => [text, exports[String(i)] as (...addresses: number[]) => void] as const,
    );
    return { memory: new Float32Array(memory.buffer, 0, size), functions: new Map(functions) };
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

const compiled = (bytes: Uint8Array<ArrayBuffer>, fused: boolean): WebAssembly.Module =>
  (fused ? compileRelaxed(bytes) : undefined) ?? new WebAssembly.Module(bytes);

let isFused: boolean | undefined;
/** Whether generated WebAssembly can use fused multiply-add. */
export function hasFused(): boolean {
  if (isFused === undefined) {
    const probe = new Emitter(1, true);
    const x = probe.constant(1);
    probe.store(0, 0, 4, probe.madd(x, x, x));
    try {
      isFused = compileRelaxed(moduleOf([probe], 1)) !== undefined;
    } catch {
      isFused = false;
    }
  }
  return isFused;
}

/** WebAssembly may be missing, lack SIMD, be forbidden by a content-security policy, or be too large for the main thread of a page. */
const isUnavailable = (error: unknown): boolean =>
  typeof WebAssembly === 'undefined' || error instanceof WebAssembly.CompileError || error instanceof RangeError;
