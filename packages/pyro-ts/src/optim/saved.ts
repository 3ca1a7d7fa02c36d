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

/** Arrays are called SLOT/PARAMETER; counts of steps and the rest are metadata. */
export function writeOptimizer({ states, lrFactor }: OptimizerState): Uint8Array {
  const arrays = new Map<string, SavedTensor>();
  for (const [name, { slots }] of states) {
    for (const [slot, data] of Object.entries(slots)) arrays.set(`${slot}/${name}`, { shape: [data.length], data });
  }
  const steps = Object.fromEntries([...states].map(([name, state]) => [name, state.steps]));
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
  const slots = new Map<string, Record<string, Float32Array>>();
  for (const [name] of countsOf(metadata.steps, source)) slots.set(name, {});
  for (const [key, { data }] of tensors) {
    const [slot, name] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    const own = slots.get(name);
    if (!own || !(data instanceof Float32Array)) throw damaged(source);
    own[slot] = data;
  }
  if (!(lrFactor >= 0)) throw damaged(source);
  const steps = countsOf(metadata.steps, source);
  return { states: new Map(steps.map(([name, n]) => [name, { steps: n, slots: slots.get(name) ?? {} }])), lrFactor };
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
