/** `renderModel`: a program as a picture in the language of Graphviz. */
import { rejectUnknownKeys } from '../errors.js';
import type { PlateFrame } from '../runtime/messages.js';
import { type GraphNode, type GraphOptions, type ModelGraph, modelGraph } from './graph.js';

export interface RenderOptions extends GraphOptions {
  /** Write each site's distribution under its name; false. */
  showDistributions?: boolean;
}

/**
 * The graph of a program as DOT text: latent sites are white, observed ones grey, deterministic ones dashed; plates are boxes. An edge goes from a
 * site to one whose distribution was computed from its value. Source: `pyro.infer.inspect.render_model`.
 * @example renderModel(model, [x]); // paste it into any Graphviz viewer, or use renderModelSvg
 */
export function renderModel<Args extends unknown[]>(
  program: (...args: Args) => unknown,
  args: Args,
  options: RenderOptions = {},
): string {
  rejectUnknownKeys('renderModel', options, ['params', 'seed', 'showParams', 'showDistributions']);
  const graph = modelGraph(program, args, options);
  const lines = [
    ...clusterLines(asTree(graph), options),
    ...graph.edges.map(([a, b]) => `${quoted(a)} -> ${quoted(b)};`),
  ];
  return `digraph {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** A box with the sites that are in it and in no smaller one. */
interface Cluster {
  readonly frame: PlateFrame | undefined;
  readonly nodes: GraphNode[];
  readonly inner: Map<string, Cluster>;
}

/** Plates nested by how many sites they hold; plates that overlap otherwise are drawn in several boxes. */
function asTree({ nodes }: ModelGraph): Cluster {
  const count = new Map<string, number>();
  for (const { plates } of nodes) for (const { name } of plates) count.set(name, (count.get(name) ?? 0) + 1);
  const root: Cluster = { frame: undefined, nodes: [], inner: new Map() };
  for (const node of nodes) {
    const path = [...node.plates].sort((a, b) => (count.get(b.name) ?? 0) - (count.get(a.name) ?? 0));
    let cluster = root;
    for (const frame of path) {
      const next = cluster.inner.get(frame.name) ?? { frame, nodes: [], inner: new Map() };
      cluster.inner.set(frame.name, next);
      cluster = next;
    }
    cluster.nodes.push(node);
  }
  return root;
}

function clusterLines(root: Cluster, options: RenderOptions): string[] {
  let boxes = 0;
  const linesOf = ({ frame, nodes, inner }: Cluster): string[] => {
    const own = [...nodes.map((n) => nodeLine(n, options)), ...[...inner.values()].flatMap(linesOf)];
    if (!frame) return own;
    const { name, size, fullSize } = frame;
    const extent = size < 0 ? name : `${name}: ${size === fullSize ? size : `${size} of ${fullSize}`}`;
    return [
      `subgraph cluster_${boxes++} {`,
      `  label=${quoted(extent)}; labeljust=r; labelloc=b;`,
      ...own.map((line) => `  ${line}`),
      '}',
    ];
  };
  return linesOf(root);
}

const styles: Record<GraphNode['kind'], string> = {
  latent: 'shape=ellipse, style=filled, fillcolor=white',
  observed: 'shape=ellipse, style=filled, fillcolor=lightgrey',
  deterministic: 'shape=ellipse, style=dashed',
  param: 'shape=plain',
};

function nodeLine({ name, kind, distribution }: GraphNode, { showDistributions = false }: RenderOptions): string {
  const label = showDistributions && distribution ? `${name}\n~ ${distribution}` : name;
  return `${quoted(name)} [label=${quoted(label)}, ${styles[kind]}];`;
}

/** A DOT string. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
