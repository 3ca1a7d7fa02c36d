/** The normal distribution's log density: one call on the wasm engine, and one for each gradient that is needed, instead of twenty calls of tfjs. */
import * as tf from '@tensorflow/tfjs';
import { type Heap, runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { filledOn, operandOn } from '../wasm/operands.js';
import { broadcastShapes, type Shape, sizeOf, sumTo } from './shapes.js';

const kernelName = 'PyroNormal';
const slopeName = 'PyroNormalSlope';
const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

const operands = ['value', 'loc', 'scale'] as const;
type Name = (typeof operands)[number];
type Infos = Readonly<Record<Name, tf.TensorInfo>>;

/** The shape of all three together, and how many entries are added up to one result. */
interface Layout {
  readonly shape: Shape;
  readonly length: number;
}

/**
 * -((value - loc) / scale)^2 / 2 - log(scale) - log(2 pi) / 2, broadcast together, with the `eventRank` rightmost dimensions summed away. Gradients to
 * all three; on the wasm engine no second derivatives.
 */
export function normalLogProb(value: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, eventRank = 0): tf.Tensor {
  const shape = broadcastShapes(value.shape, loc.shape, scale.shape);
  const isFast = runningHeap() && shape && sizeOf(shape) > 0 && [value, loc, scale].every((x) => x.dtype === 'float32');
  if (!isFast) return plainly(value, loc, scale, eventRank);
  register();
  const length = sizeOf(shape.slice(shape.length - eventRank));
  return tf.engine().runKernel(kernelName, { value, loc, scale }, { shape, length, eventRank }) as tf.Tensor;
}

function plainly(value: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, eventRank: number): tf.Tensor {
  const z = tf.div(tf.sub(value, loc), scale);
  const each = tf.sub(tf.sub(tf.mul(tf.square(z), -0.5), tf.log(scale)), halfLog2Pi);
  const axes = Array.from({ length: eventRank }, (_, i) => each.rank - 1 - i);
  return eventRank === 0 ? each : tf.sum(each, axes);
}

registerGradientOf({
  kernelName,
  inputsToSave: [...operands],
  gradFunc: (upstream, saved, attrs) => {
    const inputs = { ...Object.fromEntries(operands.map((name, i) => [name, saved[i]])), upstream };
    const slope = (of: Name, i: number) => () =>
      sumTo(tf.engine().runKernel(slopeName, inputs, { ...attrs, of }) as tf.Tensor, saved[i].shape);
    return Object.fromEntries(operands.map((name, i) => [name, slope(name, i)]));
  },
});

function register(): void {
  registerOnWasm<Name, Layout & { readonly eventRank: number }>(
    kernelName,
    (heap, inputs, { shape, length, eventRank }) => {
      return filledOn(heap, shape.slice(0, shape.length - eventRank), (sums) =>
        addUp(heap, inputs, shape, length, sums),
      );
    },
  );
  registerOnWasm<Name | 'upstream', Layout & { readonly of: Name }>(
    slopeName,
    (heap, inputs, { shape, length, of }) => {
      return filledOn(heap, shape, (slopes) => {
        const upstream = heap.view(heap.address(inputs.upstream), slopes.length / length);
        slopesAlong(heap, inputs, shape, of, slopes);
        for (let i = 0, r = 0; i < slopes.length; r++)
          for (const end = i + length; i < end; i++) slopes[i] *= upstream[r];
      });
    },
  );
}

function addUp(heap: Heap, { value, loc, scale }: Infos, shape: Shape, length: number, sums: Float32Array): void {
  const [v, l, s] = [value, loc, scale].map((x) => operandOn(heap, x, shape));
  const logs = Float64Array.from(s.values, (x) => Math.log(x) + halfLog2Pi);
  for (let r = 0, i = 0; r < sums.length; r++) {
    let sum = 0;
    for (const end = i + length; i < end; i++) {
      const z = (v.values[i * v.step] - l.values[i * l.step]) / s.values[i * s.step];
      sum -= 0.5 * z * z + logs[i * s.step];
    }
    sums[r] = sum;
  }
}

/** The derivative of each entry: z / scale along loc, the reverse along the value, (z^2 - 1) / scale along scale. */
function slopesAlong(heap: Heap, { value, loc, scale }: Infos, shape: Shape, of: Name, slopes: Float32Array): void {
  const [v, l, s] = [value, loc, scale].map((x) => operandOn(heap, x, shape));
  for (let i = 0; i < slopes.length; i++) {
    const width = s.values[i * s.step];
    const z = (v.values[i * v.step] - l.values[i * l.step]) / width;
    slopes[i] = (of === 'scale' ? z * z - 1 : of === 'loc' ? z : -z) / width;
  }
}
