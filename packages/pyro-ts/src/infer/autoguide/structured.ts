/** A guide whose sites have a distribution each and depend on each other as the user says. */
import * as tf from '@tensorflow/tfjs';
import { positive } from '../../distributions/constraints.js';
import { normal } from '../../distributions/continuous/normal.js';
import type { Distribution } from '../../distributions/distribution.js';
import { MultivariateNormal } from '../../distributions/multivariate/multivariateNormal.js';
import { didYouMean, OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { param } from '../../primitives/param.js';
import { sample } from '../../primitives/sample.js';
import type { InferenceProgram } from '../elbo/elbo.js';
import { AutoGuide } from './autoGuide.js';
import { inSiteShape, place, wholeSites } from './joint.js';
import { scaleTrilParam } from './multivariate.js';
import { type AutoNormalOptions, positiveScale } from './perSite.js';
import { type ContinuousSite, DRAWS } from './sites.js';

/** How the entries of a site vary around its location: not at all, independently, together, or as a distribution of vectors [size] that the user makes. */
export type Conditional = 'delta' | 'normal' | 'mvn' | ((size: number) => Distribution);

/** How a site's location moves with the deviation of another one, [..., size of that one] to [..., size]: by a matrix that is learned, or by any function. */
export type Dependency = 'linear' | ((deviation: tf.Tensor) => tf.Tensor);

export interface AutoStructuredOptions<Args extends unknown[] = never[]> extends AutoNormalOptions<Args> {
  /** The distribution of every site, or of each by name. @default 'normal' */
  readonly conditionals?: Conditional | Readonly<Record<string, Conditional>>;
  /** For each site, the sites that it depends on. @default none */
  readonly dependencies?: Readonly<Record<string, Readonly<Record<string, Dependency>>>>;
}

/**
 * A delta, normal, multivariate normal or other distribution for each site in unconstrained space, whose location moves with other sites: linearly, by a matrix
 * that begins at 0, or by any function. Between `AutoNormal`, which has no dependencies, and `AutoMultivariateNormal`, which has all.
 * Source: `pyro.infer.autoguide.AutoStructured`.
 * @throws {OptionError} for a site that the model lacks, and for sites that depend on each other in a circle
 * @example
 * const schools = () => {
 *   const mu = sample('mu', normal(0, 5));
 *   plate('schools', 3, () => sample('y', normal(sample('theta', normal(mu, 2)), 1), { obs: data }));
 * };
 * const auto = new AutoStructured(schools, { conditionals: 'normal', dependencies: { theta: { mu: 'linear' } } });
 * new SVI(schools, auto.guide, new Adam({ lr: 0.01 }), new TraceELBO()).step();
 */
export class AutoStructured<Args extends unknown[]> extends AutoGuide<Args> {
  private readonly initScale: number;
  private readonly conditionals: Conditional | Readonly<Record<string, Conditional>>;
  private readonly dependencies: Readonly<Record<string, Readonly<Record<string, Dependency>>>>;
  private known: readonly ContinuousSite[] | undefined;

  constructor(model: InferenceProgram<Args>, options: AutoStructuredOptions<Args> = {}) {
    super(model, options, ['initScale', 'conditionals', 'dependencies']);
    this.initScale = positiveScale('AutoStructured', options.initScale ?? 0.1);
    this.conditionals = options.conditionals ?? 'normal';
    this.dependencies = options.dependencies ?? {};
  }

  protected draw(args: Args): Record<string, tf.Tensor> {
    this.known ??= tf.tidy(() => this.inOrder(wholeSites(this.look(args, DRAWS), this.options.initialValues)) as never);
    const deviations = new Map<string, tf.Tensor>();
    const values: Record<string, tf.Tensor> = {};
    for (const site of this.seen(this.known)) {
      let deviation = this.ownDeviation(site);
      for (const [upstream, how] of Object.entries(this.dependencies[site.name] ?? {})) {
        const source = deviations.get(upstream);
        if (source) deviation = tf.add(deviation, this.moved(site, upstream, how, source));
      }
      deviations.set(site.name, deviation);
      const loc = param(this.nameOf(site, 'loc'), () => tf.tensor1d(site.initial));
      values[site.name] = place(site, inSiteShape(tf.add(deviation, loc), site));
    }
    return values;
  }

  /** What a site adds to its location by itself, [..., size]. */
  private ownDeviation(site: ContinuousSite): tf.Tensor {
    const { name, size } = site;
    const { conditionals } = this;
    const isForAll = typeof conditionals === 'string' || typeof conditionals === 'function';
    const conditional = isForAll ? conditionals : (conditionals[name] ?? 'normal');
    if (conditional === 'delta') return tf.zeros([size]);
    return sample(this.nameOf(site, 'deviation'), this.distribution(site, conditional), {
      infer: { isAuxiliary: true },
    });
  }

  private distribution(site: ContinuousSite, conditional: Exclude<Conditional, 'delta'>): Distribution {
    const { name, size } = site;
    if (typeof conditional === 'function') return conditional(size);
    const zeros = tf.zeros([size]);
    if (conditional === 'mvn') {
      const scaleTril = scaleTrilParam(`${this.prefix}.${name}`, size, this.initScale);
      return new MultivariateNormal(zeros, { scaleTril });
    }
    if (conditional !== 'normal') {
      throw new OptionError(
        `AutoStructured: the conditional of site "${name}" is ${conditional}; it must be "delta", "normal", "mvn" or a function.`,
        name,
      );
    }
    const begin = () => tf.fill([size], this.initScale);
    return normal(zeros, param(this.nameOf(site, 'scale'), begin, { constraint: positive })).toEvent(1);
  }

  /** How far the deviation of a site upstream moves this one, [..., size]. */
  private moved(site: ContinuousSite, upstream: string, how: Dependency, deviation: tf.Tensor): tf.Tensor {
    if (typeof how === 'function') return how(deviation);
    if (how !== 'linear') {
      throw new OptionError(
        `AutoStructured: the dependency of site "${site.name}" on "${upstream}" is ${how}; it must be "linear" or a function.`,
        site.name,
      );
    }
    const [lead, width] = [deviation.shape.slice(0, -1), deviation.shape[deviation.rank - 1]];
    const weight = param(this.nameOf(site, `on.${upstream}`), () => tf.zeros([width, site.size]));
    const rows = tf.reshape(deviation, [lead.reduce((n, d) => n * d, 1), width]);
    return tf.reshape(tf.matMul(rows, weight as tf.Tensor2D), [...lead, site.size]);
  }

  /** The sites in the model's order, but each after those that it depends on. */
  private inOrder(sites: readonly ContinuousSite[]): ContinuousSite[] {
    const byName = new Map(sites.map((site) => [site.name, site]));
    const ordered = new Set<ContinuousSite>();
    const visit = (name: string, below: readonly string[]): void => {
      const site = byName.get(name);
      if (!site) {
        throw new OptionError(
          `AutoStructured: the model has no site "${name}".${didYouMean(name, [...byName.keys()])}`,
        );
      }
      if (below.includes(name)) {
        throw new OptionError(`AutoStructured: sites depend on each other: ${[...below, name].join(' on ')}.`, name);
      }
      for (const upstream of Object.keys(this.dependencies[name] ?? {})) visit(upstream, [...below, name]);
      ordered.add(site);
    };
    const named = typeof this.conditionals === 'object' ? Object.keys(this.conditionals) : [];
    for (const name of [...byName.keys(), ...named, ...Object.keys(this.dependencies)]) visit(name, []);
    return [...ordered];
  }

  private nameOf({ name }: ContinuousSite, part: string): string {
    return `${this.prefix}.${name}.${part}`;
  }

  median(params: ParamStore): Record<string, tf.Tensor> {
    const of = (site: ContinuousSite): tf.Tensor =>
      site
        .transform()
        .forward(inSiteShape(params.get(this.nameOf(site, 'loc')), site))
        .clone();
    return tf.tidy(() => Object.fromEntries(this.seen(this.known).map((site) => [site.name, of(site)])));
  }
}
