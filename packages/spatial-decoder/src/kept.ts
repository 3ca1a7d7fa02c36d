/**
 * Activations that a kernel keeps between the forward and the backward pass live outside TensorFlow.js's memory, so they must be given
 * back also where no backward pass comes (an output that the loss does not use). Each belongs to the gradient tape it was made under; once
 * that tape has ended, nobody can ask for them again.
 */
import * as tf from '@tensorflow/tfjs';
import type { HostKernel, Saved } from './hostKernel.js';

type Tape = object;

const kept = new WeakMap<HostKernel, Map<Saved, Tape>>();

/** The gradient tape that records now, or undefined where nobody will ask for a gradient. */
export function activeTape(): Tape | undefined {
  const { activeTape: tape, gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0 ? tape : undefined;
}

/** Gives back what `kernel` keeps for tapes that have ended. */
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

/** Gives the memory of `saved` back; does nothing the second time. */
export function release(kernel: HostKernel, saved: Saved): void {
  if (kept.get(kernel)?.delete(saved)) saved.release();
}
