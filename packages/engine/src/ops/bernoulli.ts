/** The Bernoulli's log mass from log odds: one pass over memory on the wasm engine, summed on the way over the entries that make one event. */
import * as tf from '@tensorflow/tfjs';
import { arenaCall, isOneCall } from '../recording/arenaCall.js';
import { runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { customGrad } from './customGrad.js';
import { broadcastShapes, type Shape, sameShape, sizeOf, sumTo } from './shapes.js';

const kernelName = 'PyroBernoulli';
const slopeName = 'PyroBernoulliSlope';

/** Entries that are added up to one result. */
interface Runs {
  readonly length: number;
}

/**
 * v l - log(1 + exp(l)) for `value` v and `logits` l, broadcast together, with the `eventRank` rightmost dimensions summed away. Gradients: to both,
 * (v - sigmoid(l)) and l; on the wasm engine no second derivatives.
 */
export function bernoulliLogProb(value: tf.Tensor, logits: tf.Tensor, eventRank = 0): tf.Tensor {
  const values = value.dtype === 'float32' ? value : tf.cast(value, 'float32');
  const { rank } = logits;
  const length = sizeOf(logits.shape.slice(rank - eventRank));
  const isRepeating = repeats(values.shape, logits.shape, length);
  if (isRepeating && isOneCall(logits.size)) {
    return tf.reshape(recorded(values, logits, length), logits.shape.slice(0, rank - eventRank));
  }
  if (!runningHeap() || !isRepeating) return plainly(values, logits, eventRank);
  register();
  const sums = tf.engine().runKernel(kernelName, { value: values, logits }, { length }) as tf.Tensor;
  return tf.reshape(sums, logits.shape.slice(0, rank - eventRank));
}

/** Whether `logits` is whole copies of `value` one after the other, each of whole runs of `length` float32 numbers. */
function repeats(value: Shape, logits: Shape, length: number): boolean {
  const first = value.findIndex((n) => n !== 1);
  const core = first < 0 ? [] : value.slice(first);
  const isSuffix = core.length <= logits.length && sameShape(core, logits.slice(logits.length - core.length));
  const isBroad = sameShape(broadcastShapes(value, logits) ?? [], logits);
  return isSuffix && isBroad && sizeOf(logits) > 0 && sizeOf(core) % length === 0;
}

/** By our loops on memory of their own: one sum for each run. */
function recorded(value: tf.Tensor, logits: tf.Tensor, length: number): tf.Tensor {
  const [period, size] = [value.size, logits.size];
  return customGrad([value, logits], (v, l) => ({
    value: arenaCall('bernoulli', [v, l], [size / length], ({ loops }, [values, odds], to) => {
      loops.logMass(values, period, odds, size, length, to);
    }),
    saved: [v, l],
    grad: (upstream, [seen, odds]) => [
      valueSlope(upstream, odds, seen.shape, length),
      arenaCall('bernoulli, gradient', [seen, odds, upstream], logits.shape, ({ loops }, [a, b, up], to) => {
        loops.logMassSlope(a, period, b, size, length, up, to);
      }),
    ],
  }));
}

function valueSlope(upstream: tf.Tensor, logits: tf.Tensor, shape: Shape, length: number): tf.Tensor {
  const runs = tf.reshape(logits, [-1, length]);
  return sumTo(tf.reshape(tf.mul(tf.reshape(upstream, [-1, 1]), runs), logits.shape), shape);
}

function plainly(value: tf.Tensor, logits: tf.Tensor, eventRank: number): tf.Tensor {
  const each = tf.sub(tf.mul(value, logits), tf.softplus(logits));
  const axes = Array.from({ length: eventRank }, (_, i) => each.rank - 1 - i);
  return eventRank === 0 ? each : tf.sum(each, axes);
}

registerGradientOf<Runs>({
  kernelName,
  inputsToSave: ['value', 'logits'],
  gradFunc: (upstream, [value, logits], { length }) => ({
    value: () => valueSlope(upstream, logits, value.shape, length),
    logits: () => tf.engine().runKernel(slopeName, { value, logits, upstream }, { length }) as tf.Tensor,
  }),
});

function register(): void {
  registerOnWasm<'value' | 'logits', Runs>(kernelName, (heap, { value, logits }, { length }) => {
    const size = sizeOf(logits.shape);
    const sums = heap.output([size / length]);
    const [v, l, out] = [value, logits, sums].map((t) => heap.address(t));
    heap.loops.logMass(v, sizeOf(value.shape), l, size, length, out);
    return sums;
  });
  registerOnWasm<'value' | 'logits' | 'upstream', Runs>(slopeName, (heap, { value, logits, upstream }, { length }) => {
    const slope = heap.output(logits.shape);
    const [v, l, up, out] = [value, logits, upstream, slope].map((t) => heap.address(t));
    heap.loops.logMassSlope(v, sizeOf(value.shape), l, sizeOf(logits.shape), length, up, out);
    return slope;
  });
}
