/**
 * One call for deformable templates on a run of rows: its operands in the shared memory, its job's words, and its
 * results.
 */
import type {
  NormalEquationArrays,
  TemplateGradients,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from '../template/problem.js';
import type { Arena } from './arena.js';
import { CHUNKS, PARTIAL_FLOATS, PARTIALS, SCRATCH, SCRATCH_BYTES } from './layout.js';
import { roundUp } from './plan.js';
import * as at from './templateLayout.js';
import { addPlanes, assignSlots, packField, packPictures, packPixels, packTargets } from './templatePack.js';

/** Minimum numbers of pixels for a piece of work, and for a chunk with its own gradients. */
const PIECE_POINTS = 4096;
const CHUNK_POINTS = 16384;
const MOST_CHUNKS = 64;
/** Of the gradients of all chunks together. */
const SUM_FLOATS = 2 ** 24;
const BLOCK_POINTS = 256;

export type TemplateJob =
  | typeof at.TEMPLATE_DRAW
  | typeof at.TEMPLATE_ERRORS
  | typeof at.TEMPLATE_EQUATIONS
  | typeof at.TEMPLATE_BACK;

/** Arrays of a call besides its operands. */
export interface TemplateExtras {
  readonly targets?: TemplateTargets;
  /** [R, K, P] */
  readonly upstream?: Float32Array;
}

/** Runs of rows whose operands and results take at most `bytes`, or single rows. */
export function templateBatches(problem: TemplateProblem, bytes: number): { first: number; count: number }[] {
  const { rows, channels, pixels, contents } = problem;
  const size = 3 + contents;
  const most = Math.max(1, Math.floor(bytes / 4 / (channels * roundUp(pixels, 4) + size * (size + 2))));
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => ({
    first: i * most,
    count: Math.min(most, rows - i * most),
  }));
}

export class TemplateCall {
  /** Address of the job's words. */
  readonly job: number;
  readonly chunks: number;
  private readonly words = new Int32Array(at.TEMPLATE_WORDS);
  private readonly partialFloats: number = 0;

  /** Run it within `arena.scoped`, which frees its memory. `problem.rows` counts the rows from `first` on. */
  constructor(
    private readonly arena: Arena,
    private readonly problem: TemplateProblem,
    operands: TemplateOperands,
    private readonly first: number,
    kind: TemplateJob,
    threads: number,
    { targets, upstream }: TemplateExtras = {},
  ) {
    const { rows, pictures, channels, height, width, contents, grid, pixels } = problem;
    const size = 3 + contents;
    const padded = roundUp(pixels, 4);
    const [entries, controls] = [(height + 1) * (width + 1), (grid + 1) ** 2];
    this.job = this.take(at.TEMPLATE_WORDS);
    const planes = this.take(pictures * channels * 4 * entries);
    const field = this.take(8 * contents * controls);
    const line = roundUp(padded, 16);
    const coordinates = this.take(3 * line);
    const theta = operands.theta.subarray(first * size, (first + rows) * size);
    const thetaAt = this.take(theta.length);
    const directions = this.take(2 * rows);
    const [picture, slot] = [this.take(rows), this.take(rows)];
    const used = targets && assignSlots(targets.image.subarray(first, first + rows), new Int32Array(rows));
    const targetsAt = this.take((used?.length ?? 0) * channels * padded);
    const drawn = this.take(kind === at.TEMPLATE_DRAW || upstream ? rows * channels * pixels : 0);
    const [errors, gradient] = [this.take(rows), this.take(rows * size)];
    const hessian = this.take(kind === at.TEMPLATE_EQUATIONS ? rows * size * size : 0);

    const jacobianRows = roundUp(size + 1, 4);
    const block = Math.max(4, 4 * Math.floor(BLOCK_POINTS / channels / 4));
    const scratch =
      at.VALUES / 4 + 8 * controls + Math.max(2 * controls, jacobianRows * (block * channels + jacobianRows));
    const scratchBytes = 4 * roundUp(scratch, 16);
    const scratchAt = this.take((threads * scratchBytes) / 4);

    const fieldSums = pictures * channels * entries;
    const perRow = Math.max(1, padded * channels);
    let pieceRows = Math.max(1, Math.floor(PIECE_POINTS / perRow));
    this.chunks = 1;
    let partials = 0;
    if (kind === at.TEMPLATE_BACK) {
      this.partialFloats = roundUp(fieldSums + 2 * contents * controls, 16);
      const most = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(SUM_FLOATS / this.partialFloats)));
      const worth = Math.floor(Math.max(CHUNK_POINTS, this.partialFloats) / perRow);
      pieceRows = Math.max(Math.ceil(rows / most), worth, 1);
      this.chunks = Math.ceil(rows / pieceRows);
      partials = this.take(this.chunks * this.partialFloats);
    }
    this.set({
      ...{ [CHUNKS]: this.chunks, [PARTIALS]: partials, [PARTIAL_FLOATS]: this.partialFloats },
      ...{ [SCRATCH]: scratchAt, [SCRATCH_BYTES]: scratchBytes },
      ...{ [at.ROWS]: rows, [at.POINTS]: pixels, [at.PADDED_POINTS]: padded, [at.PLANES]: channels },
      ...{
        [at.HEIGHT]: height,
        [at.WIDTH]: width,
        [at.CONTENTS]: contents,
        [at.GRID]: grid,
        [at.PIECE_ROWS]: pieceRows,
      },
      ...{ [at.XS]: coordinates, [at.YS]: coordinates + 4 * line, [at.LIVE]: coordinates + 8 * line },
      ...{ [at.PICTURES]: planes, [at.PICTURE_ENTRIES]: entries, [at.FIELD_ENTRIES]: controls, [at.FIELD]: field },
      ...{ [at.THETA]: thetaAt, [at.DIRECTIONS]: directions, [at.PICTURE]: picture, [at.SLOT]: slot },
      ...{ [at.TARGETS]: targetsAt, [at.DRAWN]: drawn, [at.ERRORS]: errors, [at.GRADIENT]: gradient },
      ...{ [at.HESSIAN]: hessian, [at.BLOCK_POINTS]: block, [at.JACOBIAN_ROWS]: jacobianRows },
      [at.FIELD_SUMS]: 4 * fieldSums,
    });

    // All memory is allocated: views stay valid from here on.
    arena.words(this.job, at.TEMPLATE_WORDS).set(this.words);
    packPictures(
      problem,
      operands.pictures,
      kind === at.TEMPLATE_EQUATIONS,
      arena.view(planes, pictures * channels * 4 * entries),
    );
    packField(problem, operands.field, arena.view(field, 8 * contents * controls));
    const lines = [0, 1, 2].map((i) => arena.view(coordinates + 4 * i * line, padded));
    packPixels(problem, operands.pixels, lines);
    arena.view(thetaAt, theta.length).set(theta);
    const turns = arena.view(directions, 2 * rows);
    for (let r = 0; r < rows; r++) {
      turns[2 * r] = Math.cos(theta[r * size]);
      turns[2 * r + 1] = Math.sin(theta[r * size]);
    }
    arena.words(picture, rows).set(operands.picture.subarray(first, first + rows));
    if (targets && used) {
      assignSlots(targets.image.subarray(first, first + rows), arena.words(slot, rows));
      packTargets(problem, operands, targets, used, arena.view(targetsAt, used.length * channels * padded));
    }
    const perDrawn = channels * pixels;
    if (upstream)
      arena.view(drawn, rows * perDrawn).set(upstream.subarray(first * perDrawn, (first + rows) * perDrawn));
  }

  readDrawn(to: Float32Array): void {
    this.read(at.DRAWN, this.problem.channels * this.problem.pixels, to);
  }

  readErrors(to: Float32Array): void {
    this.read(at.ERRORS, 1, to);
  }

  readEquations(to: NormalEquationArrays): void {
    const size = 3 + this.problem.contents;
    this.readErrors(to.squaredError);
    this.read(at.GRADIENT, size, to.gradient);
    this.read(at.HESSIAN, size * size, to.hessian);
  }

  /** Adds the gradients of pictures and field, and writes those of theta. */
  readGradients(to: TemplateGradients): void {
    const { height, width, grid } = this.problem;
    this.read(at.GRADIENT, 3 + this.problem.contents, to.theta);
    const sums = this.arena.view(this.words[PARTIALS], this.partialFloats);
    addPlanes(sums, height, width, to.pictures);
    addPlanes(sums.subarray(this.words[at.FIELD_SUMS] / 4), grid, grid, to.field);
  }

  /** Copies what the word points at, `floats` per row, to these rows of `to`. */
  private read(word: number, floats: number, to: Float32Array): void {
    to.set(this.arena.view(this.words[word], this.problem.rows * floats), this.first * floats);
  }

  private set(words: Readonly<Record<number, number>>): void {
    for (const [index, value] of Object.entries(words)) this.words[Number(index)] = value;
  }

  private take(floats: number): number {
    return this.arena.take(4 * floats);
  }
}
