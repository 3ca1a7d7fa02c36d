/** Autoguides for discrete sites, and several guides as one. */
import * as tf from '@tensorflow/tfjs';
import { Bernoulli } from '../../distributions/discrete/bernoulli.js';
import { Categorical, OneHotCategorical } from '../../distributions/discrete/categorical.js';
import { simplex } from '../../distributions/constraints.js';
import type { Distribution } from '../../distributions/distribution.js';
import { ModelGuideError, OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import { sample } from '../../primitives/sample.js';
import { AutoGuide } from './autoGuide.js';
import { type DiscreteSite, discreteSites, inPlates } from './sites.js';

/**
 * A table of probabilities for each discrete site, enumerated in parallel: use it with TraceEnumELBO. Source:
 * `pyro.infer.autoguide.AutoDiscreteParallel`.
 */
export class AutoDiscreteParallel<Args extends unknown[]> extends AutoGuide<Args> {
  private known: readonly DiscreteSite[] | undefined;

  protected draw(args: Args): Record<string, tf.Tensor> {
    this.known ??= discreteSites(this.model, args, this.wants);
    return Object.fromEntries(
      this.known.map(({ site, batchShape, cardinality }) => {
        const shape = [...batchShape, cardinality];
        const drawn = inPlates(site.frames, () => {
          const probs = param(this.nameOf(site.name), () => tf.fill(shape, 1 / cardinality), {
            constraint: simplex,
            eventDim: 1,
          });
          return sample(site.name, withProbabilities(site.name, site.fn, probs), { infer: { enumerate: 'parallel' } });
        });
        return [site.name, drawn];
      }),
    );
  }

  /** The likeliest value of each site. */
  median(params: ParamStore): Record<string, tf.Tensor> {
    return tf.tidy(() =>
      Object.fromEntries(
        (this.known ?? []).map(({ site: { name, fn }, cardinality }) => {
          const likeliest = tf.argMax(params.get(this.nameOf(name)), -1);
          const isOneHot = fn instanceof OneHotCategorical;
          return [name, tf.cast(isOneHot ? tf.oneHot(likeliest as tf.Tensor1D, cardinality) : likeliest, 'float32')];
        }),
      ),
    );
  }

  private readonly nameOf = (site: string): string => `${this.prefix}.${site}.probs`;
}

/** The same family with other probabilities. */
function withProbabilities(name: string, fn: Distribution, probs: tf.Tensor): Distribution {
  if (fn instanceof OneHotCategorical) return new OneHotCategorical({ probs });
  if (fn instanceof Categorical) return new Categorical({ probs });
  if (fn instanceof Bernoulli) return new Bernoulli({ probs: tf.gather(probs, 1, -1) });
  throw new ModelGuideError(
    `AutoDiscreteParallel knows Bernoulli, Categorical and OneHotCategorical; site "${name}" is ${fn.name}.`,
    name,
  );
}

/**
 * Several autoguides of one model as one guide, each with its own `sites` and `prefix`. Source: `pyro.infer.autoguide.AutoGuideList`.
 * @example
 * const auto = new AutoGuideList([new AutoNormal(model, { sites: ['w'] }), new AutoDelta(model, { sites: ['scale'], prefix: 'point' })]);
 */
export class AutoGuideList<Args extends unknown[]> {
  constructor(readonly parts: readonly AutoGuide<Args>[]) {
    const prefixes = parts.map((p) => p.prefix);
    const twice = prefixes.find((p, i) => prefixes.indexOf(p) !== i);
    if (twice !== undefined) {
      throw new OptionError(
        `AutoGuideList: two parts have the prefix "${twice}", so that their parameters could collide. Give each its own prefix.`,
      );
    }
  }

  readonly guide = (...args: Args): Record<string, tf.Tensor> =>
    Object.assign({}, ...this.parts.map((part) => part.guide(...args)));

  median(params: ParamStore): Record<string, tf.Tensor> {
    return Object.assign({}, ...this.parts.map((part) => part.median(params)));
  }
}
