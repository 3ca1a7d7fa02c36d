/** What autoguides share: they look at the model once, sample its sites, and know the median of what they have learned. */
import type * as tf from '@tensorflow/tfjs';
import type { TensorLike } from '../../distributions/distribution.js';
import { ContextError, OptionError, rejectUnknownKeys } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { type ChosenElements, latentSites } from './look.js';

export interface AutoGuideOptions<Args extends unknown[] = never[]> {
  /** Begins the names of the guide's parameters; "auto". */
  readonly prefix?: string;
  /** The sites that this guide takes care of. @default all */
  readonly sites?: readonly string[];
  /** Where sites begin, in their own space. @default the median of some draws from the prior */
  readonly initialValues?: Readonly<Record<string, TensorLike>>;
  /**
   * For a model that is told by its arguments which elements of a plate it sees (`plate(name, size, { subsample: indices }, ...)`): those
   * elements, by the plate's name.
   */
  readonly subsample?: (...args: Args) => ChosenElements;
}

const optionKeys: (keyof AutoGuideOptions)[] = ['prefix', 'sites', 'initialValues', 'subsample'];

/**
 * A guide made from a model. Pass `auto.guide` to SVI. The model is run once, at the first use, and its sites are taken to stay as they are.
 * Source: `pyro.infer.autoguide.AutoGuide`.
 */
export abstract class AutoGuide<Args extends unknown[]> {
  readonly prefix: string;

  constructor(
    readonly model: InferenceProgram<Args>,
    protected readonly options: AutoGuideOptions<Args> = {},
    furtherKeys: readonly string[] = [],
  ) {
    rejectUnknownKeys(new.target.name, options, [...optionKeys, ...furtherKeys]);
    if (typeof model !== 'function')
      throw new OptionError(`${new.target.name}: the first argument is the model, a function.`);
    this.prefix = options.prefix ?? 'auto';
  }

  /** The guide: an ordinary program with the model's arguments. Returns the values that it drew. */
  readonly guide = (...args: Args): Record<string, tf.Tensor> => this.draw(args, this.options.subsample?.(...args));

  protected abstract draw(args: Args, chosen: ChosenElements | undefined): Record<string, tf.Tensor>;

  /** The median of each site under the guide, in the site's own space; for point estimates. The caller disposes of them. */
  abstract median(params: ParamStore): Record<string, tf.Tensor>;

  /** What the guide found at its first use. */
  protected seen<Known>(known: Known | undefined): Known {
    if (known !== undefined) return known;
    throw new ContextError(
      `${this.constructor.name} has not looked at its model yet. Run its guide once, with svi.step or svi.evaluateLoss.`,
    );
  }

  /** Some runs of the model, each as the latent sites that this guide takes care of. */
  protected look(args: Args, runs: number) {
    const { sites } = this.options;
    return latentSites(this.model, args, {
      runs,
      wanted: (name) => sites === undefined || sites.includes(name),
      subsampleIsGiven: this.options.subsample !== undefined,
    });
  }
}
