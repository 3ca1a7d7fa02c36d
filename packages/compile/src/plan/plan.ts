/** A program of tensor operations as generated code over memory that was laid out once: a run makes no tensor and allocates nothing. */
import type { HostCall } from '@pyro-ts/engine/internal';
import type { Recording } from '../record.js';
import { neededBy, PlanBuilder } from './builder.js';
import { generated, library } from './functions.js';
import { storedValues } from './fuse.js';
import { type Step, stepsOf, storedIn } from './kernels.js';
import { lower } from './lower.js';
import { type Layout, layOut } from './memory.js';
import { type Entry, sizeOf, type Value } from './nodes.js';

/** Numbers of one value in the memory of a plan. */
export type Numbers = Float64Array | Float32Array;

/** One kernel of a plan, for `explain`. */
export interface PlanStep {
  /** "sum of Exp(Sub)" */
  readonly label: string;
  /** Number of times that its innermost statement runs. */
  readonly count: number;
  readonly shape: readonly number[];
}

export interface Plan {
  /** Places for the inputs, in the order of the recording; undefined where the outputs do not depend on one. */
  readonly inputs: readonly (Numbers | undefined)[];
  readonly outputs: ReadonlyMap<string, Numbers>;
  /** Computes the outputs from the inputs. */
  readonly run: () => void;
  readonly steps: readonly PlanStep[];
  /** Objects with a state that a run uses and moves: random streams. */
  readonly sources: readonly object[];
  /** Of the memory. */
  readonly bytes: number;
  /** The generated code. */
  readonly code: string;
}

/** From here on float32 is used, whose traffic is half; below, float64 keeps digits and saves conversions. */
const LARGE = 2 ** 18;
/** Number of calls in one function of the generated code. */
const CHUNK = 128;

/**
 * The plan of a recording.
 * @throws {GraphError} where an operation has no rule
 * @throws {CodeGenerationError} where generated code is forbidden
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
  const memory = layout.size > LARGE ? new Float32Array(layout.size) : new Float64Array(layout.size);
  const viewOf = (v: Value) => numbersAt(memory, layout, entries, v);
  for (const v of kept) {
    const entry = entries[v];
    if (entry.kind === 'constant') viewOf(v).set(entry.data);
  }
  const hosts = steps.flatMap((step) => (step.kind === 'host' ? [hostRunner(step, viewOf)] : []));
  const code = codeOf(steps, layout, builder.hostFunctions.length);
  const inputs = recording.inputs.map((_, i) => entries.findIndex((e) => e.kind === 'input' && e.index === i));
  return {
    inputs: inputs.map((v) => (stored.has(v) ? viewOf(v) : undefined)),
    outputs: new Map(
      [...outputs].map(([name, v]) => [
        name,
        numbersAt(memory, layout, entries, homes.get(name) as Value, sizeOf(entries[v].shape)),
      ]),
    ),
    run: link(code, memory, hosts, builder.hostFunctions),
    steps: steps.map((step) => ({
      label: step.label,
      count: step.kind === 'host' ? sizeOf(entries[step.result].shape) : step.kernel.count,
      shape: entries[step.result].shape,
    })),
    sources,
    bytes: memory.byteLength,
    code,
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

/** Runs a computation on the host, rounded to what its tensor would hold. */
function hostRunner(step: Extract<Step, { kind: 'host' }>, viewOf: (v: Value) => Numbers): () => void {
  const { run, dtype }: HostCall = step.call;
  const inputs = step.args.map(viewOf);
  const output = viewOf(step.result);
  const rounded = dtype === 'int32' ? new Int32Array(output.length) : new Float32Array(output.length);
  return () => {
    rounded.fill(0);
    run(inputs, rounded);
    output.set(rounded);
  };
}

/** The text of a function of memory, host computations and functions; kernels of one text are one function. */
function codeOf(steps: readonly Step[], { offsets }: Layout, hostFunctions: number): string {
  const kernels = new Map<string, string>();
  const calls: string[] = [];
  let hosts = 0;
  for (const step of steps) {
    if (step.kind === 'host') {
      calls.push(`host[${hosts++}]();`);
      continue;
    }
    const { text, params } = step.kernel;
    let name = kernels.get(text);
    if (name === undefined) {
      name = `k${kernels.size}`;
      kernels.set(text, name);
    }
    calls.push(`${name}(${params.map(({ value, offset }) => (offsets.get(value) as number) + offset).join(', ')});`);
  }
  const chunks = Array.from({ length: Math.ceil(calls.length / CHUNK) }, (_, i) =>
    calls.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  return [
    "'use strict';",
    ...Array.from({ length: hostFunctions }, (_, i) => `const H${i} = functions[${i}];`),
    ...[...kernels].map(([text, name]) => `function ${name}${text}`),
    ...chunks.map((chunk, i) => `function c${i}() {\n${chunk.join('\n')}\n}`),
    `return () => {\n${chunks.map((_, i) => `c${i}();`).join('\n')}\n};`,
  ].join('\n');
}

const link = (
  code: string,
  memory: Numbers,
  hosts: readonly (() => void)[],
  functions: readonly unknown[],
): (() => void) => generated('M', 'F', 'host', 'functions', code)(memory, library, hosts, functions) as () => void;
