/** Estimates the width of a text from typical glyph widths, slightly wider than in common sans-serif fonts. */

const NARROW = /[\s.,:;'’`|!ijlftr()[\]{}/I·-]/;
const WIDE = /[mwMW@%&—…]/;
const CAPITAL = /\p{Lu}/u;
/** Chinese, Japanese and Korean characters and emoji are square. */
const SQUARE = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u;

/** The width of `text` in pixels. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const letter of text) {
    if (NARROW.test(letter)) ems += 0.37;
    else if (WIDE.test(letter)) ems += 0.95;
    else if (SQUARE.test(letter)) ems += 1.05;
    else ems += CAPITAL.test(letter) ? 0.71 : 0.62;
  }
  return ems * fontSize;
}

/** `text`, truncated with an ellipsis if it is wider than `limit` pixels. */
export function fitted(text: string, fontSize: number, limit: number): string {
  if (textWidth(text, fontSize) <= limit) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, fontSize) > limit) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}
