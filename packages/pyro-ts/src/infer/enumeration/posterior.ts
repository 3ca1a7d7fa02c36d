/**
 * The posterior of a model's enumerated variables, given everything else in its trace: joint draws (forward filtering, backward sampling), the
 * likeliest joint value, and marginals. Source: `pyro.infer.discrete` and `pyro.ops.rings`.
 */
import * as tf from '@tensorflow/tfjs';
import { EnumerationError } from '../../errors.js';
import { drawIndex } from '../../handlers/enumeration/drawIndex.js';
import type { RandomStream } from '../../random.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { contract } from './elimination/contract.js';
import { type Dim, dimNames, ownDim, pack } from './elimination/namedTensor.js';
import { ordinalOf } from './elimination/ordinals.js';
import { type Layout, Loop, offsets, type SumStep, strideOf, Table, TableTape } from './elimination/tables.js';
import { enumeratedInModel, type ModelFactor, modelFactors, withoutFreePlates } from './modelCosts.js';

/** Which value a variable has, for each element of its plates. */
interface Choice extends Layout {
  readonly index: Int32Array;
}

/** The connected sets of factors that say how likely the enumerated variables are. */
function posteriorFactors(model: Trace, guide: Trace): { components: ModelFactor[][]; variables: ReadonlySet<Dim> } {
  const { components, variables } = modelFactors(model, guide);
  // A latent value that was drawn given the variables is no evidence about them; what depends on it is.
  const evidence = components.map((factors) => factors.filter(({ site }) => !site.enumeration?.isDrawn));
  return { components: evidence, variables };
}

/** Runs the elimination of one connected set of factors on `tape`, and returns its result. */
function run(
  tape: TableTape,
  factors: readonly ModelFactor[],
  variables: ReadonlySet<Dim>,
  extra: readonly Query[] = [],
) {
  const tables = withoutFreePlates(factors, variables).map(({ ordinal, value }) => ({
    ordinal,
    table: Table.of(value),
  }));
  const queries = extra.map(({ site, table }) => ({ ordinal: ordinalOf(site), table }));
  return contract(tape, [...tables, ...queries], variables).table;
}

/**
 * A joint value of all enumerated variables of the model, drawn from their posterior, or the likeliest with `temperature` 0. Returns the
 * values of all latent sites that vary with one of them, by name; the others keep theirs.
 */
export function posteriorValues(
  model: Trace,
  guide: Trace,
  temperature: 0 | 1,
  rng: RandomStream,
): Map<string, tf.Tensor> {
  const { components, variables } = posteriorFactors(model, guide);
  const choices = new Map<Dim, Choice>();
  for (const factors of components) {
    const tape = new TableTape(temperature === 0 ? 'max' : 'sum');
    run(tape, factors, variables);
    for (const step of tape.sums.toReversed())
      for (const dim of step.summed) choose(step, dim, choices, temperature, rng);
  }
  return new Map(model.latentSites.map((site) => [site.name, selectValue(site, choices)]));
}

/** Chooses the variable that `step` summed out, given the choices of what the sum kept. */
function choose(step: SumStep, dim: Dim, choices: Map<Dim, Choice>, temperature: 0 | 1, rng: RandomStream): void {
  const loop = new Loop(step.inputs, [dim]);
  const layout = { dims: loop.outerDims, sizes: loop.outerSizes };
  const { dims, sizes, at } = follow(layout, choices);
  const logs = new Float64Array(loop.innerSize);
  const index = at.map((o) => {
    loop.product(o, logs);
    return temperature === 0 ? likeliest(logs) : drawIndex(logs, rng);
  });
  choices.set(dim, { dims, sizes, index });
}

/**
 * Where to look in an array, once the variables among its dimensions have their chosen values: one place for each combination of the plates
 * that remain.
 */
function follow(layout: Layout, choices: ReadonlyMap<Dim, Choice>): Layout & { at: Int32Array } {
  // A size of 1 is no dependence: the dimension is only in sight.
  const chosen = layout.dims.flatMap((dim, i) => {
    const choice = layout.sizes[i] > 1 ? choices.get(dim) : undefined;
    return choice ? [{ dim, choice }] : [];
  });
  const plates = new Map<Dim, number>();
  layout.dims.forEach((dim, i) => {
    if (!choices.has(dim) && layout.sizes[i] > 1) plates.set(dim, layout.sizes[i]);
  });
  for (const { choice } of chosen) choice.dims.forEach((dim, i) => void plates.set(dim, choice.sizes[i]));
  const [dims, sizes] = [[...plates.keys()], [...plates.values()]];
  const at = offsets(layout, dims, sizes);
  for (const { dim, choice } of chosen) {
    const stride = strideOf(layout, dim);
    const where = offsets(choice, dims, sizes);
    for (let i = 0; i < at.length; i++) at[i] += stride * choice.index[where[i]];
  }
  return { dims, sizes, at };
}

function likeliest(logs: Float64Array): number {
  let best = 0;
  for (let i = 1; i < logs.length; i++) if (logs[i] > logs[best]) best = i;
  return best;
}

/** The site's value at the chosen values of the variables that it varies with. */
function selectValue(site: SampleSite, choices: ReadonlyMap<Dim, Choice>): tf.Tensor {
  const { value } = site;
  const batchRank = value.rank - site.fn.eventShape.length;
  const [batch, event] = [value.shape.slice(0, batchRank), value.shape.slice(batchRank)];
  const names = dimNames(site);
  const layout = { dims: batch.map((_, axis) => names.get(axis - batchRank) ?? `axis ${axis}`), sizes: batch };
  if (!layout.dims.some((dim, axis) => batch[axis] > 1 && choices.has(dim))) return withoutEnumeration(site);
  const { dims, sizes, at } = follow(layout, choices);
  const flat = tf.gather(tf.reshape(value, [-1, ...event]), tf.tensor1d(at, 'int32'));
  return atPlates(site, tf.reshape(flat, [...sizes, ...event]), dims);
}

/** The number of batch dimensions that the plates around a site take. */
const plateRank = ({ frames }: SampleSite): number => Math.max(0, ...frames.map((f) => -(f.dim ?? 0)));

/** The site's value without dimensions of size 1 left of its plates. */
function withoutEnumeration(site: SampleSite): tf.Tensor {
  const { value } = site;
  const rank = plateRank(site) + site.fn.eventShape.length;
  const extra = value.shape.slice(0, Math.max(0, value.rank - rank));
  return extra.length > 0 && extra.every((n) => n === 1) ? tf.reshape(value, value.shape.slice(extra.length)) : value;
}

/** `x`, whose leading dimensions are the plates `dims`, with each of them where the site has it, counted from the right of the batch. */
function atPlates(site: SampleSite, x: tf.Tensor, dims: readonly Dim[]): tf.Tensor {
  const positions = new Map([...dimNames(site)].map(([position, name]) => [name, position]));
  const placed = dims.map((dim, axis) => ({ axis, size: x.shape[axis], position: positionOf(site, dim, positions) }));
  placed.sort((a, b) => a.position - b.position);
  const shape = new Array<number>(Math.max(plateRank(site), ...placed.map((p) => -p.position))).fill(1);
  for (const { position, size } of placed) shape[shape.length + position] = size;
  const event = x.shape.slice(dims.length);
  const order = [...placed.map((p) => p.axis), ...event.map((_, i) => dims.length + i)];
  return tf.reshape(tf.transpose(x, order), [...shape, ...event]);
}

function positionOf(site: SampleSite, dim: Dim, positions: ReadonlyMap<Dim, number>): number {
  const position = positions.get(dim);
  if (position !== undefined) return position;
  throw new EnumerationError(
    `Site "${site.name}" depends on an enumerated variable inside ${dim} but lies outside of it. A variable outside a plate cannot depend on ` +
      'one inside: move the site into the plate.',
    site.name,
  );
}

/** A table of zeros over a site's own values: the gradient of the total with respect to it is the site's marginal. */
interface Query {
  readonly site: SampleSite;
  readonly table: Table;
}

/** The marginal probabilities of each site that the model enumerates: [plates, K], the plates at their dimensions. */
export function posteriorMarginals(model: Trace, guide: Trace): Map<SampleSite, tf.Tensor> {
  const { components, variables } = posteriorFactors(model, guide);
  const enumerated = new Set(enumeratedInModel(model, guide));
  const found = new Map<SampleSite, tf.Tensor>();
  for (const factors of components) {
    const queries = factors.flatMap(({ site }) => (enumerated.has(site) ? [{ site, table: queryTable(site) }] : []));
    const tape = new TableTape();
    const total = run(tape, factors, variables, queries);
    total.logGrad = new Float64Array(total.log.length).fill(1);
    tape.backward();
    for (const { site, table } of queries) found.set(site, marginalTensor(site, table));
  }
  // In the order of the program.
  return new Map([...enumerated].map((site) => [site, found.get(site) as tf.Tensor]));
}

function queryTable(site: SampleSite): Table {
  const { dims, tensor } = pack(site, site.unscaledLogProb);
  const [plates, own] = [ordinalOf(site), ownDim(site)];
  const kept = dims.map((dim, axis) => ({ dim, size: tensor.shape[axis] }));
  const ordered = [...kept.filter(({ dim }) => plates.has(dim)), ...kept.filter(({ dim }) => dim === own)];
  const sizes = ordered.map(({ size }) => size);
  return new Table(
    ordered.map(({ dim }) => dim),
    sizes,
    new Float64Array(sizes.reduce((a, b) => a * b, 1)),
  );
}

function marginalTensor(site: SampleSite, { dims, sizes, logGrad }: Table): tf.Tensor {
  const total = site.enumeration?.own?.total ?? 1;
  const plates = dims.filter((dim) => dim !== ownDim(site));
  const probs = tf.tensor(Float32Array.from(logGrad ?? [1]), [...sizes.slice(0, plates.length), total]);
  return atPlates(site, probs, plates);
}
