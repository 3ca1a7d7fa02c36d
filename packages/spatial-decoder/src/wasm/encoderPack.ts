/** Packs weights of the encoder into the panels that the kernel reads, and maps gradients back. */
import type { EncoderPlan } from './encoderPlan.js';

/** Calls f(row, tap) for each row [side, side, in] of block l's filter, and its tap where the channels are padded. */
export function eachTap({ maps, blocks }: EncoderPlan, l: number, f: (row: number, tap: number) => void): void {
  const { channels, pitch } = maps[l];
  const { side } = blocks[l];
  for (let p = 0; p < side * side; p++) for (let c = 0; c < channels; c++) f(p * channels + c, p * pitch + c);
}

/** Calls f(row, padded row) for each input of the dense layer. */
export function eachDense({ maps, blocks }: EncoderPlan, f: (row: number, padded: number) => void): void {
  const { height, width, channels, pitch } = maps[blocks.length];
  for (let p = 0; p < height * width; p++) for (let c = 0; c < channels; c++) f(p * channels + c, p * pitch + c);
}

/** Panels [outputs / 8][tap][8]. */
export function packFilter(plan: EncoderPlan, l: number, filter: Float32Array, to: Float32Array): void {
  const { channels } = plan.maps[l + 1];
  const { taps } = plan.blocks[l];
  to.fill(0);
  eachTap(plan, l, (row, tap) => {
    for (let o = 0; o < channels; o++) to[((o >> 3) * taps + tap) * 8 + (o & 7)] = filter[row * channels + o];
  });
}

/** [row of the filter][run / 8][outputs][8]. */
export function packTurned(plan: EncoderPlan, l: number, filter: Float32Array, to: Float32Array): void {
  const { channels, pitch } = plan.maps[l + 1];
  const { run, turnedRun } = plan.blocks[l];
  to.fill(0);
  eachTap(plan, l, (row, tap) => {
    const [u, k] = [Math.floor(tap / run), tap % run];
    const from = u * turnedRun * pitch + (k >> 3) * pitch * 8 + (k & 7);
    for (let o = 0; o < channels; o++) to[from + o * 8] = filter[row * channels + o];
  });
}

/** Whether the dense layer needs no padding of channels or features, so that its rows equal those of the operand. */
export function isDenseWhole({ maps, blocks, problem }: EncoderPlan): boolean {
  const { channels, pitch } = maps[blocks.length];
  return channels === pitch && problem.features % 8 === 0;
}

/** Panels [features / 8][inputs][8]. */
export function packDense(plan: EncoderPlan, dense: Float32Array, to: Float32Array): void {
  const { denseInputs } = plan;
  const { features } = plan.problem;
  if (isDenseWhole(plan)) {
    packWhole(dense, denseInputs, features, to);
    return;
  }
  to.fill(0);
  eachDense(plan, (row, padded) => {
    for (let f = 0; f < features; f++) to[((f >> 3) * denseInputs + padded) * 8 + (f & 7)] = dense[row * features + f];
  });
}

/** By far the largest matrix: one plain loop takes a quarter of the time. */
function packWhole(dense: Float32Array, inputs: number, features: number, to: Float32Array): void {
  let at = 0;
  for (let f = 0; f < features; f += 8) {
    for (let row = 0, from = f; row < inputs; row++, from += features) {
      for (let j = 0; j < 8; j++) to[at + j] = dense[from + j];
      at += 8;
    }
  }
}
