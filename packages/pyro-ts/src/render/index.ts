/** Programs as pictures. */
export { type RenderOptions, renderModel } from './dot.js';
export { renderModelSvg } from './svg.js';
