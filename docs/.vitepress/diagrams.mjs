/**
 * Diagrams in Mermaid's language, which GitHub draws by itself: in the site they are pictures that Graphviz draws when it is
 * built, so that no page loads Mermaid. Flowcharts of labelled nodes, subgraphs and arrows are supported.
 */
import { instance } from '@viz-js/viz';

const viz = await instance();
const quoted = (text) => JSON.stringify(text.replaceAll('<br/>', '\n'));

/** A flowchart in Graphviz's language. @throws {Error} for a line that is none of the supported statements */
export function toDot(flowchart) {
  const nodes = new Map();
  const [first, ...lines] = flowchart.trim().split('\n');
  const direction = /^flowchart (LR|TB)$/.exec(first)?.[1];
  if (direction === undefined)
    throw new Error(`A diagram starts with "flowchart LR" or "flowchart TB"; got "${first}".`);
  const body = lines.map((line, i) => {
    const text = line.trim();
    if (text === 'end') return '}';
    const group = /^subgraph (\w+)(?:\["(.*)"\])?$/.exec(text);
    if (group) return `subgraph cluster_${i} { label=${quoted(group[2] ?? group[1])}`;
    const names = text.split(/\s*-->\s*/).map((part) => {
      const [, name, label] = /^(\w+)(?:\["(.*)"\])?$/.exec(part) ?? [];
      if (name === undefined) throw new Error(`A diagram has a line that is not supported: "${text}".`);
      if (label !== undefined) nodes.set(name, label);
      return name;
    });
    return `${names.join(' -> ')};`;
  });
  const labels = [...nodes].map(([name, label]) => `${name} [label=${quoted(label)}];`);
  // Narrow pages: from top to bottom, whatever the direction on GitHub.
  const style =
    'rankdir=TB; labeljust=l; bgcolor=transparent; fontname="Arial"; node [shape=box, style=rounded, margin="0.4,0.1", fontname="Arial"];';
  return `digraph { ${style} ${labels.join(' ')} ${body.join('\n')} }`;
}

/** Rule of markdown-it: blocks of `mermaid` become pictures in the colours of the text. */
export function diagrams(markdown) {
  const fence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, i, ...rest) => {
    const { info, content } = tokens[i];
    if (info.trim() !== 'mermaid') return fence(tokens, i, ...rest);
    const svg = viz.renderString(toDot(content), { format: 'svg' });
    const drawn = svg
      .slice(svg.indexOf('<svg'))
      .replace(/<svg width="[^"]*" height="[^"]*"/, '<svg role="img" aria-label="Diagram"');
    return `<div class="diagram" v-pre>${drawn.replaceAll('black', 'currentColor')}</div>`;
  };
}
