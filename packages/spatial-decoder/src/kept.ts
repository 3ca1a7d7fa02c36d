/**
 * Activations that a kernel keeps between the forward and the backward pass are outside TensorFlow.js's memory, so they must be released
 * even if there is no backward pass (an output that the loss does not use). Each belongs to the gradient tape under which it was created; once
 * that tape has ended, they cannot be used again.
 */
import * as tf from '@tensorflow/tfjs';
import type { HostKernel, Saved } from './hostKernel.js';

type Tape = object;

const kept = new WeakMap<HostKernel, Map<Saved, Tape>>();

/** The active gradient tape; undefined if no gradient is being computed. */
export function activeTape(): Tape | undefined {
  const { activeTape: tape, gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0 ? tape : undefined;
}

/** Releases the activations that `kernel` keeps for tapes that have ended. */
export function sweep(kernel: HostKernel): void {
  const live: Tape | null = tf.engine().state.activeTape;
  for (const [saved, tape] of kept.get(kernel) ?? []) if (tape !== live) release(kernel, saved);
}

/** Remembers `saved` until it is released or its tape ends. */
export function keep(kernel: HostKernel, saved: Saved, tape: Tape): void {
  const all = kept.get(kernel) ?? new Map<Saved, Tape>();
  kept.set(kernel, all.set(saved, tape));
}

/** Whether `saved` still holds its activations. */
export const isKept = (kernel: HostKernel, saved: Saved): boolean => kept.get(kernel)?.has(saved) ?? false;

/** Releases the memory of `saved`; does nothing if it was released before. */
export function release(kernel: HostKernel, saved: Saved): void {
  if (kept.get(kernel)?.delete(saved)) saved.release();
}
