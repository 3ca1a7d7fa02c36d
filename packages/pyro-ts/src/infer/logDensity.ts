/** The log-density of a model's latent variables in unconstrained space, with its gradient: what samplers start from. */
import * as tf from '@tensorflow/tfjs';
import { ModelGuideError, OptionError, ShapeError } from '../errors.js';
import { condition } from '../handlers/condition.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { param } from '../primitives/param.js';
import { RandomStream } from '../random.js';
import { SeedHandler } from '../runtime/seed.js';
import type { SampleSite } from '../runtime/trace.js';
import { type ContinuousSite, continuousSites, DRAWS } from './autoguide/sites.js';
import type { StepProgram } from './compiled/compiledStep.js';
import { compiledDensity, type DensityAt } from './compiled/density.js';
import type { ELBO, InferenceProgram } from './elbo/elbo.js';
import { TraceELBO } from './elbo/traceElbo.js';
import { TraceEnumELBO } from './elbo/traceEnumElbo.js';
import { running } from './running.js';

/** A latent variable within a position. */
export interface DensitySite {
  readonly name: string;
  /** Of the unconstrained value. */
  readonly shape: readonly number[];
  /** Where its numbers begin. */
  readonly offset: number;
  readonly size: number;
}

/** A log-density over positions: all latent variables, unconstrained, in one row. */
export interface LogDensity {
  /** Number of numbers in a position. */
  readonly size: number;
  readonly sites: readonly DensitySite[];
  /** A position to begin at: medians of draws from the prior. */
  readonly start: Float64Array;
  /**
   * The log-density at `position`, up to the constant that no model knows; puts its gradient into `gradient`. Both have `size` numbers. Computed in
   * float32 or better; -Infinity or NaN where the density is 0 or not defined.
   * @throws {ShapeError} for another number of numbers
   */
  readonly valueAndGradient: (position: ArrayLike<number>, gradient: Float64Array) => number;
  /** The latent variables at `position`, on their supports. The caller disposes of them. */
  readonly values: (position: ArrayLike<number>) => Record<string, tf.Tensor>;
}

/**
 * log p(x, z) of a model with its arguments, as a function of the latent variables z in unconstrained space: each is mapped onto its support as an
 * autoguide does, and the volume that the map changes is counted. It is compiled: an evaluation takes microseconds where the model is small. Discrete
 * latent variables that are marked for enumeration are summed out. Parameters keep the values that they begin with. Source:
 * `numpyro.infer.util.initialize_model`, whose potential energy is the negative of this.
 * @throws {ModelGuideError} where a discrete latent variable is not enumerated, or a plate draws a subsample
 * @throws {CompileError} where the model can't be compiled; where generated code is forbidden, evaluations run as they are after a warning
 * @example
 * const density = logDensity(model, data);
 * const position = density.start.slice();
 * const gradient = new Float64Array(density.size);
 * for (let i = 0; i < 1000; i++) {
 *   density.valueAndGradient(position, gradient);
 *   for (let k = 0; k < position.length; k++) position[k] += 1e-3 * gradient[k]; // towards the peak
 * }
 * const { w } = density.values(position);
 */
export function logDensity<Args extends unknown[]>(model: InferenceProgram<Args>, ...args: Args): LogDensity {
  if (typeof model !== 'function') throw new OptionError('logDensity: the first argument is the model, a function.');
  const own = new ParamStore();
  return running(model, () => {
    const { known, objective } = scoped(() => {
      const runs = own.run(() => latentRuns(model, args));
      return { known: continuousSites(runs), objective: objectiveOf(runs[0]) };
    });
    const program = programOf(model, args, own, known, objective);
    const sites: DensitySite[] = [];
    for (const { name, shape, size } of known) {
      const last = sites.at(-1);
      sites.push({ name, shape, size, offset: last ? last.offset + last.size : 0 });
    }
    const start = Float64Array.from(known.flatMap(({ initial }) => [...initial]));
    const at = compiledDensity(program);
    return new ModelDensity(model, known, sites, start, at);
  });
}

class ModelDensity implements LogDensity {
  constructor(
    private readonly model: object,
    private readonly known: readonly ContinuousSite[],
    readonly sites: readonly DensitySite[],
    readonly start: Float64Array,
    private readonly at: DensityAt,
  ) {}

  get size(): number {
    return this.start.length;
  }

  readonly valueAndGradient = (position: ArrayLike<number>, gradient: Float64Array): number => {
    if (position.length !== this.size || gradient.length !== this.size) {
      throw new ShapeError(
        `logDensity: the position has ${position.length} numbers and the gradient ${gradient.length}; both must have ${this.size}.`,
      );
    }
    return this.at(position, gradient);
  };

  readonly values = (position: ArrayLike<number>): Record<string, tf.Tensor> =>
    running(this.model, () =>
      tf.tidy(() => {
        const numbers = Float32Array.from({ length: this.size }, (_, i) => position[i]);
        return Object.fromEntries(
          this.sites.map(({ name, shape, offset, size }, i) => {
            const own = tf.tensor(numbers.subarray(offset, offset + size), [...shape]);
            return [name, tf.clone(this.known[i].transform().forward(own))];
          }),
        );
      }),
    ) as Record<string, tf.Tensor>;
}

/** Runs `body` and frees the tensors that it makes; what it returns has none. */
function scoped<R>(body: () => R): R {
  let result: R | undefined;
  tf.tidy(() => {
    result = body();
  });
  return result as R;
}

/** Some runs of the model, each as its latent sites. */
function latentRuns<Args extends unknown[]>(model: InferenceProgram<Args>, args: Args): SampleSite[][] {
  return Array.from({ length: DRAWS }, (_, i) => {
    const found = new SeedHandler(new RandomStream(`log-density ${i}`)).run(() => trace(model).getTrace(...args));
    const drawn = found.sampleSites
      .flatMap(({ frames }) => frames)
      .find(({ name, size, fullSize }) => fullSize >= 0 && size !== fullSize && found.has(name));
    if (drawn) {
      throw new ModelGuideError(
        `logDensity: plate "${drawn.name}" draws a subsample, so that the density would be another one in each evaluation. Give the model all of its data.`,
        drawn.name,
      );
    }
    const discrete = found.latentSites.find((s) => s.fn.support.isDiscrete && s.infer.enumerate === undefined);
    if (discrete) {
      throw new ModelGuideError(
        `logDensity: the latent variable "${discrete.name}" is discrete. Sum it out (configEnumerate, or infer: { enumerate: 'parallel' }), or observe it.`,
        discrete.name,
      );
    }
    return found.latentSites;
  });
}

/** With all continuous variables observed, the bound is the log-density itself. */
function objectiveOf(sites: readonly SampleSite[]): ELBO {
  if (sites.every((site) => site.infer.enumerate === undefined)) return new TraceELBO();
  const depths = sites.flatMap(({ frames }) => frames.map(({ dim }) => -(dim ?? 0)));
  return new TraceEnumELBO({ maxPlateNesting: Math.max(0, ...depths) });
}

/** The negative log-density as a program whose parameters are the unconstrained variables. */
function programOf<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  args: Args,
  own: ParamStore,
  sites: readonly ContinuousSite[],
  objective: ELBO,
): StepProgram {
  const params = new ParamStore();
  for (const { name, initial, shape } of sites) {
    tf.tidy(() => params.set(name, tf.tensor(initial, [...shape])));
  }
  const estimate = (stream: RandomStream) => {
    const volumes: tf.Tensor[] = [];
    const values: Record<string, tf.Tensor> = {};
    for (const { name, transform, shape } of sites) {
      const map = transform();
      const x = param(name, () => tf.zeros([...shape]));
      values[name] = map.forward(x);
      volumes.push(tf.sum(map.logAbsDetJacobian(x, values[name])));
    }
    const { loss } = new SeedHandler(stream).run(() =>
      own.run(() =>
        objective.estimate(
          (...inner: Args) => condition.with(values, () => model(...inner)),
          () => {},
          args,
        ),
      ),
    );
    const negative = volumes.reduce((sum, volume) => tf.sub(sum, volume), loss as tf.Tensor) as tf.Scalar;
    return { loss: negative, surrogate: negative };
  };
  return { params, estimate };
}
