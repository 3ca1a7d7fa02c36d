/** Several guides as one. */
import type * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import type { ParamStore } from '../../paramStore.js';
import { AutoGuide } from './autoGuide.js';

/** An autoguide, a list of some, or a guide written by hand, which returns the values that it drew by site. */
export type GuidePart<Args extends unknown[]> =
  | AutoGuide<Args>
  | AutoGuideList<Args>
  | ((...args: Args) => Readonly<Record<string, tf.Tensor>>);

/**
 * Several guides of one model as one: autoguides, each with its own `sites` and `prefix`, and guides written by hand. Source:
 * `pyro.infer.autoguide.AutoGuideList`.
 * @example
 * const auto = new AutoGuideList([new AutoNormal(model, { sites: ['w'] }), new AutoDelta(model, { sites: ['scale'], prefix: 'point' })]);
 */
export class AutoGuideList<Args extends unknown[]> {
  constructor(readonly parts: readonly GuidePart<Args>[]) {
    const prefixes = parts.flatMap(prefixesOf);
    const twice = prefixes.find((p, i) => prefixes.indexOf(p) !== i);
    if (twice !== undefined) {
      throw new OptionError(
        `AutoGuideList: two parts have the prefix "${twice}", so that their parameters could collide. Give each its own prefix.`,
      );
    }
  }

  readonly guide = (...args: Args): Record<string, tf.Tensor> =>
    Object.assign({}, ...this.parts.map((part) => (typeof part === 'function' ? part(...args) : part.guide(...args))));

  /** The median of each site of the autoguides. The caller disposes of them. */
  median(params: ParamStore): Record<string, tf.Tensor> {
    return Object.assign({}, ...this.parts.map((part) => (typeof part === 'function' ? {} : part.median(params))));
  }
}

const prefixesOf = <Args extends unknown[]>(part: GuidePart<Args>): string[] => {
  if (part instanceof AutoGuide) return [part.prefix];
  return part instanceof AutoGuideList ? part.parts.flatMap(prefixesOf) : [];
};
