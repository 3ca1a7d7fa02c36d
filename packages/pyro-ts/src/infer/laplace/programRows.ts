/** The rows of a program: the cost of each datum, and of each value of its discrete latents, with derivatives by its continuous latents. */
import { OperandError } from '@pyro-ts/engine';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { bijectTo } from '../../distributions/bijectTo.js';
import { detachConstraint } from '../../distributions/detachConstraint.js';
import { type TensorLike, toTensor } from '../../distributions/distribution.js';
import type { Transform } from '../../distributions/transforms/transform.js';
import { formatShape, ModelGuideError, ShapeError, SiteError } from '../../errors.js';
import { condition } from '../../handlers/condition.js';
import { EnumerateHandler } from '../../handlers/enumerate.js';
import { EnumerationAllocator } from '../../handlers/enumeration/allocator.js';
import { InferConfigHandler } from '../../handlers/inferConfig.js';
import { trace } from '../../handlers/trace.js';
import type { ParamStore } from '../../paramStore.js';
import type { InferConfig, SampleMessage } from '../../runtime/messages.js';
import { SeedHandler } from '../../runtime/seed.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { rowCurvatures } from './rowCurvatures.js';
import type { RowObjective, RowQuadratic } from './rows.js';

/** A discrete latent of the program. */
export interface RowChoice {
  readonly site: string;
  /** Number of values in its support. */
  readonly count: number;
}

/** A program as rows. Rows are ordered by the values of the discrete latents (the last named one changes slowest), then by datum. */
export interface ProgramRows extends RowObjective {
  /** Number of elements of the plate. */
  readonly count: number;
  /** The discrete latents, in the order of the program. */
  readonly choices: readonly RowChoice[];
  /** Values of the continuous latents (missing ones are 0 in unconstrained space) as a starting point, [rows, dim]. */
  startFrom(values: Readonly<Record<string, TensorLike>>): Float64Array;
  /** The values of each continuous latent at z [rows, dim], constrained, [rows, ...event]. */
  valuesAt(z: Float64Array): Record<string, tf.Tensor>;
}

interface Latent {
  readonly name: string;
  readonly transform: () => Transform;
  /** Shape of one unconstrained value. */
  readonly event: readonly number[];
  readonly size: number;
  /** Index of its first number in a row. */
  readonly at: number;
}

/**
 * The rows of `model`, whose plate `plateName` holds one element for each datum; its latents must be in that plate and in no other. Continuous latents are
 * moved to unconstrained space, with the Jacobian of the move in the cost; discrete ones are enumerated. Gradients come from automatic differentiation,
 * curvatures from central differences of the gradients, 6 dim runs of the model at each point.
 * @throws {SiteError} where there is no such plate, {ModelGuideError} for a latent outside of it or in a further plate.
 * @example
 * const model = (x: number[]) => plate('data', 2, () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: x }));
 * const rows = programRows(model, 'data', new ParamStore(), [[1, 2]]);
 * laplaceEvidence(refineRows(rows, rows.startFrom({})));
 */
export function programRows<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  plateName: string,
  params: ParamStore,
  args: Args,
): ProgramRows {
  const inStore = <R>(body: () => R): R => params.run(() => new SeedHandler('laplace').run(body));
  const nesting = tf.tidy(() => inStore(() => nestingOf(trace(model).getTrace(...args)) as never)) as number;
  const enumerated = (values: Readonly<Record<string, tf.Tensor>>): Trace =>
    trace.with(() =>
      new EnumerateHandler(new EnumerationAllocator(-1 - nesting), 'model').run(() =>
        new InferConfigHandler(inParallel).run(() => condition.with(values, () => model(...args))),
      ),
    );
  const {
    count,
    dim: plateDim,
    choices,
    latents,
  } = tf.tidy(() => inStore(() => describe(enumerated({}), plateName)) as never) as Description;
  const totals = choices.map((c) => c.count).reverse();
  const rows = totals.reduce((a, b) => a * b, 1) * count;
  const dim = latents.reduce((n, l) => n + l.size, 0);
  // Plates at -1 ... -nesting hold one element each, except for that of the data.
  const batch = [...totals, ...Array.from({ length: nesting }, (_, i) => (i - nesting === plateDim ? count : 1))];

  /** The cost of each row, on the gradient tape by the unconstrained values. */
  const costs = (unconstrained: readonly tf.Tensor[]): tf.Tensor => {
    const transforms = latents.map((l) => l.transform());
    const values = unconstrained.map((u, i) => transforms[i].forward(u));
    const found = inStore(() => enumerated(Object.fromEntries(latents.map((l, i) => [l.name, values[i]]))));
    const jacobians = unconstrained.map((u, i) => summedTo(transforms[i].logAbsDetJacobian(u, values[i]), batch));
    const own = found.sampleSites
      .filter((s) => s.frames.some(({ name }) => name === plateName))
      .map((s) => summedTo(logProbOf(s, plateName), batch));
    return tf.neg([...own, ...jacobians].reduce((a, b) => tf.add(a, b)));
  };

  const split = (z: Float64Array): tf.Tensor[] =>
    latents.map(({ event, size, at }) => {
      const own = new Float32Array(rows * size);
      for (let row = 0; row < rows; row++) for (let i = 0; i < size; i++) own[row * size + i] = z[row * dim + at + i];
      return tf.tensor(own, [...batch, ...event]);
    });
  const joined = (parts: readonly tf.Tensor[]): Float64Array => {
    const z = new Float64Array(rows * dim);
    latents.forEach(({ size, at }, k) => {
      const own = parts[k].dataSync();
      for (let row = 0; row < rows; row++) for (let i = 0; i < size; i++) z[row * dim + at + i] = own[row * size + i];
    });
    return z;
  };
  const costAndGradient = (z: Float64Array): { cost: Float64Array; gradient: Float64Array } =>
    tf.tidy(() => {
      let cost = new Float64Array(0);
      const { grads } = tf.valueAndGrads((...unconstrained: tf.Tensor[]) => {
        const perRow = expandTo(costs(unconstrained), batch);
        cost = Float64Array.from(perRow.dataSync());
        return tf.sum(perRow);
      })(split(z));
      return { cost, gradient: joined(grads) } as never;
    }) as { cost: Float64Array; gradient: Float64Array };

  return {
    ...{ rows, dim, count, choices },
    at(z): RowQuadratic {
      const { cost, gradient } = costAndGradient(z);
      return { cost, gradient, curvature: rowCurvatures((at) => costAndGradient(at).gradient, z, rows, dim) };
    },
    startFrom: (values) =>
      tf.tidy(() => {
        for (const name of Object.keys(values)) {
          if (latents.some((l) => l.name === name)) continue;
          throw new SiteError(
            `There is no continuous latent site "${name}" to start from. There are: ${latents.map((l) => l.name).join(', ') || 'none'}.`,
            name,
          );
        }
        return joined(
          latents.map(({ name, transform, event }) => {
            const shape = [...batch, ...event];
            if (!Object.hasOwn(values, name)) return tf.zeros(shape);
            return startOf(name, transform().inverse(toTensor(values[name])), shape);
          }),
        ) as never;
      }) as Float64Array,
    valuesAt: (z) =>
      tf.tidy(() =>
        Object.fromEntries(
          split(z).map((u, i) => {
            const value = latents[i].transform().forward(u);
            return [latents[i].name, tf.reshape(value, [rows, ...value.shape.slice(batch.length)])];
          }),
        ),
      ),
  };
}

interface Description {
  readonly count: number;
  /** The dimension of the plate, negative. */
  readonly dim: number;
  readonly choices: readonly RowChoice[];
  readonly latents: readonly Latent[];
}

/** Number of dimensions that plates take. */
const nestingOf = (found: Trace): number =>
  Math.max(0, ...found.sampleSites.flatMap(({ frames }) => frames.map(({ dim = 0 }) => -dim)));

/** Every discrete latent at once, whatever it asks for. */
const inParallel = ({ fn, isObserved, infer }: SampleMessage): InferConfig =>
  !isObserved && fn.hasEnumerateSupport && !infer.isDeterministic
    ? { enumerate: 'parallel', numSamples: undefined }
    : {};

function describe(found: Trace, plateName: string): Description {
  const frames = found.sampleSites.flatMap((s) => s.frames);
  const frame = frames.find(({ name, dim }) => name === plateName && dim !== undefined);
  if (frame?.dim === undefined) {
    const names = [...new Set(frames.filter(({ dim }) => dim !== undefined).map(({ name }) => name))];
    throw new SiteError(
      `The model has no vectorised plate "${plateName}". It has: ${names.join(', ') || 'none'}.`,
      plateName,
    );
  }
  const choices: RowChoice[] = [];
  const latents: Latent[] = [];
  let at = 0;
  for (const site of found.latentSites.filter((s) => !s.infer.isDeterministic)) {
    checkPlates(site, plateName);
    const own = site.enumeration?.own;
    if (own) {
      choices.push({ site: site.name, count: own.total });
      continue;
    }
    const support = detachConstraint(site.fn.support);
    const transform = () => bijectTo(support);
    const event = transform()
      .inverseShape([...site.fn.batchShape, ...site.fn.eventShape])
      .slice(site.fn.batchShape.length);
    const size = event.reduce((a, b) => a * b, 1);
    latents.push({ name: site.name, transform, event, size, at });
    at += size;
  }
  return { count: frame.size, dim: frame.dim, choices, latents };
}

function checkPlates({ name, frames }: SampleSite, plateName: string): void {
  const [own, others] = [frames.filter((f) => f.name === plateName), frames.filter((f) => f.name !== plateName)];
  if (own.length === 1 && others.every((f) => f.dim !== undefined && f.size === 1)) return;
  throw new ModelGuideError(
    own.length === 0
      ? `Site "${name}" is outside of plate "${plateName}", so that the data depend on each other through it. Condition on it, or make it a param.`
      : `Site "${name}" is also in plate "${others.map((f) => f.name).join('", "')}". Give each datum one value, with event dimensions (toEvent).`,
    name,
  );
}

/** log p of a site for each element, without the factor by which a plate that subsamples scales it up. */
function logProbOf(site: SampleSite, plateName: string): tf.Tensor {
  const frame = site.frames.find(({ name }) => name === plateName);
  if (!frame || frame.size === frame.fullSize || frame.fullSize < 0) return site.logProb;
  return tf.mul(site.logProb, frame.size / frame.fullSize);
}

/** Sums the dimensions in which `shape` has 1, keeping them, so that the result broadcasts to `shape`. */
function summedTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = x.shape.flatMap((n, axis) => (n > 1 && shape[shape.length - x.rank + axis] === 1 ? [axis] : []));
  return axes.length > 0 ? tf.sum(x, axes, true) : x;
}

function startOf(name: string, value: tf.Tensor, shape: readonly number[]): tf.Tensor {
  try {
    return expandTo(value, shape);
  } catch (error) {
    if (!(error instanceof OperandError)) throw error;
    throw new ShapeError(
      `The value that site "${name}" starts from has shape ${formatShape(value.shape)} in unconstrained space, which does not broadcast to ` +
        `${formatShape(shape)}: values of discrete latents, plates, then the event.`,
      name,
    );
  }
}
