/** What autoguides share: they look at the model once, sample its sites, and know the median of what they have learned. */
import type * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import type { InferenceProgram } from '../elbo/elbo.js';

export interface AutoGuideOptions {
  /** Begins the names of the guide's parameters; "auto". */
  readonly prefix?: string;
  /** The sites that this guide takes care of; all when left out. */
  readonly sites?: readonly string[];
}

/**
 * A guide made from a model. Pass `auto.guide` to SVI. The model is run once, at the first use, and its sites are taken to stay as they are. Source:
 * `pyro.infer.autoguide.AutoGuide`.
 */
export abstract class AutoGuide<Args extends unknown[]> {
  readonly prefix: string;
  private readonly sites: readonly string[] | undefined;

  constructor(
    readonly model: InferenceProgram<Args>,
    options: AutoGuideOptions = {},
    knownKeys: readonly string[] = ['prefix', 'sites'],
  ) {
    refuseUnknownKeys(new.target.name, options, knownKeys);
    if (typeof model !== 'function')
      throw new OptionError(`${new.target.name}: the first argument is the model, a function.`);
    this.prefix = options.prefix ?? 'auto';
    this.sites = options.sites;
  }

  /** The guide: an ordinary program with the model's arguments. Returns the values that it drew. */
  readonly guide = (...args: Args): Record<string, tf.Tensor> => this.draw(args);

  protected abstract draw(args: Args): Record<string, tf.Tensor>;

  /** The median of each site under the guide, in the site's own space; for point estimates. The caller disposes of them. */
  abstract median(params: ParamStore): Record<string, tf.Tensor>;

  /** Whether this guide takes care of a site. */
  protected readonly wants = (name: string): boolean => this.sites === undefined || this.sites.includes(name);
}
