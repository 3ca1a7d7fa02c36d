/** Exact marginals of small discrete programs by running every execution once: what Pyro's tutorials call search inference. */
import type * as tf from '@tensorflow/tfjs';
import { block, queue, TraceQueue, trace } from 'pyro-ts';

/** The probability of each value that `program` returns, its factors and observations included. */
export function marginal(program: () => tf.Tensor): Map<number, number> {
  const waiting = new TraceQueue();
  const next = queue(trace(program).getTrace, waiting);
  const mass = new Map<number, number>();
  while (waiting.length > 0) {
    // A program inside another one is none of the outer one's choices.
    const run = block.with(undefined, next);
    const value = (run.returnValue as tf.Tensor).dataSync()[0];
    mass.set(value, (mass.get(value) ?? 0) + Math.exp(run.logProbSum().dataSync()[0]));
  }
  const total = [...mass.values()].reduce((a, b) => a + b, 0);
  return new Map([...mass].map(([value, p]) => [value, p / total]));
}

/** `compute` with its answers kept: what many executions ask for is computed once. */
export function memoized<R>(compute: (argument: number) => R): (argument: number) => R {
  const known = new Map<number, R>();
  return (argument) => {
    const answer = known.get(argument) ?? compute(argument);
    known.set(argument, answer);
    return answer;
  };
}
