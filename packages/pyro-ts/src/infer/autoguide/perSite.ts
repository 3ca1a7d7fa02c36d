/** Autoguides that treat each site by itself: a point, or a normal in unconstrained space. */
import { greater } from '@pyro-ts/engine';
import { host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { positive } from '../../distributions/constraints.js';
import { normal } from '../../distributions/continuous/normal.js';
import { delta } from '../../distributions/delta.js';
import { TransformedDistribution } from '../../distributions/transformed.js';
import { OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import { sample } from '../../primitives/sample.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { AutoGuide, type AutoGuideOptions } from './autoGuide.js';
import { type ChosenElements, inPlates } from './look.js';
import { type ContinuousSite, continuousSites, DRAWS } from './sites.js';

/** One site after the other, each in its plates. Local parameters of subsampled plates are picked and learned for the chosen elements only. */
abstract class PerSiteGuide<Args extends unknown[]> extends AutoGuide<Args> {
  protected known: readonly ContinuousSite[] | undefined;

  protected draw(args: Args, chosen: ChosenElements | undefined): Record<string, tf.Tensor> {
    this.known ??= tf.tidy(() => continuousSites(this.look(args, DRAWS), this.options.initialValues) as never);
    return Object.fromEntries(
      this.seen(this.known).map((site) => [site.name, inPlates(site.frames, chosen, () => this.drawSite(site))]),
    );
  }

  protected abstract drawSite(site: ContinuousSite): tf.Tensor;
  protected abstract centre(site: ContinuousSite, params: ParamStore): tf.Tensor;

  median(params: ParamStore): Record<string, tf.Tensor> {
    return tf.tidy(() =>
      Object.fromEntries(this.seen(this.known).map((site) => [site.name, this.centre(site, params).clone()])),
    );
  }
}

/**
 * The maximum a posteriori estimate: a point for each site. Source: `pyro.infer.autoguide.AutoDelta`.
 * @example const auto = new AutoDelta(model); const svi = new SVI(model, auto.guide, new Adam({ lr: 0.05 }), new TraceELBO());
 */
export class AutoDelta<Args extends unknown[]> extends PerSiteGuide<Args> {
  protected drawSite({ name, support, transform, initial, shape, eventDim }: ContinuousSite): tf.Tensor {
    const begin = () => transform().forward(tf.tensor(initial, shape as number[]));
    return sample(name, delta(param(`${this.prefix}.${name}`, begin, { constraint: support, eventDim }), { eventDim }));
  }
  protected centre({ name }: ContinuousSite, params: ParamStore): tf.Tensor {
    return params.get(`${this.prefix}.${name}`);
  }
}

export interface AutoNormalOptions<Args extends unknown[] = never[]> extends AutoGuideOptions<Args> {
  /** Standard deviation to begin with, in unconstrained space; 0.1. */
  readonly initScale?: number;
}

/**
 * An independent normal for every entry of every site, in unconstrained space. Source: `pyro.infer.autoguide.AutoNormal`.
 * @example new SVI(model, new AutoNormal(model).guide, new Adam({ lr: 0.01 }), new TraceELBO());
 */
export class AutoNormal<Args extends unknown[]> extends PerSiteGuide<Args> {
  private readonly initScale: number;

  constructor(model: InferenceProgram<Args>, options: AutoNormalOptions<Args> = {}) {
    super(model, options, ['initScale']);
    this.initScale = positiveScale('AutoNormal', options.initScale ?? 0.1);
  }

  protected drawSite(site: ContinuousSite): tf.Tensor {
    const { name, transform, initial, shape } = site;
    const { domain, codomain } = transform();
    // A matrix may be a vector in unconstrained space.
    const eventDim = site.eventDim - codomain.eventDim + domain.eventDim;
    const loc = param(`${this.prefix}.${name}.loc`, () => tf.tensor(initial, shape as number[]), { eventDim });
    const scale = param(`${this.prefix}.${name}.scale`, () => tf.fill(shape as number[], this.initScale), {
      constraint: positive,
      eventDim,
    });
    return sample(name, new TransformedDistribution(normal(loc, scale).toEvent(eventDim), [transform()]));
  }
  protected centre({ name, transform }: ContinuousSite, params: ParamStore): tf.Tensor {
    return transform().forward(params.get(`${this.prefix}.${name}.loc`));
  }

  /** The value of each site below which each of the `probabilities` lies, in order; for supports whose entries are transformed one by one. */
  quantiles(params: ParamStore, probabilities: readonly number[]): Record<string, tf.Tensor[]> {
    const of = ({ name, transform }: ContinuousSite): tf.Tensor[] => {
      const [loc, scale] = ['loc', 'scale'].map((part) => params.get(`${this.prefix}.${name}.${part}`));
      const at = (p: number) => transform().forward(loc.add(scale.mul(host.ndtri(p))));
      // A transform may turn the order round, as that onto the numbers below a bound does.
      const rises = greater(at(0.75), at(0.25));
      return probabilities.map((p) => tf.where(rises, at(p), at(1 - p)));
    };
    return tf.tidy(() => Object.fromEntries(this.seen(this.known).map((site) => [site.name, of(site)]))) as Record<
      string,
      tf.Tensor[]
    >;
  }
}

export function positiveScale(owner: string, scale: number): number {
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new OptionError(`${owner}: initScale is a positive number, not ${scale}.`);
}
