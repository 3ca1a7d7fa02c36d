/** Colours that are told apart with any kind of colour vision (Okabe and Ito), and those of the current theme. */
export const PALETTE = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#8c6bb1',
  '#7f7f7f',
] as const;

export const colourOf = (i: number): string => PALETTE[i % PALETTE.length];

/** The value of a custom property of the style sheet, e.g. "--ink". */
export const themeColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
