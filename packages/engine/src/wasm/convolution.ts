/** The convolution and its gradients by our own loops, on the memory of the wasm engine: products whose left side is read from the images themselves. */
import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import type { Heap } from './heap.js';
import type { LoopMemory } from './loopMemory.js';

/** As in assembly/multiply.ts: the places of a packed block, and its lines. */
const DEPTH = 256;
const ROWS = 64;
const TILE = 32;

/** Images [batch, height, width, channels], or a filter [height, width, inputs, outputs]. */
export interface Images {
  readonly address: number;
  readonly shape: readonly number[];
}

export const imagesOn = (heap: Heap, x: tf.TensorInfo): Images => ({ address: heap.address(x), shape: x.shape });

/**
 * The images convolved with a filter [height, width, inputs, outputs], zeros around them, to `output`. `turned`: with the filter of the gradient to the
 * images, which takes outputs to inputs.
 */
export function convolveOn(heap: LoopMemory, x: Images, filter: Images, turned: boolean, output: number): void {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns, inputs, outputs] = filter.shape;
  const wanted = turned ? inputs : outputs;
  const packed = rows * columns * channels * wholePanels(wanted);
  heap.withRoom(packed + paddedSize(x, filter) + TILE, (room) => {
    const tile = room + 4 * packed;
    const padded = tile + 4 * TILE;
    heap.loops.packFilter(filter.address, rows, columns, inputs, outputs, turned ? 1 : 0, room);
    heap.loops.padImages(x.address, batch, height, width, channels, (rows - 1) / 2, (columns - 1) / 2, padded);
    heap.loops.convolve(padded, batch, height, width, channels, room, rows, columns, wanted, output, tile);
  });
}

/** The gradient to the filter, of the shape of `gradient`: the sum over all places of x times `upstream` [batch, height, width, outputs]. */
export function filterGradientOn(heap: LoopMemory, x: Images, upstream: Images, gradient: Images): void {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns, , outputs] = gradient.shape;
  const places = Math.max(1, Math.floor(DEPTH / width)) * width;
  const packed = places * (ROWS + wholePanels(outputs)) + TILE;
  heap.withRoom(packed + paddedSize(x, gradient), (room) => {
    const padded = room + 4 * packed;
    heap.loops.padImages(x.address, batch, height, width, channels, (rows - 1) / 2, (columns - 1) / 2, padded);
    heap.loops.filterGradient(
      ...([padded, batch, height, width, channels, upstream.address, outputs, rows, columns] as const),
      ...([gradient.address, room] as const),
    );
  });
}

/** Packed columns come in panels of 8. */
const wholePanels = (columns: number): number => 8 * Math.ceil(columns / 8);

const paddedSize = ({ shape: [batch, height, width, channels] }: Images, { shape: [rows, columns] }: Images) =>
  sizeOf([batch, height + rows - 1, width + columns - 1, channels]);
