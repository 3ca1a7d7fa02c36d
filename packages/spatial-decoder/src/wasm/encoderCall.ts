/** One call of the encoder on one batch of images: its operands in the shared memory, its job's words, and its results. */
import type { EncoderGradients, EncoderOperands } from '../encoder/problem.js';
import type { Arena } from './arena.js';
import * as at from './encoderLayout.js';
import { eachDense, eachTap, isDenseWhole, packDense, packFilter, packTurned } from './encoderPack.js';
import { type EncoderPlan, keptFloats } from './encoderPlan.js';
import { CHUNKS, PARTIAL_FLOATS, PARTIALS, SCRATCH, SCRATCH_BYTES } from './layout.js';
import { roundUp } from './plan.js';

export interface EncoderBatch {
  /** First image and number of images. */
  readonly first: number;
  readonly count: number;
  /** Address of the activations kept for the batch; absent if none are. */
  readonly kept?: number;
}

/** Memory of the gradients of a batch. */
interface Sums {
  readonly inputGrads: number;
  readonly outputGrads: number;
  readonly dense: number;
  readonly images: number;
}

export class EncoderCall {
  /** Address of the job's words. */
  readonly job: number;
  readonly chunks: number;
  private readonly words: Int32Array;
  private readonly outputs: number;
  private readonly partials: number = 0;
  private readonly sums?: Sums;

  /** Run it within `arena.scoped`, which frees its memory. */
  constructor(
    private readonly arena: Arena,
    private readonly plan: EncoderPlan,
    private readonly operands: EncoderOperands,
    private readonly batch: EncoderBatch,
    threads: number,
    /** Whether there is a backward pass, and whether it includes the images. */
    backward?: { readonly withImages: boolean },
  ) {
    const { first, count, kept } = batch;
    const { denseInputs, features, imageFloats, maps } = plan;
    const { height, width, channels } = maps[0];
    const imageSize = height * width * channels;
    this.words = new Int32Array(at.BLOCK_TABLE + at.BLOCK_WORDS * plan.blocks.length);
    this.job = this.take(this.words.length);
    this.chunks = Math.ceil(count / plan.chunk);
    const rows = kept ?? this.take(count * (denseInputs + features));
    this.outputs = rows + 4 * count * denseInputs;
    const images = this.copy(operands.images.subarray(first * imageSize, (first + count) * imageSize));
    const zeros = this.zeros(Math.max(...maps.map(({ pitch }) => pitch), 8));
    const scratch = this.take(threads * roundUp(plan.scratchFloats, 16));
    if (backward) {
      this.partials = this.take(this.chunks * plan.sumFloats);
      this.sums = {
        inputGrads: this.take(count * denseInputs),
        outputGrads: this.take(count * features),
        dense: this.take(denseInputs * features),
        images: backward.withImages ? this.take(count * imageSize) : 0,
      };
    }
    this.set({
      ...{ [CHUNKS]: this.chunks, [PARTIALS]: this.partials, [PARTIAL_FLOATS]: plan.sumFloats },
      ...{ [SCRATCH]: scratch, [SCRATCH_BYTES]: 4 * roundUp(plan.scratchFloats, 16) },
      ...{ [at.IMAGES]: images, [at.COUNT]: count, [at.IMAGE_BYTES]: 4 * imageSize, [at.BLOCKS]: plan.blocks.length },
      ...{ [at.FEATURES]: features, [at.DENSE_INPUTS]: denseInputs, [at.CHUNK_IMAGES]: plan.chunk },
      ...{ [at.GROUP]: plan.group, [at.INPUT_ROWS]: rows, [at.OUTPUT_ROWS]: this.outputs },
      ...{ [at.INPUT_GRADS]: this.sums?.inputGrads ?? 0, [at.OUTPUT_GRADS]: this.sums?.outputGrads ?? 0 },
      ...{ [at.MAPS]: kept === undefined ? 0 : this.outputs + 4 * count * features, [at.MAPS_BYTES]: 4 * imageFloats },
      ...{ [at.STATISTICS]: 4 * plan.statisticsAt, [at.DENSE_GRAD]: this.sums?.dense ?? 0 },
      ...{ [at.INPUT_BYTES]: 4 * plan.inputFloats, [at.WIDEST_MAP]: 4 * plan.widestMap },
      ...{ [at.WIDEST_PADDED]: 4 * plan.widestPadded, [at.IMAGE_GRADS]: this.sums?.images ?? 0, [at.ZERO_ROW]: zeros },
    });
    this.placeDense();
    for (const l of plan.blocks.keys()) this.placeBlock(l, backward !== undefined);
    this.arena.words(this.job, this.words.length).set(this.words);
  }

  /** Copies the features of these images to their rows of [n, F]. */
  readOutput(to: Float32Array): void {
    const { problem, features } = this.plan;
    const from = this.arena.view(this.outputs, this.batch.count * features);
    for (let n = 0; n < this.batch.count; n++) {
      const row = from.subarray(n * features, n * features + problem.features);
      to.set(row, (this.batch.first + n) * problem.features);
    }
  }

  /** Writes the gradient before the last ReLU, and adds that of the dense bias. Call it after the outputs are computed. */
  placeUpstream(upstream: Float32Array, to: EncoderGradients): void {
    const { problem, features } = this.plan;
    const size = this.batch.count * features;
    const outputs = this.arena.view(this.outputs, size);
    const delta = this.arena.view(this.sums?.outputGrads ?? 0, size);
    delta.fill(0);
    for (let n = 0; n < this.batch.count; n++) {
      const from = (this.batch.first + n) * problem.features;
      for (let f = 0; f < problem.features; f++) {
        const y = outputs[n * features + f];
        // The slope of ReLU; that at NaN is NaN.
        const d = y > 0 ? upstream[from + f] : y <= 0 ? 0 : y;
        delta[n * features + f] = d;
        to.denseBias[f] += d;
      }
    }
  }

  /** Adds the gradients of all weights, and writes those of the images. */
  readGradients(to: EncoderGradients): void {
    const { plan, sums } = this;
    if (!sums) return;
    const { maps, blocks, problem } = plan;
    const partial = this.arena.view(this.partials, plan.sumFloats);
    blocks.forEach((block, l) => {
      const { channels, pitch } = maps[l + 1];
      const taps = roundUp(block.taps, 4);
      const filter = to.filters[l];
      eachTap(plan, l, (row, tap) => {
        for (let o = 0; o < channels; o++)
          filter[row * channels + o] += partial[block.filterGrad + ((o >> 3) * taps + tap) * 8 + (o & 7)];
      });
      for (let o = 0; o < channels; o++) {
        to.gains[l][o] += partial[block.gainGrad + o];
        to.biases[l][o] += partial[block.gainGrad + pitch + o];
      }
    });
    const dense = this.arena.view(sums.dense, plan.denseInputs * plan.features);
    if (isDenseWhole(plan)) for (let i = 0; i < dense.length; i++) to.dense[i] += dense[i];
    else
      eachDense(plan, (row, padded) => {
        const [into, from] = [row * problem.features, padded * plan.features];
        for (let f = 0; f < problem.features; f++) to.dense[into + f] += dense[from + f];
      });
    if (!to.images) return;
    const size = maps[0].height * maps[0].width * maps[0].channels;
    to.images.set(this.arena.view(sums.images, this.batch.count * size), this.batch.first * size);
  }

  private placeDense(): void {
    const { plan, operands } = this;
    const bias = this.zeros(plan.features);
    this.arena.view(bias, plan.problem.features).set(operands.denseBias);
    const dense = this.take(plan.denseInputs * plan.features);
    packDense(plan, operands.dense, this.arena.view(dense, plan.denseInputs * plan.features));
    this.set({ [at.DENSE]: dense, [at.DENSE_BIAS]: bias });
  }

  private placeBlock(l: number, backward: boolean): void {
    const { plan, operands } = this;
    const { maps } = plan;
    const [block, before, after] = [plan.blocks[l], maps[l], maps[l + 1]];
    const filter = this.take(block.taps * after.pitch);
    packFilter(plan, l, operands.filters[l], this.arena.view(filter, block.taps * after.pitch));
    const turnedSize = block.side * block.turnedRun * after.pitch;
    const turned = backward ? this.take(turnedSize) : 0;
    if (backward) packTurned(plan, l, operands.filters[l], this.arena.view(turned, turnedSize));
    const perChannel = (values: Float32Array) => {
      const address = this.zeros(after.pitch);
      this.arena.view(address, values.length).set(values);
      return address;
    };
    const pixels = Array.from({ length: after.height * after.width }, (_, p) => {
      const [i, j] = [Math.floor(p / after.width), p % after.width];
      return 4 * (2 * i * before.row + 2 * j * before.pitch);
    });
    const taps = Array.from({ length: block.taps }, (_, t) => {
      const [u, k] = [Math.floor(t / block.run), t % block.run];
      return 4 * (u * before.row + k);
    });
    const fields = {
      ...{ [at.HEIGHT]: before.height, [at.WIDTH]: before.width, [at.PITCH]: before.pitch, [at.HALF]: before.half },
      ...{ [at.PADDED_ROW]: 4 * before.row, [at.PADDED_BYTES]: 4 * before.floats },
      ...{ [at.OUT_HEIGHT]: after.height, [at.OUT_WIDTH]: after.width, [at.OUT_PITCH]: after.pitch },
      ...{ [at.OUT_HALF]: after.half, [at.OUT_PADDED_ROW]: 4 * after.row },
      ...{ [at.NUMBERS]: after.height * after.width * after.channels, [at.SIDE]: block.side, [at.RUN]: block.run },
      ...{
        [at.TURNED_RUN]: block.turnedRun,
        [at.PIXEL_OFFSETS]: this.table(pixels),
        [at.PIXELS_UP]: roundUp(pixels.length, 4),
      },
      ...{ [at.TAP_OFFSETS]: this.table(taps), [at.TAPS_UP]: roundUp(taps.length, 4) },
      ...{ [at.FILTER]: filter, [at.TURNED]: turned, [at.GAIN]: perChannel(operands.gains[l]) },
      ...{ [at.BIAS_OF_MAP]: perChannel(operands.biases[l]) },
      [at.LIVE]: perChannel(new Float32Array(after.channels).fill(1)),
      ...{ [at.FILTER_GRAD]: block.filterGrad, [at.GAIN_GRAD]: block.gainGrad, [at.BIAS_OF_MAP_GRAD]: block.biasGrad },
      ...{ [at.INPUT_AT]: 4 * block.inputAt, [at.MAP_AT]: 4 * block.mapAt },
    };
    const start = at.BLOCK_TABLE + l * at.BLOCK_WORDS;
    for (const [field, value] of Object.entries(fields)) this.words[start + Number(field)] = value;
  }

  /** Offsets in bytes, a multiple of 4 of them: the last repeats. */
  private table(offsets: readonly number[]): number {
    const length = roundUp(offsets.length, 4);
    const address = this.take(length);
    const last = offsets.length - 1;
    this.arena.words(address, length).set(Array.from({ length }, (_, i) => offsets[Math.min(i, last)]));
    return address;
  }

  private set(words: Readonly<Record<number, number>>): void {
    for (const [index, value] of Object.entries(words)) this.words[Number(index)] = value;
  }

  private take(floats: number): number {
    return this.arena.take(4 * floats);
  }

  private zeros(floats: number): number {
    const address = this.take(floats);
    this.arena.view(address, floats).fill(0);
    return address;
  }

  private copy(values: Float32Array): number {
    const address = this.take(values.length);
    this.arena.view(address, values.length).set(values);
    return address;
  }
}

/** Batches of a call, with the address of each batch's kept activations, which start at `kept`. */
export function encoderBatches(plan: EncoderPlan, kept: number | undefined): EncoderBatch[] {
  const batches: EncoderBatch[] = [];
  for (let first = 0; first < plan.problem.images; first += plan.batch) {
    const count = Math.min(plan.batch, plan.problem.images - first);
    batches.push({ first, count, ...(kept !== undefined && { kept: kept + 4 * keptFloats(plan, first) }) });
  }
  return batches;
}
