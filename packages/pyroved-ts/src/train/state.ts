/** Conversion of parameters and optimiser state to the arrays of a checkpoint and back. */
import {
  FormatError,
  type Optimizer,
  type ParamData,
  type ParameterState,
  type ParamStore,
  type SavedTensor,
} from 'pyro-ts';

const PARAM = 'param/';
const OPTIM = 'optim/';

type Tensors = ReadonlyMap<string, SavedTensor>;

/** The parameters as arrays "param/NAME". */
export function saveParams(params: ParamStore): Map<string, SavedTensor> {
  return new Map([...params.toData()].map(([name, { shape, data }]) => [`${PARAM}${name}`, { shape, data }]));
}

/**
 * Loads the parameters of a checkpoint, which must have exactly the parameters of the model.
 * @throws {FormatError} when the names of the parameters differ.
 * @throws {ShapeError} when their sizes differ.
 */
export function loadParams(params: ParamStore, tensors: Tensors): void {
  const saved = new Map<string, ParamData>();
  for (const [key, { shape, data }] of tensors) {
    if (key.startsWith(PARAM)) saved.set(key.slice(PARAM.length), { shape, data: Float32Array.from(data) });
  }
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

/** The optimiser state of every updated parameter as arrays "optim/NAME/SLOT", and the update counts separately. */
export function saveOptimizer(optimizer: Optimizer): {
  tensors: Map<string, SavedTensor>;
  updates: Record<string, number>;
} {
  const tensors = new Map<string, SavedTensor>();
  const updates: Record<string, number> = {};
  for (const [name, { steps, slots }] of optimizer.toData()) {
    updates[name] = steps;
    for (const [slot, data] of Object.entries(slots))
      tensors.set(`${OPTIM}${name}/${slot}`, { shape: [data.length], data });
  }
  return { tensors, updates };
}

export function loadOptimizer(optimizer: Optimizer, tensors: Tensors, updates: Readonly<Record<string, number>>): void {
  const states = new Map<string, ParameterState>();
  for (const [name, steps] of Object.entries(updates)) {
    const prefix = `${OPTIM}${name}/`;
    const slots = [...tensors].filter(([key]) => key.startsWith(prefix));
    states.set(name, {
      steps,
      slots: Object.fromEntries(slots.map(([key, { data }]) => [key.slice(prefix.length), Float32Array.from(data)])),
    });
  }
  optimizer.loadData(states);
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
