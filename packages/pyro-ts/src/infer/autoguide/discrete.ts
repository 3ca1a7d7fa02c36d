/** An autoguide for discrete sites. */
import * as tf from '@tensorflow/tfjs';
import { simplex } from '../../distributions/constraints.js';
import { Bernoulli } from '../../distributions/discrete/bernoulli.js';
import { Categorical, OneHotCategorical } from '../../distributions/discrete/categorical.js';
import { type Distribution, MaskedDistribution } from '../../distributions/distribution.js';
import { ModelGuideError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import { sample } from '../../primitives/sample.js';
import { AutoGuide } from './autoGuide.js';
import { type ChosenElements, inPlates } from './look.js';
import { type DiscreteSite, discreteSites } from './sites.js';

/**
 * A table of probabilities for each discrete site, enumerated in parallel: use it with TraceEnumELBO. Source:
 * `pyro.infer.autoguide.AutoDiscreteParallel`.
 * @example
 * const auto = new AutoGuideList([new AutoNormal(model, { sites: ['mean'] }), new AutoDiscreteParallel(model, { sites: ['z'], prefix: 'z' })]);
 */
export class AutoDiscreteParallel<Args extends unknown[]> extends AutoGuide<Args> {
  private known: readonly DiscreteSite[] | undefined;

  protected draw(args: Args, chosen: ChosenElements | undefined): Record<string, tf.Tensor> {
    this.known ??= tf.tidy(() => discreteSites(this.look(args, 1)[0]) as never);
    return Object.fromEntries(
      this.seen(this.known).map(({ site, batchShape, cardinality }) => {
        const shape = [...batchShape, cardinality];
        const drawn = inPlates(site.frames, chosen, () => {
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
        this.seen(this.known).map(({ site: { name, fn }, cardinality }) => {
          const likeliest = tf.argMax(params.get(this.nameOf(name)), -1);
          const isOneHot = unmasked(fn) instanceof OneHotCategorical;
          return [name, tf.cast(isOneHot ? tf.oneHot(likeliest as tf.Tensor1D, cardinality) : likeliest, 'float32')];
        }),
      ),
    );
  }

  private readonly nameOf = (site: string): string => `${this.prefix}.${site}.probs`;
}

const unmasked = (fn: Distribution): Distribution => (fn instanceof MaskedDistribution ? unmasked(fn.base) : fn);

/** The same family with other probabilities. */
function withProbabilities(name: string, fn: Distribution, probs: tf.Tensor): Distribution {
  if (fn instanceof MaskedDistribution) return withProbabilities(name, fn.base, probs).mask(fn.maskValue);
  if (fn instanceof OneHotCategorical) return new OneHotCategorical({ probs });
  if (fn instanceof Categorical) return new Categorical({ probs });
  if (fn instanceof Bernoulli) return new Bernoulli({ probs: tf.squeeze(tf.split(probs, 2, -1)[1], [-1]) });
  throw new ModelGuideError(
    `AutoDiscreteParallel knows Bernoulli, Categorical and OneHotCategorical; site "${name}" is ${fn.name}.`,
    name,
  );
}
