/** Autoguides that see all continuous sites as one vector in unconstrained space. */
import * as tf from '@tensorflow/tfjs';
import { positive } from '../../distributions/constraints.js';
import { normal } from '../../distributions/continuous/normal.js';
import { delta } from '../../distributions/delta.js';
import { type Distribution, sumRightmost } from '../../distributions/distribution.js';
import { ModelGuideError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import { sample } from '../../primitives/sample.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { AutoGuide } from './autoGuide.js';
import { inPlates } from './look.js';
import { type AutoNormalOptions, positiveScale } from './perSite.js';
import { type ContinuousSite, continuousSites, DRAWS } from './sites.js';

/** Draws one vector from `posterior` and deals it out to the sites. Source: `pyro.infer.autoguide.AutoContinuous`. */
export abstract class JointGuide<Args extends unknown[]> extends AutoGuide<Args> {
  protected known: readonly ContinuousSite[] | undefined;

  /** The distribution of the vector: batchShape [], eventShape [latentDim]. */
  protected abstract posterior(latentDim: number, initial: () => tf.Tensor): Distribution;
  /** The centre of that distribution. */
  protected abstract centre(params: ParamStore): tf.Tensor;

  protected sitesOf(args: Args): readonly ContinuousSite[] {
    this.known ??= tf.tidy(() => wholeSites(this.look(args, DRAWS), this.options.initialValues) as never);
    return this.seen(this.known);
  }

  protected draw(args: Args): Record<string, tf.Tensor> {
    const sites = this.sitesOf(args);
    const latentDim = sites.reduce((n, s) => n + s.size, 0);
    const initial = () => tf.tensor1d(sites.flatMap((s) => [...s.initial]));
    const vector = sample(`${this.prefix}.latent`, this.posterior(latentDim, initial), {
      infer: { isAuxiliary: true },
    });
    return Object.fromEntries(
      this.deal(vector, sites).map(({ site, unconstrained }) => [site.name, place(site, unconstrained)]),
    );
  }

  /** The part of the vector [..., latentDim] that belongs to each site, in the site's shape. */
  private deal(
    vector: tf.Tensor,
    sites: readonly ContinuousSite[],
  ): { site: ContinuousSite; unconstrained: tf.Tensor }[] {
    const lead = vector.shape.slice(0, -1);
    let at = 0;
    return sites.map((site) => {
      const part = tf.slice(vector, [...lead.map(() => 0), at], [...lead, site.size]);
      at += site.size;
      return { site, unconstrained: inSiteShape(part, site) };
    });
  }

  /** Takes over what another guide of the same model knows of its sites. */
  protected adopt<Other extends JointGuide<Args>>(other: Other): Other {
    other.known = this.known;
    return other;
  }

  /** The site that an entry of the vector belongs to. */
  protected siteOf(entry: number): string {
    let start = 0;
    for (const { name, size } of this.known ?? []) {
      if (entry < start + size) return name;
      start += size;
    }
    return `entry ${entry}`;
  }

  median(params: ParamStore): Record<string, tf.Tensor> {
    return tf.tidy(() => {
      const dealt = this.deal(this.centre(params), this.seen(this.known));
      return Object.fromEntries(
        dealt.map(({ site, unconstrained }) => [site.name, site.transform().forward(unconstrained).clone()]),
      );
    });
  }
}

/** A vector [..., site.size], of which the leading dimensions are particles, in the site's unconstrained shape. */
export function inSiteShape(vector: tf.Tensor, { shape, eventDim }: ContinuousSite): tf.Tensor {
  // Particles sit left of every plate; between them and a site's own dimensions there is nothing.
  return tf.reshape(vector, [...trimmed(vector.shape.slice(0, -1), shape.length - eventDim), ...shape]);
}

/** Samples a site at a value in unconstrained space, as a point whose density is that of the change of variables. */
export function place({ name, eventDim, frames, ...site }: ContinuousSite, unconstrained: tf.Tensor): tf.Tensor {
  const transform = site.transform();
  const value = transform.forward(unconstrained);
  const jacobian = transform.logAbsDetJacobian(unconstrained, value);
  const logDensity = sumRightmost(jacobian, jacobian.rank - (value.rank - eventDim)).neg();
  return inPlates(frames, undefined, () => sample(name, delta(value, { eventDim, logDensity })));
}

/** The dimensions of `lead` without those, of size 1, that the site's own batch dimensions take the place of. */
function trimmed(lead: readonly number[], batchDims: number): readonly number[] {
  return lead.slice(0, Math.max(0, lead.length - batchDims));
}

/** The continuous sites of a guide that draws the whole of each site. */
export const wholeSites = (...args: Parameters<typeof continuousSites>): ContinuousSite[] =>
  continuousSites(...args).map(rejectSubsampled);

function rejectSubsampled(site: ContinuousSite): ContinuousSite {
  const subsampled = site.frames.find((f) => f.dim !== undefined && f.size !== f.fullSize);
  if (!subsampled) return site;
  throw new ModelGuideError(
    `Site "${site.name}" is inside plate "${subsampled.name}", which subsamples, so it cannot be part of one joint vector. Use AutoNormal or AutoDelta for it, ` +
      'in an AutoGuideList.',
    site.name,
  );
}

/**
 * One normal with a diagonal covariance over all sites. Source: `pyro.infer.autoguide.AutoDiagonalNormal`.
 * @example new SVI(model, new AutoDiagonalNormal(model).guide, new Adam({ lr: 0.01 }), new TraceELBO());
 */
export class AutoDiagonalNormal<Args extends unknown[]> extends JointGuide<Args> {
  private readonly initScale: number;

  constructor(model: InferenceProgram<Args>, options: AutoNormalOptions<Args> = {}) {
    super(model, options, ['initScale']);
    this.initScale = positiveScale('AutoDiagonalNormal', options.initScale ?? 0.1);
  }

  protected posterior(latentDim: number, initial: () => tf.Tensor): Distribution {
    const loc = param(`${this.prefix}.loc`, initial);
    const scale = param(`${this.prefix}.scale`, () => tf.fill([latentDim], this.initScale), { constraint: positive });
    return normal(loc, scale).toEvent(1);
  }
  protected centre(params: ParamStore): tf.Tensor {
    return params.get(`${this.prefix}.loc`);
  }
}
