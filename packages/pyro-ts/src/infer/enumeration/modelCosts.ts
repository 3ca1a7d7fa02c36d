/** The model's terms of the bound: log-probabilities, with the variables that the model enumerates summed out. */
import { uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { applyMask } from '../../distributions/distribution.js';
import { EnumerationError } from '../../errors.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { contract, homes, type PlateCheck } from './elimination/contract.js';
import { type Dim, type NamedTensor, ownDim, pack, plateDim, sumOut } from './elimination/namedTensor.js';
import { intersection, minus, type Ordinal, ordinalOf, union } from './elimination/ordinals.js';
import { computeTables } from './elimination/tensorOps.js';

/** A term of the bound. */
export interface Cost {
  /** The plates that it has a value for each element of. */
  readonly ordinal: Ordinal;
  /** The plates of the sites that it is made of, where variables were summed out: it may depend on anything up there. */
  readonly reach: readonly Ordinal[];
  readonly value: NamedTensor;
}

/** A table of the model before its variables are summed out. */
export interface ModelFactor {
  readonly site: SampleSite;
  readonly ordinal: Ordinal;
  /** Log-probability, masked and not scaled: the scale belongs outside the sum. */
  readonly value: NamedTensor;
}

/** The sites of `model` that it enumerates itself: their variables are summed out of the model. */
export const enumeratedInModel = (model: Trace, guide: Trace): SampleSite[] =>
  model.latentSites.filter((site) => site.enumeration?.own !== undefined && !guide.has(site.name));

/** All terms of the model's log-probability, enumerated variables summed out. Source: `_compute_model_factors` in `traceenum_elbo`. */
export function modelCosts(model: Trace, guide: Trace): Cost[] {
  const { plain, components, variables } = modelFactors(model, guide);
  const costs: Cost[] = plain.map((site) => {
    const ordinal = ordinalOf(site);
    return { ordinal, reach: [ordinal], value: pack(site, site.logProb) };
  });
  const check = plateCheck(guide);
  for (const factors of components) costs.push(summedCost(factors, variables, check));
  return costs;
}

/** The sites that no enumerated variable of the model touches, and the connected sets of factors of those that one does. */
export function modelFactors(model: Trace, guide: Trace) {
  const enumerated = new Set(enumeratedInModel(model, guide));
  const variables = new Set([...enumerated].flatMap((site) => ownDim(site) ?? []));
  const plain: SampleSite[] = [];
  const factors: ModelFactor[] = [];
  for (const site of model.sampleSites) {
    if (site.infer.isDeterministic) continue;
    if (enumerated.size === 0) plain.push(site);
    else {
      const value = pack(site, factorOf(site, enumerated.has(site)));
      if (enumerated.has(site) || value.dims.some((dim) => variables.has(dim)))
        factors.push({ site, ordinal: ordinalOf(site), value });
      else plain.push(site);
    }
  }
  return { plain, components: connected(factors, variables), variables };
}

/**
 * The table of a site. Under a mask handler an enumerated site's own table stays as it is, so that it adds to 1 where nothing downstream counts; the mask of
 * its distribution (`fn.mask(...)`) takes the distribution away, which leaves a factor graph. Source: Pyro, where the two differ in the same way.
 */
function factorOf(site: SampleSite, isEnumerated: boolean): tf.Tensor {
  const mask = isEnumerated ? site.enumeration?.own?.ownMask : site.mask;
  return mask === undefined ? site.unscaledLogProb : applyMask(site.unscaledLogProb, mask);
}

/** Factors that share variables, directly or through others, together. */
function connected(factors: readonly ModelFactor[], variables: ReadonlySet<Dim>): ModelFactor[][] {
  const groupOf = new Map<Dim, ModelFactor[]>();
  const groups = new Set<ModelFactor[]>();
  for (const factor of factors) {
    const dims = factor.value.dims.filter((dim) => variables.has(dim));
    const touched = new Set(dims.flatMap((dim) => (groupOf.has(dim) ? [groupOf.get(dim) as ModelFactor[]] : [])));
    const [group = [], ...others] = [...touched].sort((a, b) => b.length - a.length);
    for (const other of others) {
      group.push(...other);
      groups.delete(other);
    }
    group.push(factor);
    groups.add(group);
    const moved = [...others.flat(), factor].flatMap((f) => f.value.dims);
    for (const dim of moved) if (variables.has(dim)) groupOf.set(dim, group);
  }
  return [...groups];
}

/** One term for a connected set of factors: log of their product, variables summed out, times the scale that they share. */
function summedCost(factors: readonly ModelFactor[], variables: ReadonlySet<Dim>, check: PlateCheck): Cost {
  const scale = commonScale(factors);
  const reduced = withoutFreePlates(factors, variables, check);
  let ordinal: Ordinal = new Set();
  const value = computeTables(
    reduced.map((f) => f.value),
    (tape, tables) => {
      const result = contract(
        tape,
        tables.map((table, i) => ({ ordinal: reduced[i].ordinal, table })),
        variables,
        check,
      );
      ordinal = result.ordinal;
      return result.table;
    },
  );
  const scaled = scale === 1 ? value : { dims: value.dims, tensor: tf.mul(value.tensor, scale) };
  return { ordinal, reach: factors.map((f) => f.ordinal), value: scaled };
}

/** Factors with the plates added up that none of their variables lives in, before anything leaves the engine. */
export function withoutFreePlates(
  factors: readonly ModelFactor[],
  variables: ReadonlySet<Dim>,
  check: PlateCheck = () => {},
): { ordinal: Ordinal; value: NamedTensor }[] {
  const root = intersection(factors.map((f) => f.ordinal));
  const home = homes(
    factors.map(({ ordinal, value }) => ({ ordinal, dims: value.dims })),
    variables,
  );
  return factors.map(({ ordinal, value }) => {
    const kept = union([root, ...value.dims.flatMap((dim) => home.get(dim) ?? [])]);
    const free = minus(ordinal, kept);
    check(value.dims, free);
    return { ordinal: kept, value: sumOut(value, new Set(free)) };
  });
}

/** The one scale of all sites that are summed together; it applies outside the sum's logarithm, so it must be one. */
function commonScale(factors: readonly ModelFactor[]): number | tf.Tensor {
  const scales = factors.map(({ site }) => {
    if (typeof site.scale === 'number') return site.scale;
    const { scale } = site;
    if (scale.size === 1) return uncountedReads(() => scale.dataSync()[0]);
    throw new EnumerationError(
      `At site "${site.name}": enumeration in the model needs a scale that is one number, not a tensor of shape [${site.scale.shape}].`,
      site.name,
    );
  });
  if (new Set(scales).size > 1) {
    const listed = factors.map(({ site }, i) => `"${site.name}" ${scales[i]}`).join(', ');
    throw new EnumerationError(
      `Expected all enumerated sample sites that depend on each other to share a common scale, but found different ones: ${listed}. A variable ` +
        'that is summed out belongs inside the plate (or scale) that its observations are subsampled in; one outside cannot be summed with a ' +
        'subsample. Move it in, or enumerate it in the guide.',
    );
  }
  const { scale } = factors[0].site;
  return typeof scale === 'number' ? scale : tf.reshape(scale, []);
}

/** Throws where a table that depends on variables of the guide inside a plate would be multiplied along that plate. */
function plateCheck(guide: Trace): PlateCheck {
  const guideHomes = new Map<Dim, { site: SampleSite; ordinal: Ordinal }>();
  for (const site of guide.latentSites) {
    const dim = ownDim(site);
    if (dim !== undefined) guideHomes.set(dim, { site, ordinal: ordinalOf(site) });
  }
  return (dims, plates) => {
    for (const dim of dims) {
      const found = guideHomes.get(dim);
      const plate = found && plates.find((p) => found.ordinal.has(p));
      if (found && plate) throw tooGlobal(found.site, plate);
    }
  };
}

export function tooGlobal(site: SampleSite, plate: Dim): EnumerationError {
  const name = site.frames.find((f) => plateDim(f.name) === plate)?.name;
  return new EnumerationError(
    'Expected model enumeration to be no more global than guide enumeration, but found variables that the model enumerates upstream of guide ' +
      `site "${site.name}" in plate "${name}". Enumerate those in the guide instead, or sample "${site.name}".`,
    site.name,
  );
}
