/**
 * Expectations under the guide: each term of the bound weighed by the probability of what it depends on. Source: Foerster et al. 2018, "DiCE:
 * the infinitely differentiable Monte-Carlo estimator", and `Dice` in `pyro.infer.util`.
 */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { drawnSites } from '../elbo/elbo.js';
import { eliminate } from './elimination/contract.js';
import { type NamedTensor, ownDim, pack, sumOut } from './elimination/namedTensor.js';
import { isWithin, keyOf, minus, type Ordinal, ordinalOf, union } from './elimination/ordinals.js';
import { Table, TableTape } from './elimination/tables.js';
import { expectedCost } from './elimination/tensorOps.js';
import { type Cost, tooGlobal } from './modelCosts.js';

/** How much each value of a site of the guide counts. */
interface GuideWeight {
  readonly site: SampleSite;
  readonly ordinal: Ordinal;
  /** Log weights; a drawn value weighs 1 and carries a score function. */
  readonly logWeight: NamedTensor;
  /** Whether the site has a single value, drawn. */
  readonly isDrawn: boolean;
  /** How many runs visit the site's values in turn; 1 where it has all at once. */
  readonly visits: number;
}

/** Takes the baseline off the score function of a drawn site, see `Baselines.centreGradient`. */
export type CentreGradient = (site: SampleSite, logWeight: tf.Tensor, chances: Float64Array) => tf.Tensor;

/** The weights of all sites of the guide whose values do not all weigh 1 with no gradient. */
export function guideWeights(guide: Trace, centre: CentreGradient): GuideWeight[] {
  const weights = bareWeights(guide);
  return weights.map((weight) => {
    const { site, isDrawn } = weight;
    if (!isDrawn || !site.infer.baseline) return weight;
    const { dims } = weight.logWeight;
    const { shape } = site.unscaledLogProb;
    const centred = centre(site, tf.reshape(weight.logWeight.tensor, shape), chancesOf(weight, weights));
    return { ...weight, logWeight: { dims, tensor: tf.reshape(centred, weight.logWeight.tensor.shape) } };
  });
}

function bareWeights(guide: Trace): GuideWeight[] {
  return drawnSites(guide).flatMap((site) => {
    const { own } = site.enumeration ?? {};
    if (!own && site.fn.hasRsample) return [];
    // Neither scaled nor masked: these are probabilities.
    const logProb = site.unscaledLogProb;
    const logWeight = own ? own.logWeight(logProb) : tf.sub(logProb, stopGradient(logProb));
    const visits = own && own.dim === undefined ? own.total : 1;
    return [{ site, ordinal: ordinalOf(site), logWeight: pack(site, logWeight), isDrawn: !own, visits }];
  });
}

/** For each entry of a site's log weight, the probability of the enumerated values that it was drawn under. */
function chancesOf(weight: GuideWeight, all: readonly GuideWeight[]): Float64Array {
  const upstream = all.filter((w) => w !== weight && !w.isDrawn && isWithin(w.ordinal, weight.ordinal));
  const tape = new TableTape();
  const [own, ...others] = [weight, ...upstream].map((w) => Table.of(w.logWeight));
  const variables = [...new Set([own, ...others].flatMap((t) => t.dims))].filter((dim) => !weight.ordinal.has(dim));
  const total = tape.sumProduct(eliminate(tape, [own, ...others], variables), []);
  // The probability of an entry is the derivative of the total with respect to the entry's logarithm.
  total.logGrad = total.log.map(Math.exp);
  tape.backward();
  return own.logGrad as Float64Array;
}

/** The expected sum of `costs`. */
export function expectation(costs: readonly Cost[], weights: readonly GuideWeight[]): tf.Scalar {
  const groups = new Map<string, Cost[]>();
  for (const cost of costs) {
    const key = [cost.ordinal, ...cost.reach].map(keyOf).join('\n\n');
    groups.set(key, [...(groups.get(key) ?? []), cost]);
  }
  return [...groups.values()]
    .map((group) => expectedGroup(group, weights))
    .reduce<tf.Tensor>((a, b) => tf.add(a, b), tf.scalar(0)) as tf.Scalar;
}

/** The expected sum of costs that live in the same plates. */
function expectedGroup(costs: readonly Cost[], weights: readonly GuideWeight[]): tf.Tensor {
  const { ordinal, reach } = costs[0];
  const upstream = weights.flatMap((weight) => weightToward(weight, ordinal, reach, weights) ?? []);
  // A cost that a sequential site cannot influence is met again in each of its runs.
  const repeats = weights.reduce((n, w) => (isWithin(w.ordinal, ordinal) ? n : n * w.visits), 1);
  const weighed = union(upstream.map((w) => new Set(w.dims)));
  const free = new Set(minus(ordinal, weighed));
  const reduced = costs.map((cost) => sumOut(cost.value, free));
  const total =
    upstream.length === 0
      ? reduced.map((x) => tf.sum(x.tensor)).reduce((a, b) => tf.add(a, b))
      : expectedCost(upstream, reduced, ordinal);
  return repeats === 1 ? total : tf.div(total, repeats);
}

/** The log weight that a site gives to costs of `ordinal`, or nothing where they cannot depend on it. */
function weightToward(
  { site, ordinal: own, logWeight, isDrawn, visits }: GuideWeight,
  ordinal: Ordinal,
  reach: readonly Ordinal[],
  all: readonly GuideWeight[],
): NamedTensor | undefined {
  if (isWithin(own, ordinal)) return logWeight;
  if (!reach.some((r) => isWithin(own, r))) return undefined;
  // The cost sums over plates of the site: all the site's draws there weigh on it.
  const plates = minus(own, ordinal);
  if (visits > 1) throw tooGlobal(site, plates[0]);
  // A cost that depends on a variable inside those plates was rejected before, so this one does not, nor on what is drawn below such a variable.
  const isBelow = all.some(
    ({ site: other, ordinal: o }) =>
      logWeight.dims.includes(ownDim(other) ?? '') && plates.some((plate) => o.has(plate)),
  );
  return isDrawn && !isBelow ? sumOut(logWeight, new Set(plates)) : undefined;
}
