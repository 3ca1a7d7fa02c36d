/** A trace: the sites that one run of a program met, in order, with their values and log-probabilities. */
import * as tf from '@tensorflow/tfjs';
import { applyMask, type Distribution } from '../distributions/distribution.js';
import { formatShape, PlateError, SiteError } from '../errors.js';
import { explained } from './explain.js';
import type { EnumerationTag, InferConfig, Message, ParamMessage, PlateFrame, SampleMessage } from './messages.js';

/** A sample site as a trace keeps it. Log-probabilities are computed at the first use and kept while the tidy around lasts. */
export class SampleSite {
  readonly type = 'sample';
  readonly name: string;
  readonly fn: Distribution;
  readonly value: tf.Tensor;
  readonly isObserved: boolean;
  readonly isSubsample: boolean;
  readonly frames: readonly PlateFrame[];
  readonly scale: number | tf.Tensor;
  readonly mask: tf.Tensor | boolean | undefined;
  readonly infer: InferConfig;
  readonly intervened: boolean;
  readonly enumeration: EnumerationTag | undefined;
  private unscaled: tf.Tensor | undefined;
  private scaled: tf.Tensor | undefined;

  constructor(message: SampleMessage) {
    this.name = message.name;
    this.fn = message.fn;
    this.value = message.value as tf.Tensor;
    this.isObserved = message.isObserved;
    this.isSubsample = message.isSubsample;
    this.frames = [...message.frames];
    this.scale = message.scale;
    this.mask = message.mask;
    this.infer = message.infer;
    this.intervened = message.intervened;
    this.enumeration = message.enumeration;
  }

  /** Latent: neither observed nor the choice of a subsample. */
  get isLatent(): boolean {
    return !this.isObserved && !this.isSubsample;
  }

  /** log p(value), batch shaped, before scale and mask. */
  get unscaledLogProb(): tf.Tensor {
    if (!this.unscaled || this.unscaled.isDisposed) {
      try {
        this.unscaled = this.fn.logProb(this.value);
      } catch (error) {
        const { name, batchShape, eventShape } = this.fn;
        const shapes = `${name}, batchShape ${formatShape(batchShape)}, eventShape ${formatShape(eventShape)}, value ${formatShape(this.value.shape)}`;
        throw explained(error, this.name, shapes);
      }
    }
    return this.unscaled;
  }

  /** log p(value), batch shaped, after mask and scale. */
  get logProb(): tf.Tensor {
    if (!this.scaled || this.scaled.isDisposed) this.scaled = this.scaleAndMask(this.unscaledLogProb);
    return this.scaled;
  }

  /** The sum of `logProb` over its batch: a scalar. */
  get logProbSum(): tf.Tensor {
    return tf.sum(this.logProb);
  }

  /** `x` (batch shaped) with this site's mask and scale applied. */
  scaleAndMask(x: tf.Tensor): tf.Tensor {
    const masked = this.mask === undefined ? x : applyMask(x, this.mask);
    return typeof this.scale === 'number' && this.scale === 1 ? masked : tf.mul(masked, this.scale);
  }
}

/** A parameter as a trace keeps it. */
export class ParamSite {
  readonly type = 'param';
  readonly name: string;
  readonly value: tf.Tensor;
  readonly frames: readonly PlateFrame[];

  constructor(message: ParamMessage) {
    this.name = message.name;
    this.value = message.value as tf.Tensor;
    this.frames = [...message.frames];
  }
}

export type Site = SampleSite | ParamSite;

/** The record of one run of a program. Source: `pyro.poutine.trace_struct.Trace`. */
export class Trace {
  readonly sites = new Map<string, Site>();
  /** What the program returned. */
  returnValue: unknown;

  add(message: Message): void {
    const site = message.type === 'sample' ? new SampleSite(message) : new ParamSite(message);
    const before = this.sites.get(site.name);
    if (before === undefined) {
      this.sites.set(site.name, site);
      return;
    }
    if (before.type === 'param' && site.type === 'param') return;
    if (before.type === 'sample' && site.type === 'sample' && before.isSubsample && site.isSubsample) {
      if (before.value === site.value) return;
      throw new PlateError(
        `plate "${site.name}" is used twice with different sizes: ${formatShape(before.value.shape)} and ` +
          `${formatShape(site.value.shape)} elements. Give the second plate another name.`,
        site.name,
      );
    }
    const kindOf = (s: Site) => (s.type === 'sample' && s.isSubsample ? 'plate' : `${s.type} site`);
    const [a, b] = [kindOf(before), kindOf(site)];
    throw new SiteError(
      `There are ${a === b ? `two ${a}s` : `a ${a} and a ${b}`} called "${site.name}". Every name must be unique in a program: rename one (inside a loop, put the index into the name).`,
      site.name,
    );
  }

  /** A copy of this trace with one more site. */
  with(message: Message): Trace {
    const copy = new Trace();
    for (const [name, site] of this.sites) copy.sites.set(name, site);
    copy.add(message);
    return copy;
  }

  /** The sample site `name`, or an error that lists what there is. */
  get(name: string): SampleSite {
    const site = this.sites.get(name);
    if (site?.type === 'sample') return site;
    throw new SiteError(
      `The trace has no sample site "${name}". It has: ${[...this.sites.keys()].join(', ') || 'nothing'}.`,
      name,
    );
  }

  has(name: string): boolean {
    return this.sites.has(name);
  }

  /** All sample sites but the choices of subsamples, in order. */
  get sampleSites(): SampleSite[] {
    return [...this.sites.values()].filter((s): s is SampleSite => s.type === 'sample' && !s.isSubsample);
  }
  /** The latent sample sites, in order. */
  get latentSites(): SampleSite[] {
    return this.sampleSites.filter((s) => s.isLatent);
  }
  /** The observed sample sites, in order. */
  get observedSites(): SampleSite[] {
    return this.sampleSites.filter((s) => s.isObserved);
  }
  get paramSites(): ParamSite[] {
    return [...this.sites.values()].filter((s): s is ParamSite => s.type === 'param');
  }

  /** A table of the shapes of every site: batch and event shape of distribution, value and log-probability. */
  formatShapes(): string {
    const split = (shape: readonly number[], events: number): [string, string] => [
      shape.slice(0, shape.length - events).join(' '),
      shape.slice(shape.length - events).join(' '),
    ];
    const rows: [string, string, string, string][] = [];
    for (const site of this.sites.values()) {
      if (site.type === 'param') {
        rows.push(['param', site.name, '', site.value.shape.join(' ')]);
        continue;
      }
      const events = site.fn.eventShape.length;
      if (site.isSubsample) {
        rows.push(['plate', site.name, site.value.shape.join(' '), '']);
        continue;
      }
      rows.push(['sample', site.name, '', '']);
      rows.push(['', 'dist', site.fn.batchShape.join(' '), site.fn.eventShape.join(' ')]);
      rows.push(['', 'value', ...split(site.value.shape, events)]);
      rows.push(['', 'log prob', site.logProb.shape.join(' '), '']);
    }
    const widths = [0, 1, 2].map((c) => Math.max(0, ...rows.map((row) => row[c].length)));
    return rows
      .map(([a, b, c, d]) =>
        `${a.padEnd(widths[0])} ${b.padStart(widths[1])} ${c.padStart(widths[2])} | ${d}`.trimEnd(),
      )
      .join('\n');
  }

  /** The sum of all log-probabilities, scaled and masked: a scalar. */
  logProbSum(filter: (site: SampleSite) => boolean = () => true): tf.Scalar {
    return tf.tidy(() =>
      this.sampleSites.filter(filter).reduce<tf.Tensor>((sum, site) => tf.add(sum, site.logProbSum), tf.scalar(0)),
    ) as tf.Scalar;
  }
}
