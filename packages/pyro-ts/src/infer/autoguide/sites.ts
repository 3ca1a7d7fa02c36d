/** What an autoguide keeps of a latent site: its shape, support, plates and a place to begin. */
import { OperandError } from '@pyro-ts/engine';
import { expandTo, sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { bijectTo } from '../../distributions/bijectTo.js';
import type { Constraint } from '../../distributions/constraints.js';
import { detachConstraint } from '../../distributions/detachConstraint.js';
import { type TensorLike, toTensor } from '../../distributions/distribution.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { formatShape, ModelGuideError, ShapeError, SupportError } from '../../errors.js';
import type { PlateFrame } from '../../runtime/messages.js';
import type { SampleSite } from '../../runtime/trace.js';
import { fullBatchShape } from './look.js';

/** A continuous latent site. Shapes have the full size of a plate that subsamples. */
export interface ContinuousSite {
  readonly name: string;
  readonly support: Constraint;
  /** From unconstrained space onto the support: created for each run, since it may hold tensors. */
  readonly transform: () => Transform;
  /** Batch and event shape of the unconstrained value. */
  readonly shape: readonly number[];
  readonly size: number;
  /** Number of rightmost dimensions that make one unconstrained value. */
  readonly eventDim: number;
  readonly frames: readonly PlateFrame[];
  /** Where the site begins, unconstrained; row major. */
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
export const DRAWS = 15;

/** The continuous sites of some runs of a model, but those that are enumerated in it. */
export function continuousSites(
  runs: readonly (readonly SampleSite[])[],
  initialValues: Readonly<Record<string, TensorLike>> = {},
): ContinuousSite[] {
  const sites = runs[0].filter((s) => s.infer.enumerate === undefined);
  return sites.map((site) => {
    const draws = runs.map((run) => run.find((s) => s.name === site.name) ?? site);
    return describe(draws, Object.hasOwn(initialValues, site.name) ? initialValues[site.name] : undefined);
  });
}

/** The discrete sites of a run of a model. */
export const discreteSites = (run: readonly SampleSite[]): DiscreteSite[] =>
  run
    .filter((s) => s.fn.hasEnumerateSupport)
    .map((site) => ({
      site,
      batchShape: fullBatchShape(site.fn.batchShape, site.frames),
      cardinality: site.fn.enumerateSupport(false).shape[0],
    }));

function describe(draws: readonly SampleSite[], given: TensorLike | undefined): ContinuousSite {
  const [{ name, fn, frames }] = draws;
  if (fn.support.isDiscrete) {
    throw new ModelGuideError(
      `An autoguide for continuous variables met the discrete site "${name}". Enumerate it in the model (configEnumerate, or infer: { enumerate: 'parallel' }), ` +
        'or give it to AutoDiscreteParallel in an AutoGuideList.',
      name,
    );
  }
  const support = detachConstraint(fn.support);
  const transform = bijectTo(support);
  const eventDim = fn.eventShape.length;
  const drawn = transform.inverseShape(draws[0].value.shape);
  const split = drawn.length - eventDim;
  const shape = [...fullBatchShape(drawn.slice(0, split), frames), ...drawn.slice(split)];
  const initial =
    given === undefined
      ? cycled(medianOf(draws.map((d) => transform.inverse(d.value).dataSync())), drawn, shape)
      : unconstrained(name, toTensor(given), support, transform, shape);
  return { name, support, transform: () => bijectTo(support), shape, size: initial.length, eventDim, frames, initial };
}

function medianOf(rows: readonly ArrayLike<number>[]): Float32Array {
  const middle = Math.floor(rows.length / 2);
  return Float32Array.from(rows[0], (_, i) => rows.map((row) => row[i]).sort((a, b) => a - b)[middle]);
}

/** `data` of shape `from`, repeated up to shape `to`: elements that a subsample omitted begin like those that it chose. */
function cycled(data: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  if (sameShape(from, to)) return data;
  const size = to.reduce((n, d) => n * d, 1);
  return Float32Array.from({ length: size }, (_, index) => {
    let [at, stride, rest] = [0, 1, index];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += ((rest % to[axis]) % from[axis]) * stride;
      stride *= from[axis];
      rest = Math.floor(rest / to[axis]);
    }
    return data[at];
  });
}

/** The value that the user wants a site to begin at. */
function unconstrained(
  name: string,
  value: tf.Tensor,
  support: Constraint,
  transform: Transform,
  shape: readonly number[],
): Float32Array {
  if (!tf.all(support.check(value)).dataSync()[0]) {
    throw new SupportError(`initialValues of site "${name}": the value must be ${support.name}.`, name);
  }
  try {
    return Float32Array.from(expandTo(transform.inverse(value), shape).dataSync());
  } catch (error) {
    if (!(error instanceof OperandError)) throw error;
    throw new ShapeError(
      `initialValues of site "${name}": a value of shape ${formatShape(value.shape)} does not fit the site, which has shape ` +
        `${formatShape(transform.forwardShape(shape))}.`,
      name,
    );
  }
}
