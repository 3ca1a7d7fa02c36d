/** Closed forms between continuous families. */
import { Normal } from '../line/normal.js';
import { type KlRule, rule } from './rule.js';

export const continuousRules: KlRule[] = [
  rule(Normal, Normal, (p, q) => {
    const ratio = p.scale.div(q.scale).square();
    const shift = p.loc.sub(q.loc).div(q.scale).square();
    return ratio.add(shift).sub(1).sub(ratio.log()).mul(0.5);
  }),
];
