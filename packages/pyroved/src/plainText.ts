/** Text for a terminal: names of files and classes may hold sequences that it would obey. */

/**
 * `text` with control characters (but for line breaks and tabs) and those that turn the direction of writing as escapes, e.g. `\u001b`. What is plain text
 * stays as it is, accents and other scripts included.
 */
export const plainText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
