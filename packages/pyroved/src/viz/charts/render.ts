/** Draws a Vega-Lite specification as SVG, without a browser; the same specification gives the same text. */
import { createHash } from 'node:crypto';
import type { TopLevelSpec } from 'vega-lite';
import { withoutControls } from '../escape.js';
import { textWidth } from '../textWidth.js';
import { CHART_CONFIG, FONT } from '../theme.js';

/** One layer of a layered chart. */
export type ChartLayer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

/** A part of vega that its types leave out. */
interface TextMeasuring {
  readonly textMetrics: { width: (item: { fontSize?: number; limit?: number }, text: unknown) => number };
}

/** SVG that stands in a page: transparent, and inked in the page's own text colour. */
export async function renderChart(spec: TopLevelSpec): Promise<string> {
  // Loaded when a chart is drawn, so that commands that draw none start at once.
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  // Vega's own guess is far too wide, and a canvas that happens to be installed would measure differently.
  (vega as unknown as TextMeasuring).textMetrics.width = ({ fontSize = 11, limit = 0 }, text) => {
    const width = textWidth(String(text ?? ''), fontSize);
    return limit > 0 ? Math.min(width, limit) : width;
  };
  vega.resetSVGDefIds();
  const compiled = vegaLite.compile(marked(spec), { config: CHART_CONFIG }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return uniqueIds(withoutControls((await view.toSVG()).replaceAll(MARK, '')));
  } finally {
    view.finalize();
  }
}

/** A character without width. */
const MARK = '\u2060';

/**
 * A copy of a specification in which texts such as "constructor" end with a mark: Vega groups values in plain objects, where it takes such a name of a class
 * for what every object inherits.
 */
function marked<T>(value: T): T;
function marked(value: unknown): unknown {
  if (typeof value === 'string') return value in Object.prototype ? `${value}${MARK}` : value;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, marked(entry)]));
}

/** `svg` as a file of its own: on white, in dark ink, whatever shows it. */
export function asSvgFile(svg: string): string {
  return svg.replace(/^<svg /, `<svg style="background:#fff;color:#1f2328;font-family:${FONT.replaceAll('"', "'")}" `);
}

/** Vega numbers its clips and gradients from 0 in each chart; on one page they would be taken for each other's. */
function uniqueIds(svg: string): string {
  const mark = createHash('sha256').update(svg).digest('hex').slice(0, 8);
  return svg.replace(/(id="|url\(#)((?:clip|gradient|def)[\w-]*)/g, `$1$2-${mark}`);
}
