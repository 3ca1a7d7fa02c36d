/** Packs weights into the panels that the kernel reads, and unpacks its blocks of gradients into plain matrices. */
import { roundUp } from './plan.js';

/** `weight` [inputs, outputs] into panels [outputs / 8][inputs padded][8]; `to` must be zero where it is padded. */
export function packPanels(weight: Float32Array, inputs: number, outputs: number, to: Float32Array): void {
  const panel = 8 * roundUp(inputs, 8);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) to[(j >> 3) * panel + 8 * i + (j & 7)] = weight[i * outputs + j];
  }
}

/** The transposed `weight` into panels [inputs / 8][outputs padded][8]. */
export function packTransposed(weight: Float32Array, inputs: number, outputs: number, to: Float32Array): void {
  const panel = 8 * roundUp(outputs, 8);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) to[(i >> 3) * panel + 8 * j + (i & 7)] = weight[i * outputs + j];
  }
}

/** The output layer's `weight` [inputs, channels] as [channels][inputs padded]. */
export function packOutput(weight: Float32Array, inputs: number, channels: number, to: Float32Array): void {
  const padded = roundUp(inputs, 8);
  for (let i = 0; i < inputs; i++) for (let c = 0; c < channels; c++) to[c * padded + i] = weight[i * channels + c];
}

/** Adds blocks [outputs / 8][inputs / 4][4][8] to a matrix [inputs, outputs]. */
export function addBlocks(blocks: Float32Array, inputs: number, outputs: number, to: Float32Array): void {
  const column = 8 * roundUp(inputs, 8);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) to[i * outputs + j] += blocks[(j >> 3) * column + 8 * i + (j & 7)];
  }
}

/** Adds [channels][inputs padded] to a matrix [inputs, channels]. */
export function addOutput(rows: Float32Array, inputs: number, channels: number, to: Float32Array): void {
  const padded = roundUp(inputs, 8);
  for (let i = 0; i < inputs; i++) for (let c = 0; c < channels; c++) to[i * channels + c] += rows[c * padded + i];
}
