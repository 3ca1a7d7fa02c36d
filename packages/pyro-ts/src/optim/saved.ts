/** The state of an optimiser as the bytes of a safetensors file, and back. */
import { FormatError } from '../errors.js';
import { readSafetensors, type SavedTensor, writeSafetensors } from '../io/safetensors.js';
import type { ParameterState } from './optimizer.js';

/** Marks the files that `Optimizer.save` writes. */
const FORMAT = 'pyro-ts optimiser 1';

/** All that an optimiser remembers. */
export interface OptimizerState {
  readonly states: ReadonlyMap<string, ParameterState>;
  readonly lrFactor: number;
}

/** The name of the array of one slot of a parameter, and the parts of such a name. */
export interface SlotNames {
  readonly join: (parameter: string, slot: string) => string;
  readonly split: (name: string) => readonly [parameter: string, slot: string];
}

/** SLOT/PARAMETER. */
const slotFirst: SlotNames = {
  join: (parameter, slot) => `${slot}/${parameter}`,
  split: (name) => [name.slice(name.indexOf('/') + 1), name.slice(0, name.indexOf('/'))],
};

/** The state of an optimiser as named arrays, and the number of updates of each parameter. */
export interface PackedStates {
  readonly arrays: ReadonlyMap<string, SavedTensor>;
  readonly steps: Readonly<Record<string, number>>;
}

/** Packs states into arrays, one for each slot of each parameter. */
export function packStates(states: OptimizerState['states'], names: SlotNames = slotFirst): PackedStates {
  const arrays = new Map<string, SavedTensor>();
  for (const [parameter, { slots }] of states) {
    for (const [slot, data] of Object.entries(slots)) {
      arrays.set(names.join(parameter, slot), { shape: [data.length], data });
    }
  }
  return { arrays, steps: Object.fromEntries([...states].map(([parameter, { steps }]) => [parameter, steps])) };
}

/**
 * The inverse of `packStates`.
 * @param source names the saved state in errors
 * @throws {FormatError} when arrays and steps do not belong together.
 */
export function unpackStates(
  { arrays, steps }: PackedStates,
  source: string,
  names: SlotNames = slotFirst,
): Map<string, ParameterState> {
  const slots = new Map(Object.keys(steps).map((parameter): [string, Record<string, Float32Array>] => [parameter, {}]));
  for (const [name, { data }] of arrays) {
    const [parameter, slot] = names.split(name);
    const own = slots.get(parameter);
    if (!own || !(data instanceof Float32Array)) throw damaged(source);
    own[slot] = data.slice();
  }
  return new Map([...slots].map(([parameter, own]) => [parameter, { steps: steps[parameter]!, slots: own }]));
}

/** Counts of steps and the rest are metadata. */
export function writeOptimizer({ states, lrFactor }: OptimizerState): Uint8Array {
  const { arrays, steps } = packStates(states);
  return writeSafetensors(arrays, { format: FORMAT, lrFactor: `${lrFactor}`, steps: JSON.stringify(steps) });
}

/** What `writeOptimizer` wrote. `source` names the file in errors. */
export function readOptimizer(bytes: Uint8Array, source: string): OptimizerState {
  const { tensors, metadata } = readSafetensors(bytes, source);
  if (metadata.format !== FORMAT) {
    throw new FormatError(
      `${source} has the format "${metadata.format ?? 'unknown'}" and not "${FORMAT}": it holds no state that Optimizer.save wrote.`,
    );
  }
  const lrFactor = Number(metadata.lrFactor);
  if (!(lrFactor >= 0)) throw damaged(source);
  const steps = Object.fromEntries(countsOf(metadata.steps, source));
  return { states: unpackStates({ arrays: tensors, steps }, source), lrFactor };
}

function countsOf(text: string | undefined, source: string): [string, number][] {
  let counts: [string, unknown][];
  try {
    counts = Object.entries(JSON.parse(text ?? ''));
  } catch (cause) {
    throw damaged(source, cause);
  }
  if (counts.every((entry): entry is [string, number] => Number.isInteger(entry[1]))) return counts;
  throw damaged(source);
}

const damaged = (source: string, cause?: unknown): FormatError =>
  new FormatError(`${source} is damaged: its arrays and its counts of steps do not fit together.`, undefined, {
    cause,
  });
