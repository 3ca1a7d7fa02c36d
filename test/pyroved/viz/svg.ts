/** What a test asks of an SVG: its texts, its marks, whether it is well formed. */

/** The words of all texts, with entities undone. */
export const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words]) => unescaped(words!));

/** The `d` of the paths of one kind of mark, e.g. "line". */
export const pathsOf = (svg: string, kind: string): string[] =>
  marksOf(svg, kind, 'path').map((tag) => / d="([^"]*)"/.exec(tag)![1]!);

/** Numeric attributes of the elements of one kind of mark: `numbersOf(svg, 'dot', 'circle', ['cx', 'cy'])`. */
export const numbersOf = (svg: string, kind: string, element: string, attributes: readonly string[]): number[][] =>
  marksOf(svg, kind, element).map((tag) =>
    attributes.map((attribute) => Number(new RegExp(` ${attribute}="([^"]*)"`).exec(tag)![1]!)),
  );

function marksOf(svg: string, kind: string, element: string): string[] {
  const groups = svg.split(`<g aria-label="${kind}"`).slice(1);
  return groups.flatMap((group) => group.split('</g>')[0]!.match(new RegExp(`<${element} [^>]*>`, 'g')) ?? []);
}

/** The points of a line's path, one list for each unbroken piece. */
export const piecesOf = (d: string): number[][][] =>
  d
    .split('M')
    .slice(1)
    .map((piece) =>
      piece
        .replace('Z', '')
        .split('L')
        .map((point) => point.split(',').map(Number)),
    );

/** Throws where tags do not close in order: enough of a parser for markup without comments and CDATA. */
export function assertWellFormed(markup: string, mayStayOpen: readonly string[] = []): void {
  const open: string[] = [];
  for (const [, closing, name, attributes, empty] of markup.matchAll(
    /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (closing) {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>`);
    } else if (!empty && !mayStayOpen.includes(name!)) {
      open.push(name!);
    }
    const names = [...(attributes ?? '').matchAll(/([\w:-]+)=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size !== names.length) throw new Error(`<${name}> repeats an attribute: ${names.join(', ')}`);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`);
  const rest = markup.replace(/<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, '').replace('<!doctype html>', '');
  if (/<|&(?!amp;|lt;|gt;|quot;|#39;)/.test(rest))
    throw new Error(`markup that is no tag: ${rest.match(/.{0,30}[<&].{0,30}/)}`);
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
