/** Parameters and the state of the optimiser as the arrays of a checkpoint, and back. */
import { FormatError, type Optimizer, type ParamData, type ParamStore, type SavedTensor } from 'pyro-ts';
import { packStates, type SlotNames, unpackStates } from 'pyro-ts/internal';

const PARAM = 'param/';
const OPTIM = 'optim/';

type Tensors = ReadonlyMap<string, SavedTensor>;

/** Values of parameters as arrays whose names begin with `prefix`. */
export const valueArrays = (values: ReadonlyMap<string, ParamData>, prefix: string): Map<string, SavedTensor> =>
  new Map([...values].map(([name, { shape, data }]) => [`${prefix}${name}`, { shape, data }]));

/** The inverse of `valueArrays`; other arrays are ignored. */
export const valuesIn = (tensors: Tensors, prefix: string): Map<string, ParamData> =>
  new Map(
    [...tensors]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { shape, data }]) => [key.slice(prefix.length), { shape, data: Float32Array.from(data) }]),
  );

/**
 * The unconstrained values of all parameters as arrays "param/NAME", as in checkpoints.
 * @example const weights = saveParams(model.params); // weights.get('param/decoder.out.bias')?.shape
 */
export const saveParams = (params: ParamStore): Map<string, SavedTensor> => valueArrays(params.toData(), PARAM);

/**
 * Loads the parameters of a checkpoint, which must have exactly the parameters of the model.
 * @throws {FormatError} when the names of the parameters differ.
 * @throws {ShapeError} when their sizes differ.
 * @example loadParams(copy.params, saveParams(model.params)); // two models of the same options
 */
export function loadParams(params: ParamStore, tensors: Tensors): void {
  const saved = valuesIn(tensors, PARAM);
  const missing = params.names.filter((name) => !saved.has(name));
  const foreign = [...saved.keys()].filter((name) => !params.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`it lacks ${listed(missing)}`] : []),
      ...(foreign.length > 0 ? [`it holds ${listed(foreign)}, which the model does not have`] : []),
    ];
    throw new FormatError(`The checkpoint belongs to another model: ${parts.join('; ')}.`);
  }
  params.loadData(saved);
}

/** "optim/PARAMETER/SLOT". */
const optimNames: SlotNames = {
  join: (parameter, slot) => `${OPTIM}${parameter}/${slot}`,
  split: (name) => {
    const end = name.lastIndexOf('/');
    return [name.slice(OPTIM.length, end), name.slice(end + 1)];
  },
};

/** The state of the optimiser as arrays, and the number of updates of each parameter. */
export function saveOptimizer(optimizer: Optimizer): { tensors: Tensors; updates: Readonly<Record<string, number>> } {
  const { arrays, steps } = packStates(optimizer.toData(), optimNames);
  return { tensors: arrays, updates: steps };
}

/** @throws {FormatError} when the arrays and the updates do not belong together, or are those of another optimiser. */
export function loadOptimizer(optimizer: Optimizer, tensors: Tensors, updates: Readonly<Record<string, number>>): void {
  const arrays = new Map([...tensors].filter(([key]) => key.startsWith(OPTIM)));
  optimizer.loadData(unpackStates({ arrays, steps: updates }, 'The checkpoint', optimNames));
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
