/** What every evidence lower bound shares: options, particles, the pair of traces, and the number of plate dimensions. */
import { uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { OptionError, PlateError, rejectUnknownKeys } from '../../errors.js';
import { replay } from '../../handlers/replay.js';
import { trace } from '../../handlers/trace.js';
import { plate } from '../../primitives/plate.js';
import type { PlateFrame } from '../../runtime/messages.js';
import { SeedHandler } from '../../runtime/seed.js';
import { Handler, isValidating } from '../../runtime/stack.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { warningsOf } from '../../runtime/warn.js';
import { checkModelMatchesGuide, checkSiteShape, throwNonFinite, warnOfEnumeration } from '../validate.js';
import type { BaselineState } from './baselines.js';

/** A model or a guide as inference calls it. */
export type InferenceProgram<Args extends unknown[]> = (...args: Args) => unknown;

export interface ElboOptions {
  /** Independent draws of the guide that the estimate averages. @default 1 */
  numParticles?: number;
  /** Draw all particles at once, along a new plate left of all others. Programs must broadcast. */
  vectorizeParticles?: boolean;
  /** The number of plate dimensions, counted from the right, that programs use. @default found by running them once */
  maxPlateNesting?: number;
}

/** An estimate: the loss, and a scalar of which the gradient estimates the loss's gradient (they differ for score functions). */
export interface ElboEstimate {
  readonly loss: tf.Scalar;
  readonly surrogate: tf.Scalar;
}

export interface TracePair {
  model: Trace;
  guide: Trace;
}

/** Programs ready to run, and how many dimensions their plates take. */
export interface PreparedPrograms<Args extends unknown[]> {
  model: InferenceProgram<Args>;
  guide: InferenceProgram<Args>;
  maxPlateNesting: number;
}

/** The sum of scalars. */
export function total(values: readonly tf.Tensor[]): tf.Scalar {
  if (values.length === 0) return tf.scalar(0);
  return (values.length === 1 ? values[0] : tf.addN(values as tf.Tensor[])) as tf.Scalar;
}

/** An estimate whose surrogate is created on first use. */
export function withSurrogate(loss: tf.Scalar, make: () => tf.Scalar): ElboEstimate {
  let made: tf.Scalar | undefined;
  return {
    loss,
    get surrogate() {
      made ??= make();
      return made;
    },
  };
}

/** The sites that a guide draws. */
export const drawnSites = (guide: Trace): SampleSite[] => guide.sampleSites.filter((s) => !s.infer.isDeterministic);

/** Every sample site of some pairs of traces, the guides' first. */
export const sitesOf = (pairs: readonly TracePair[]): SampleSite[] =>
  pairs.flatMap((p) => [...p.guide.sampleSites, ...p.model.sampleSites]);

export const elboOptionKeys: (keyof ElboOptions)[] = ['numParticles', 'vectorizeParticles', 'maxPlateNesting'];

/** A variational objective. Source: `pyro.infer.ELBO`. */
export abstract class ELBO {
  readonly numParticles: number;
  readonly vectorizeParticles: boolean;
  protected readonly givenNesting: number | undefined;

  constructor(options: ElboOptions = {}, knownKeys: readonly string[] = elboOptionKeys) {
    rejectUnknownKeys(new.target.name, options, knownKeys);
    const { numParticles = 1, vectorizeParticles = false, maxPlateNesting } = options;
    if (!Number.isInteger(numParticles) || numParticles < 1) {
      throw new OptionError(`numParticles must be a positive integer, not ${numParticles}.`);
    }
    if (maxPlateNesting !== undefined && (!Number.isInteger(maxPlateNesting) || maxPlateNesting < 0)) {
      throw new OptionError(`maxPlateNesting must be a non-negative integer, not ${maxPlateNesting}.`);
    }
    this.numParticles = numParticles;
    this.vectorizeParticles = vectorizeParticles && numParticles > 1;
    this.givenNesting = maxPlateNesting;
  }

  /** One estimate, with gradients on the tape. Needs a parameter store and a seed around it; SVI provides both. */
  abstract estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate;

  /** The running means of its baselines by site, where it has any. */
  baselineStates(): Map<string, BaselineState> {
    return new Map();
  }
  loadBaselineStates(_means: ReadonlyMap<string, BaselineState>): void {}

  /**
   * Runs `body` with the model and the guide, each wrapped in the particles' plate where particles are vectorised, and with the number of plate
   * dimensions that results: infinite where it does not matter and was not given, which saves a run to find it. What was found is kept; a
   * program may open more plates later, then it is found again.
   */
  protected prepared<Args extends unknown[], R>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
    body: (programs: PreparedPrograms<Args>) => R,
  ): R {
    if (this.givenNesting !== undefined) return body(this.wrapped(model, guide, this.givenNesting));
    if (!this.needsNesting && !this.vectorizeParticles) {
      return body({ model, guide, maxPlateNesting: Number.POSITIVE_INFINITY });
    }
    if (this.foundNesting !== undefined) {
      try {
        return body(this.wrapped(model, guide, this.foundNesting));
      } catch (error) {
        if (!(error instanceof PlateError)) throw error;
      }
    }
    this.foundNesting = plateNesting(model, guide, args);
    return body(this.wrapped(model, guide, this.foundNesting));
  }

  /** Whether the number of plate dimensions matters even where particles are not vectorised. */
  protected readonly needsNesting: boolean = false;
  private foundNesting: number | undefined;

  private wrapped<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    nesting: number,
  ): PreparedPrograms<Args> {
    if (!this.vectorizeParticles) return { model, guide, maxPlateNesting: nesting };
    const wrap =
      (program: InferenceProgram<Args>): InferenceProgram<Args> =>
      (...inner) =>
        plate('numParticlesVectorized', this.numParticles, { dim: -nesting - 1 }, () => program(...inner));
    return { model: wrap(model), guide: wrap(guide), maxPlateNesting: nesting + 1 };
  }

  /** The pairs of traces of one estimate, one for each run. */
  protected pairs<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): { pairs: TracePair[]; maxPlateNesting: number } {
    const run = ({ maxPlateNesting, ...programs }: PreparedPrograms<Args>) => ({
      maxPlateNesting,
      pairs: Array.from({ length: this.runs }, () => {
        const pair = tracePair(programs.model, programs.guide, args, maxPlateNesting);
        if (isValidating()) warnOfEnumeration(this.constructor.name, pair.model, pair.guide);
        return pair;
      }),
    });
    return warningsOf(model, () => this.prepared(model, guide, args, run));
  }

  /** The mean over particles of what each run gives. */
  protected meanOver(values: readonly tf.Tensor[]): tf.Scalar {
    const sum = total(values);
    return (this.numParticles === 1 ? sum : tf.div(sum, this.numParticles)) as tf.Scalar;
  }

  /** Number of times that the programs run for one estimate. */
  protected get runs(): number {
    return this.vectorizeParticles ? 1 : this.numParticles;
  }
}

/** One run of the guide and of the model replayed against it, checked against each other. */
export function tracePair<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  guide: InferenceProgram<Args>,
  args: Args,
  maxPlateNesting: number,
): TracePair {
  const guideTrace = trace(guide).getTrace(...args);
  const modelTrace = trace(replay(model, guideTrace)).getTrace(...args);
  checkTraces({ model: modelTrace, guide: guideTrace }, maxPlateNesting);
  return { model: modelTrace, guide: guideTrace };
}

/** All checks of one pair of traces, where checking is on. */
export function checkTraces({ model, guide }: TracePair, maxPlateNesting: number): void {
  if (!isValidating()) return;
  checkModelMatchesGuide(model, guide);
  for (const site of [...guide.sampleSites, ...model.sampleSites]) checkSiteShape(site, maxPlateNesting);
}

/** `estimate` as it is, or an error that names the site, where its loss is not finite. */
export function rejectNonFinite(estimate: ElboEstimate, sites: () => readonly SampleSite[]): ElboEstimate {
  if (isValidating() && !Number.isFinite(uncountedReads(() => estimate.loss.dataSync())[0]))
    throwNonFinite(sites(), 'The loss');
  return estimate;
}

/**
 * The leftmost plate dimension that the programs use, as a count. Runs them once, on random numbers of its own. Source:
 * `ELBO._guess_max_plate_nesting`.
 */
export function plateNesting<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  guide: InferenceProgram<Args>,
  args: Args,
): number {
  const run = () => {
    const guideTrace = trace(guide).getTrace(...args);
    const modelTrace = trace(replay(model, guideTrace)).getTrace(...args);
    checkTraces({ model: modelTrace, guide: guideTrace }, Number.POSITIVE_INFINITY);
  };
  const plates = new PlateRecorder();
  tf.tidy(() => new SeedHandler('plate nesting').run(() => plates.run(run)));
  return plates.nesting;
}

/** Sees every plate that opens, also one without a site inside. */
class PlateRecorder extends Handler {
  nesting = 0;
  override admitPlate({ dim = 0 }: PlateFrame): void {
    this.nesting = Math.max(this.nesting, -dim);
  }
}
