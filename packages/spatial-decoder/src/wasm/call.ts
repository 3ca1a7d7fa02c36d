/** One call on one batch of rows: its operands in the shared memory, its job's words, and its results. */
import { activations, type Gradients, type Operands } from '../hostKernel.js';
import type { Arena } from './arena.js';
import * as at from './layout.js';
import { addBlocks, addOutput, packOutput, packPanels, packTransposed } from './pack.js';
import { type Plan, roundUp } from './plan.js';

/** Activations of the first `units` units, at `address`. */
export interface KeptBatch {
  readonly address: number;
  readonly bytes: number;
  readonly units: number;
}

export class Call {
  /** Address of the job's words. */
  readonly job: number;
  private readonly words: Int32Array;
  private readonly partials: number;
  private readonly poseGrad: number;
  private readonly output: number;

  /** Lays out the rows of `plan.problem`, which begin at row `first` of the operands. Run it within `arena.scoped`, which frees its memory. */
  constructor(
    private readonly arena: Arena,
    private readonly plan: Plan,
    operands: Operands,
    private readonly first: number,
    threads: number,
    kept: KeptBatch | undefined,
    /** Upstream gradients [R, P, C] of all rows; absent in a forward pass. */
    upstream?: Float32Array,
  ) {
    const { problem, padded } = plan;
    const { rows, pixels, dims, channels, widths } = problem;
    const poseSize = widths[0] * dims;
    this.job = this.take(plan.jobWords);
    const pose = this.copy(operands.pose.subarray(first * poseSize, (first + rows) * poseSize));
    const code = this.copy(operands.code.subarray(first * widths[0], (first + rows) * widths[0]));
    const grid = this.copy(operands.grid);
    const size = rows * pixels * channels;
    this.output = upstream
      ? this.copy(upstream.subarray(first * pixels * channels, first * pixels * channels + size))
      : this.take(size);
    this.partials = upstream ? this.take(plan.chunks * plan.partialFloats) : 0;
    this.poseGrad = upstream ? this.take(plan.units * (dims + 1) * padded[0]) : 0;
    const scratch = this.take((threads * plan.scratchBytes) / 4);
    const zeros = this.zeros(plan.widest);

    this.words = new Int32Array(plan.jobWords);
    const set = (index: number, value: number) => {
      this.words[index] = value;
    };
    set(at.PIXELS, pixels);
    set(at.DIMS, dims);
    set(at.CHANNELS, channels);
    set(at.LAYERS, widths.length - 1);
    set(at.FIRST_ACTIVATION, activations.indexOf(problem.firstActivation));
    set(at.ACTIVATION, activations.indexOf(problem.activation));
    set(at.PARTS, plan.parts);
    set(at.PART_PIXELS, plan.partPixels);
    set(at.TILE, plan.tile);
    set(at.UNITS, plan.units);
    set(at.CHUNKS, plan.chunks);
    set(at.GRID, grid);
    set(at.POSE, pose);
    set(at.CODE, code);
    set(at.OUTPUT, this.output);
    set(at.UPSTREAM, this.output);
    set(at.POSE_GRAD, this.poseGrad);
    set(at.KEPT, kept?.address ?? 0);
    set(at.KEPT_UNITS, kept?.units ?? 0);
    set(at.KEPT_BYTES, plan.keptBytes);
    set(at.PARTIALS, this.partials);
    set(at.PARTIAL_FLOATS, plan.partialFloats);
    set(at.SCRATCH, scratch);
    set(at.SCRATCH_BYTES, plan.scratchBytes);
    set(at.ZEROS, zeros);
    set(at.WIDEST, plan.widest);
    this.placeLayers(operands, upstream !== undefined);
    this.arena.words(this.job, plan.jobWords).set(this.words);
  }

  /** Copies the output of these rows to their place in [R, P, C]. */
  readOutput(to: Float32Array): void {
    const { rows, pixels, channels } = this.plan.problem;
    to.set(this.arena.view(this.output, rows * pixels * channels), this.first * pixels * channels);
  }

  /** Writes the gradients of these rows' pose and code, and adds those of the weights and biases. */
  readGradients(to: Gradients): void {
    const { problem, padded, grads, partialFloats } = this.plan;
    const { widths, channels } = problem;
    const sums = this.arena.view(this.partials, partialFloats);
    const last = grads.length - 1;
    grads.forEach(({ weight, bias }, l) => {
      const from = sums.subarray(weight, bias);
      if (l === last) addOutput(from, widths[l], channels, to.weights[l]);
      else addBlocks(from, widths[l], widths[l + 1], to.weights[l]);
      const biases = to.biases[l];
      for (let j = 0; j < biases.length; j++) biases[j] += sums[bias + j];
    });
    this.readPose(to, padded[0]);
  }

  /** The parts of a row are added in order. */
  private readPose(to: Gradients, padded: number): void {
    const { problem, parts, units } = this.plan;
    const { rows, dims, widths } = problem;
    const width = widths[0];
    const size = (dims + 1) * padded;
    const all = this.arena.view(this.poseGrad, units * size);
    for (let unit = 0; unit < rows * parts; unit++) {
      const row = this.first + Math.floor(unit / parts);
      const from = unit * size;
      for (let h = 0; h < width; h++) {
        for (let d = 0; d < dims; d++) to.pose[(row * width + h) * dims + d] += all[from + d * padded + h];
        to.code[row * width + h] += all[from + dims * padded + h];
      }
    }
  }

  private placeLayers({ weights, biases }: Operands, backward: boolean): void {
    const { problem, padded, grads } = this.plan;
    const { widths, channels } = problem;
    this.record(0, { [at.WIDTH]: widths[0], [at.PADDED]: padded[0] });
    for (let l = 1; l <= widths.length; l++) {
      const [weight, grad, inputs] = [weights[l - 1], grads[l - 1], padded[l - 1]];
      const isOutput = l === widths.length;
      const outputs = isOutput ? channels : padded[l];
      const packed = this.zeros(inputs * outputs);
      const view = this.arena.view(packed, inputs * outputs);
      if (isOutput) packOutput(weight, widths[l - 1], channels, view);
      else packPanels(weight, widths[l - 1], widths[l], view);
      let transposed = 0;
      if (backward && !isOutput) {
        transposed = this.zeros(inputs * outputs);
        packTransposed(weight, widths[l - 1], widths[l], this.arena.view(transposed, inputs * outputs));
      }
      const bias = this.zeros(roundUp(outputs, 8));
      this.arena.view(bias, biases[l - 1].length).set(biases[l - 1]);
      this.record(l, {
        [at.WIDTH]: isOutput ? channels : widths[l],
        [at.PADDED]: outputs,
        [at.WEIGHT]: packed,
        [at.TRANSPOSED]: transposed,
        [at.BIAS]: bias,
        [at.WEIGHT_GRAD]: grad.weight,
        [at.BIAS_GRAD]: grad.bias,
      });
    }
  }

  private record(layer: number, fields: Record<number, number>): void {
    for (const [field, value] of Object.entries(fields)) {
      this.words[at.LAYER_TABLE + layer * at.LAYER_WORDS + Number(field)] = value;
    }
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
