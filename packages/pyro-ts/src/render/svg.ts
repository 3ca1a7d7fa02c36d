/** `renderModelSvg`: a program as an SVG picture, laid out by Graphviz compiled to WebAssembly. */
import { ContextError } from '../errors.js';
import { type RenderOptions, renderModel } from './dot.js';

/** What is used of the package @viz-js/viz. */
interface VizModule {
  instance(): Promise<{ renderString(dot: string, options: { format: string }): string }>;
}

/**
 * As renderModel, as SVG. Needs the package @viz-js/viz; throws a ContextError where it is not installed.
 * @example writeFileSync('model.svg', await renderModelSvg(model, [x]));
 */
export const renderModelSvg = <Args extends unknown[]>(
  program: (...args: Args) => unknown,
  args: Args,
  options: RenderOptions = {},
): Promise<string> => dotToSvg(renderModel(program, args, options));

/** DOT text as SVG. `load` brings the package. */
export async function dotToSvg(
  dot: string,
  load: () => Promise<VizModule> = () => import('@viz-js/viz'),
): Promise<string> {
  const viz = await load().catch((cause) => {
    throw new ContextError(
      'renderModelSvg needs the package @viz-js/viz, which is not installed: npm install @viz-js/viz. renderModel gives the DOT text without it.',
      undefined,
      { cause },
    );
  });
  return (await viz.instance()).renderString(dot, { format: 'svg' });
}
