/** A program of tensor operations as generated code on preallocated memory: a run creates no tensors and allocates nothing. */
import type { HostCall } from '@pyro-ts/engine/internal';
import type { Recording } from '../record.js';
import { neededBy, PlanBuilder } from './builder.js';
import { linked } from './code.js';
import { storedValues } from './fuse.js';
import { type Step, stepsOf, storedIn } from './kernels.js';
import { lower } from './lower.js';
import { type Layout, layOut } from './memory.js';
import { type Entry, sizeOf, type Value } from './nodes.js';
import { vectorKernels } from './wasm/kernels.js';

/** The numbers of one value in the memory of a plan. */
export type Numbers = Float64Array | Float32Array;

/** One kernel of a plan, for `explain`. */
export interface PlanStep {
  /** "sum of Exp(Sub)" */
  readonly label: string;
  /** Number of times that its innermost statement runs. */
  readonly count: number;
  readonly shape: readonly number[];
  /** Whether it is WebAssembly on vectors rather than JavaScript. */
  readonly isVector: boolean;
}

export interface Plan {
  /** Arrays for the inputs, in the order of the recording; undefined for an input that no output depends on. */
  readonly inputs: readonly (Numbers | undefined)[];
  readonly outputs: ReadonlyMap<string, Numbers>;
  /** Computes the outputs from the inputs. */
  readonly run: () => void;
  /** Measures the seconds per step: each step is repeated for the given seconds, on the numbers of the last run. Random streams advance. */
  readonly measure: (secondsEach: number) => number[];
  readonly steps: readonly PlanStep[];
  /** Stateful objects that a run uses and advances: random streams. */
  readonly sources: readonly object[];
  /** Of the memory. */
  readonly bytes: number;
  /** The generated code. */
  readonly code: string;
}

/** Size from which float32 is used, which halves memory traffic; below it, float64 is more precise and saves conversions. */
const LARGE = 2 ** 18;

/**
 * The plan of a recording.
 * @throws {GraphError} when an operation has no rule
 * @throws {CodeGenerationError} when generated code is forbidden
 */
export function buildPlan(recording: Recording): Plan {
  const builder = new PlanBuilder();
  const { outputs, sources } = lower(recording, builder);
  const { entries } = builder;
  const roots = new Set(outputs.values());
  const draws = entries.flatMap((entry, v) => (entry.kind === 'host' ? [v] : []));
  const needed = neededBy(entries, [...roots, ...draws]);
  const stored = storedValues(entries, needed, roots);
  const steps = stepsOf(entries, stored);
  const { homeOf } = storedIn(entries, stored);
  const homes = new Map([...outputs].map(([name, v]) => [name, homeOf(v) as Value]));
  const kept = [...stored].filter((v) => entries[v].kind === 'input' || entries[v].kind === 'constant');
  const layout = layOut(entries, steps, new Set([...kept, ...homes.values()]));
  const vectors = vectorKernels(steps, layout.size);
  const memory =
    vectors?.memory ?? (layout.size > LARGE ? new Float32Array(layout.size) : new Float64Array(layout.size));
  const viewOf = (v: Value) => numbersAt(memory, layout, entries, v);
  for (const v of kept) {
    const entry = entries[v];
    if (entry.kind === 'constant') viewOf(v).set(entry.data);
  }
  const hosts = steps.flatMap((step) => (step.kind === 'host' ? [hostRunner(step, viewOf)] : []));
  const code = linked(steps, layout, memory, hosts, builder.hostFunctions, vectors);
  const inputs = recording.inputs.map((_, i) => entries.findIndex((e) => e.kind === 'input' && e.index === i));
  return {
    inputs: inputs.map((v) => (stored.has(v) ? viewOf(v) : undefined)),
    outputs: new Map(
      [...outputs].map(([name, v]) => [
        name,
        numbersAt(memory, layout, entries, homes.get(name) as Value, sizeOf(entries[v].shape)),
      ]),
    ),
    run: code.run,
    measure: code.measure,
    steps: steps.map((step, i) => ({
      label: step.label,
      isVector: code.isVector[i],
      count: step.kind === 'host' ? sizeOf(entries[step.result].shape) : step.kernel.count,
      shape: entries[step.result].shape,
    })),
    sources,
    bytes: memory.byteLength,
    code: code.text,
  };
}

function numbersAt(
  memory: Numbers,
  { offsets }: Layout,
  entries: readonly Entry[],
  v: Value,
  size = sizeOf(entries[v].shape),
): Numbers {
  const offset = offsets.get(v) as number;
  return memory.subarray(offset, offset + size);
}

/** Runs a computation on the host, rounded to the precision of its tensor. */
function hostRunner(step: Extract<Step, { kind: 'host' }>, viewOf: (v: Value) => Numbers): () => void {
  const { run, dtype, writesAll = false }: HostCall = step.call;
  const inputs = step.args.map(viewOf);
  const output = viewOf(step.result);
  if (dtype === 'float32' && output instanceof Float32Array) {
    return () => {
      if (!writesAll) output.fill(0);
      run(inputs, output);
    };
  }
  const rounded = dtype === 'int32' ? new Int32Array(output.length) : new Float32Array(output.length);
  return () => {
    if (!writesAll) rounded.fill(0);
    run(inputs, rounded);
    output.set(rounded);
  };
}
