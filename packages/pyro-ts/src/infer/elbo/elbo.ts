/** What every evidence lower bound shares: options, particles, the pair of traces, and the number of plate dimensions. */
import * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys } from '../../errors.js';
import { replay } from '../../handlers/replay.js';
import { SeedHandler } from '../../handlers/seed.js';
import { trace } from '../../handlers/trace.js';
import { plate } from '../../primitives/plate.js';
import { isValidating } from '../../runtime/stack.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { checkModelMatchesGuide, checkSiteShape, throwNonFinite } from '../validate.js';

/** A model or a guide as inference calls it. */
export type InferenceProgram<Args extends unknown[]> = (...args: Args) => unknown;

export interface ElboOptions {
  /** Independent draws of the guide that the estimate averages; 1 when left out. */
  numParticles?: number;
  /** Draw all particles at once, along a new plate left of all others. Programs must broadcast. */
  vectorizeParticles?: boolean;
  /** The number of plate dimensions, counted from the right, that programs use. Found by running them once when left out. */
  maxPlateNesting?: number;
}

/** An estimate: the loss, and a scalar of which the gradient estimates the loss's gradient (they differ for score functions). */
export interface ElboEstimate {
  loss: tf.Scalar;
  surrogate: tf.Scalar;
}

export interface TracePair {
  model: Trace;
  guide: Trace;
}

export const elboOptionKeys: (keyof ElboOptions)[] = ['numParticles', 'vectorizeParticles', 'maxPlateNesting'];

/** A variational objective. Source: `pyro.infer.ELBO`. */
export abstract class ELBO {
  readonly numParticles: number;
  readonly vectorizeParticles: boolean;
  protected readonly givenNesting: number | undefined;

  constructor(options: ElboOptions = {}, knownKeys: readonly string[] = elboOptionKeys) {
    refuseUnknownKeys(new.target.name, options, knownKeys);
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

  /** Model and guide, each wrapped in the particles' plate where particles are vectorised; and the nesting that results. */
  protected prepare<Args extends unknown[]>(model: InferenceProgram<Args>, guide: InferenceProgram<Args>, args: Args) {
    const nesting = this.nesting(model, guide, args);
    if (!this.vectorizeParticles) return { model, guide, maxPlateNesting: nesting };
    const wrap =
      (program: InferenceProgram<Args>): InferenceProgram<Args> =>
      (...inner) =>
        plate('numParticlesVectorized', this.numParticles, { dim: -nesting - 1 }, () => program(...inner));
    return { model: wrap(model), guide: wrap(guide), maxPlateNesting: nesting + 1 };
  }

  /** The number of plate dimensions; infinite where it does not matter and was not given, which saves a run to find it. */
  protected nesting<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): number {
    if (this.givenNesting !== undefined) return this.givenNesting;
    return this.vectorizeParticles ? plateNesting(model, guide, args) : Number.POSITIVE_INFINITY;
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
export function refuseNonFinite(estimate: ElboEstimate, sites: () => readonly SampleSite[]): ElboEstimate {
  if (isValidating() && !Number.isFinite(estimate.loss.dataSync()[0])) throwNonFinite(sites(), 'The loss');
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
    const sites = [...guideTrace.sampleSites, ...modelTrace.sampleSites];
    const nesting = Math.max(0, ...sites.flatMap((s) => s.frames.map((f) => -(f.dim ?? 0))));
    checkTraces({ model: modelTrace, guide: guideTrace }, Number.POSITIVE_INFINITY);
    return nesting;
  };
  return tf.tidy(() => new SeedHandler('plate nesting').run(run) as never);
}
