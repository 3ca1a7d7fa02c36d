/** What all pictures share: fonts, sizes and colours that read on a white and on a dark page, and to the colour-blind. */

/** The fonts of pictures and report; no file is needed, each system has one of them. */
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/**
 * Colours of classes and series, after Paul Tol's "bright" set (https://personal.sron.nl/~pault/): told apart with any
 * kind of colour vision (CIELAB distance of 14 or more), and at least 2.4:1 against white and the report's dark page.
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

/** Shapes of points beyond the eighth class, when the colours start again. */
export const CATEGORY_SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross'] as const;

/** The one hue of shares and counts; how opaque it is says how much. */
export const SHARE_COLOUR = '#08519c';

/** Ink takes the colour of the page's text, so that a picture inside the report follows its light or dark scheme. */
export const INK = 'currentColor';

/** How opaque the ink of secondary text is. */
export const QUIET = 0.72;

/** Font sizes in pixels: titles, labels of series and classes, and figures along an axis. */
export const TITLE_SIZE = 13;
export const LABEL_SIZE = 12;
export const TICK_SIZE = 11;
