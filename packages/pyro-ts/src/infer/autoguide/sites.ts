/** What an autoguide learns from one look at the model: its latent sites with shapes, supports, plates and a place to begin. */
import * as tf from '@tensorflow/tfjs';
import { biject } from '../../distributions/biject.js';
import type { Constraint } from '../../distributions/constraints.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { ModelGuideError } from '../../errors.js';
import { block } from '../../handlers/block.js';
import { seed } from '../../handlers/seed.js';
import { trace } from '../../handlers/trace.js';
import { plate } from '../../primitives/plate.js';
import type { PlateFrame } from '../../runtime/messages.js';
import type { SampleSite } from '../../runtime/trace.js';
import type { InferenceProgram } from '../elbo/elbo.js';

/** A continuous latent site. Shapes have the full size of a plate that subsamples. */
export interface ContinuousSite {
  readonly name: string;
  readonly support: Constraint;
  /** From unconstrained space onto the support. */
  readonly transform: Transform;
  /** Batch and event shape of the unconstrained value. */
  readonly shape: readonly number[];
  readonly size: number;
  /** Number of rightmost dimensions that make one unconstrained value. */
  readonly eventDim: number;
  readonly frames: readonly PlateFrame[];
  /** The median of some draws from the prior, unconstrained; row major. */
  readonly initial: Float32Array;
}

/** A discrete latent site that is to be enumerated. */
export interface DiscreteSite {
  readonly site: SampleSite;
  readonly batchShape: readonly number[];
  /** Number of values of its support. */
  readonly cardinality: number;
}

/** Draws of which the medians are taken, as `pyro.infer.autoguide.init_to_median` does. */
const DRAWS = 15;

type SiteFilter = (name: string) => boolean;

/** The continuous latent sites that `wanted` asks for. */
export function continuousSites<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  args: Args,
  wanted: SiteFilter,
): ContinuousSite[] {
  return tf.tidy(() => {
    const runs = Array.from({ length: DRAWS }, (_, i) => latentSites(model, args, wanted, i));
    const names = runs[0].filter((s) => s.infer.enumerate === undefined).map((s) => s.name);
    return names.map((name) => describe(runs.map((run) => run.find((s) => s.name === name) as SampleSite))) as never;
  }) as ContinuousSite[];
}

/** The discrete latent sites that `wanted` asks for. */
export function discreteSites<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  args: Args,
  wanted: SiteFilter,
): DiscreteSite[] {
  return tf.tidy(
    () =>
      latentSites(model, args, wanted, 0)
        .filter((s) => s.fn.hasEnumerateSupport)
        .map((site) => ({
          site,
          batchShape: site.fn.batchShape,
          cardinality: site.fn.enumerateSupport(false).shape[0],
        })) as never,
  ) as DiscreteSite[];
}

/** Runs the model alone: what is around it sees its parameters and nothing else. */
function latentSites<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  args: Args,
  wanted: SiteFilter,
  run: number,
): SampleSite[] {
  const found = block.with({ exposeTypes: ['param'] }, () =>
    seed.with(`autoguide ${run}`, () => trace(model).getTrace(...args)),
  );
  return found.latentSites.filter((site) => wanted(site.name));
}

function describe(draws: readonly SampleSite[]): ContinuousSite {
  const [{ name, fn, frames }] = draws;
  if (fn.support.isDiscrete) {
    throw new ModelGuideError(
      `An autoguide for continuous variables met the discrete site "${name}". Enumerate it in the model (configEnumerate, or infer: { enumerate: 'parallel' }), ` +
        'or give it to AutoDiscreteParallel in an AutoGuideList.',
      name,
    );
  }
  const transform = biject(fn.support);
  const values = draws.map((draw) => transform.inverse(draw.value));
  const drawn = values[0].shape;
  const eventDim = fn.eventShape.length;
  const shape = [...drawn];
  for (const { dim, fullSize } of frames) if (dim !== undefined) shape[shape.length - eventDim + dim] = fullSize;
  const medians = medianOf(values.map((v) => v.dataSync() as Float32Array));
  const size = shape.reduce((n, d) => n * d, 1);
  const isWhole = size === medians.length;
  return {
    name,
    support: fn.support,
    transform,
    shape,
    size,
    eventDim,
    frames,
    // Elements that the subsample left out begin like one that it chose.
    initial: isWhole ? medians : Float32Array.from({ length: size }, (_, i) => medians[i % medians.length]),
  };
}

function medianOf(rows: readonly Float32Array[]): Float32Array {
  return rows[0].map((_, i) => rows.map((row) => row[i]).sort((a, b) => a - b)[Math.floor(rows.length / 2)]);
}

/** Runs `body` inside the vectorised plates of a site, outermost first. */
export function inPlates<R>(frames: readonly PlateFrame[], body: () => R): R {
  const [first, ...rest] = frames.filter((f) => f.dim !== undefined);
  if (!first) return body();
  const { name, fullSize, size, dim } = first;
  return plate(name, fullSize, { subsampleSize: size, dim: dim as number }, () => inPlates(rest, body));
}
