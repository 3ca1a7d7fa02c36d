/** Fonts, sizes and colours of all pictures, readable on light and dark pages and with colour vision deficiency. */

/** The font stack of pictures and reports. */
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/**
 * Colours of classes and series, after Paul Tol's "bright" set (https://personal.sron.nl/~pault/): distinguishable with any
 * colour vision deficiency (CIELAB distance of at least 14), with a contrast of at least 2.4:1 on white and on the dark page.
 */
export const CATEGORY_COLOURS = [
  '#4A84C4',
  '#EE6677',
  '#228833',
  '#BFA32B',
  '#AA3377',
  '#43B1D3',
  '#8B4BE8',
  '#9A9FA6',
];

/** Shapes of points, which change when the colours repeat. */
export const CATEGORY_SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross'] as const;

/** Colour of fractions and counts, whose opacity shows the value. */
export const SHARE_COLOUR = '#08519c';

/** Text colour of the page, so that pictures follow the light or dark scheme of the report. */
export const INK = 'currentColor';

/** Opacity of secondary text. */
export const QUIET = 0.72;

/** Font sizes in pixels: titles, labels of series and classes, and tick labels. */
export const TITLE_SIZE = 13;
export const LABEL_SIZE = 12;
export const TICK_SIZE = 11;
