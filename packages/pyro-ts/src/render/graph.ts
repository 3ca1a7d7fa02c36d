/** The graph of a program: its sites, and which of them each distribution was computed from. */
import { freeingTape, withWholeTape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { seed } from '../handlers/seed.js';
import { ParamStore } from '../paramStore.js';
import type { Message, PlateFrame } from '../runtime/messages.js';
import { Handler } from '../runtime/stack.js';

export interface GraphNode {
  readonly name: string;
  readonly kind: 'latent' | 'observed' | 'deterministic' | 'param';
  /** The distribution's name; empty for parameters and deterministic sites. */
  readonly distribution: string;
  readonly plates: readonly PlateFrame[];
}

export interface ModelGraph {
  readonly nodes: readonly GraphNode[];
  /** From a site to one whose distribution was computed from its value. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export interface GraphOptions {
  /** Where the program's parameters live. @default a new store */
  params?: ParamStore;
  seed?: number | string;
  /** Show parameters too; false. */
  showParams?: boolean;
}

/** Notes every site with the tensors that its distribution holds, and makes its value a tensor of its own. */
class GraphHandler extends Handler {
  readonly nodes: GraphNode[] = [];
  /** By tensor: the site whose value it is. */
  readonly siteOf = new Map<number, string>();
  readonly inputs = new Map<string, readonly tf.Tensor[]>();

  override postprocess(message: Message): void {
    if (!message.value || (message.type === 'sample' && message.isSubsample)) return;
    const { name, frames: plates } = message;
    if (message.type === 'param') {
      if (!this.nodes.some((n) => n.name === name))
        this.nodes.push({ name, kind: 'param', distribution: '', plates: [] });
    } else {
      const { isObserved, infer, fn } = message;
      const kind = infer.isDeterministic ? 'deterministic' : isObserved ? 'observed' : 'latent';
      this.nodes.push({ name, kind, distribution: kind === 'deterministic' ? '' : fn.name, plates: [...plates] });
      this.inputs.set(name, tensorsIn(fn));
    }
    // The same data may be observed here and a covariate there; only what the program gets from here comes from here.
    message.value = message.value.clone();
    this.siteOf.set(message.value.id, name);
  }
}

/**
 * Runs the program once and finds its graph from the operations between values and distributions, as the gradient tape lists them. What a
 * program computes on the host, outside of tensors, leaves no edge.
 */
export function modelGraph<Args extends unknown[]>(
  program: (...args: Args) => unknown,
  args: Args,
  { params = new ParamStore(), seed: from = 0, showParams = false }: GraphOptions = {},
): ModelGraph {
  const handler = new GraphHandler();
  const edges: [string, string][] = [];
  const record = (): number => {
    const run = (): tf.Scalar => {
      params.run(() => seed.with(from, () => handler.run(() => program(...args))));
      const sources = sourcesFrom(handler.siteOf);
      for (const [name, inputs] of handler.inputs) {
        for (const source of sources(inputs)) if (source !== name) edges.push([source, name]);
      }
      return tf.scalar(0);
    };
    withWholeTape(() => tf.engine().gradients(run, [tf.scalar(0)], undefined, true));
    return 0;
  };
  freeingTape(() => tf.tidy(record));
  const shown = new Set(handler.nodes.filter((n) => showParams || n.kind !== 'param').map((n) => n.name));
  return {
    nodes: handler.nodes.filter((n) => shown.has(n.name)),
    edges: edges.filter(([a, b]) => shown.has(a) && shown.has(b)),
  };
}

/** Finds the sites from whose values some tensors were computed, without another site's value between. */
function sourcesFrom(siteOf: ReadonlyMap<number, string>): (tensors: readonly tf.Tensor[]) => Set<string> {
  const madeFrom = new Map<number, readonly tf.Tensor[]>();
  for (const { inputs, outputs } of tf.engine().state.activeTape ?? []) {
    for (const output of outputs) madeFrom.set(output.id, Object.values(inputs));
  }
  return (tensors) => {
    const found = new Set<string>();
    const met = new Set<number>();
    const open = [...tensors];
    for (let tensor = open.pop(); tensor; tensor = open.pop()) {
      if (met.has(tensor.id)) continue;
      met.add(tensor.id);
      const site = siteOf.get(tensor.id);
      if (site !== undefined) found.add(site);
      else open.push(...(madeFrom.get(tensor.id) ?? []));
    }
    return found;
  };
}

/** Every tensor that an object holds, itself or through what it holds. */
function tensorsIn(root: object): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  // A distribution may remember the tape that its last draw is on.
  const met = new Set<object>([tf.engine().state.activeTape ?? []]);
  const open: object[] = [root];
  for (let object = open.pop(); object; object = open.pop()) {
    if (met.has(object)) continue;
    met.add(object);
    if (object instanceof tf.Tensor) found.push(object);
    else open.push(...Object.values(object).filter((v): v is object => typeof v === 'object' && v !== null));
  }
  return found;
}
