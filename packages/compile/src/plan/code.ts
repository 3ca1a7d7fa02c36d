/** The generated code of a plan: its kernels, and the calls that a run consists of. */
import { generated, library } from './functions.js';
import type { Step } from './kernels.js';
import type { Layout } from './memory.js';
import type { Numbers } from './plan.js';
import type { VectorKernels } from './wasm/kernels.js';

export interface Linked {
  readonly text: string;
  readonly run: () => void;
  /** Whether each step is WebAssembly. */
  readonly isVector: readonly boolean[];
  /** The seconds that each step takes when it is repeated on its own. */
  readonly measure: (secondsEach: number) => number[];
}

/** Number of calls in one function of the generated code. */
const CHUNK = 128;

export function linked(
  steps: readonly Step[],
  layout: Layout,
  memory: Numbers,
  hosts: readonly (() => void)[],
  functions: readonly unknown[],
  vectors: VectorKernels | undefined,
): Linked {
  const { definitions, calls } = textsOf(steps, layout, functions.length, vectors);
  const link = (text: string) =>
    generated(...['M', 'F', 'host', 'functions', 'vectors'], text)(memory, library, hosts, functions, [
      ...(vectors?.functions.values() ?? []),
    ]);
  const chunks = Array.from({ length: Math.ceil(calls.length / CHUNK) }, (_, i) =>
    calls.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  const text = [
    definitions,
    ...chunks.map((chunk, i) => `function c${i}() {\n${chunk.join('\n')}\n}`),
    `return () => {\n${chunks.map((_, i) => `c${i}();`).join('\n')}\n};`,
  ].join('\n');
  const measure = (secondsEach: number): number[] => {
    const singles = link(`${definitions}\nreturn [${calls.map((call) => `() => { ${call} }`).join(',\n')}];`);
    return (singles as (() => void)[]).map((call) => secondsOf(call, secondsEach));
  };
  return { text, run: link(text) as () => void, isVector: calls.map((call) => call.startsWith('v')), measure };
}

/** Kernels with the same text share one function. */
function textsOf(
  steps: readonly Step[],
  { offsets }: Layout,
  hostFunctions: number,
  vectors: VectorKernels | undefined,
): { definitions: string; calls: string[] } {
  const kernels = new Map<string, string>();
  const vectorNames = new Map([...(vectors?.functions.keys() ?? [])].map((text, i) => [text, `v${i}`]));
  const calls: string[] = [];
  let hosts = 0;
  for (const step of steps) {
    if (step.kind === 'host') {
      calls.push(`host[${hosts++}]();`);
      continue;
    }
    const { text, params } = step.kernel;
    const places = params.map(({ value, offset }) => (offsets.get(value) as number) + offset);
    const vectorName = vectorNames.get(text);
    if (vectorName !== undefined) {
      calls.push(`${vectorName}(${places.map((place) => 4 * place).join(', ')});`);
      continue;
    }
    const name = kernels.get(text) ?? `k${kernels.size}`;
    kernels.set(text, name);
    calls.push(`${name}(${places.join(', ')});`);
  }
  const definitions = [
    "'use strict';",
    ...Array.from({ length: hostFunctions }, (_, i) => `const H${i} = functions[${i}];`),
    ...[...vectorNames.values()].map((name, i) => `const ${name} = vectors[${i}];`),
    ...[...kernels].map(([text, name]) => `function ${name}${text}`),
  ];
  return { definitions: definitions.join('\n'), calls };
}

/** The fastest of at least three rounds that fill `seconds`, since another process may interrupt a round. */
function secondsOf(call: () => void, seconds: number): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 1000 * seconds;
  for (let calls = 1, least = 3; ; least--) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    const now = performance.now();
    const taken = (now - start) / 1000;
    best = Math.min(best, taken / calls);
    if (now >= end && least <= 1) return best;
    if (taken < seconds / 8) calls *= 2;
  }
}
