/** The rule of language: what it finds, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { evaluate } from './child.js';

const find = (text: string, file = 'src/a.ts') =>
  evaluate('scripts/words.mjs', `script.findWords(${JSON.stringify(text)}, ${JSON.stringify(file)})`) as {
    readonly line: number;
    readonly word: string;
    readonly instead: string;
  }[];
const words = (text: string, file?: string) => find(text, file).map(({ word }) => word);

describe('the rule of language', () => {
  it('finds identifiers in code, and says where and what to write instead', () => {
    expect(find('const a = 1;\nconst b = biject(a);')).toEqual([{ line: 2, word: 'biject', instead: 'bijectTo' }]);
    expect(words('export const inWords = kernelInWords;')).toEqual(['inWords', 'kernelInWords']);
    expect(words('Use `discreteDim` for the number.', 'docs/a.md')).toEqual(['discreteDim']);
  });

  it('finds phrases in code, comments and docs, in either case', () => {
    expect(words("throw new Error('Left out: a.png');")).toEqual(['Left out']);
    expect(words('/** Goes on with the next, unless told otherwise. */')).toEqual(['unless told', 'Goes on with']);
    expect(words('A prior of one’s own', 'docs/a.md')).toEqual(['one’s own']);
  });

  it('finds options of the command line under former names', () => {
    expect(words("say('a smaller --kl, so that');")).toEqual(['--kl']);
    expect(words('pyroved train --kl-weight 1 --discrete-kl-weight 2 --select-after 3', 'docs/a.md')).toEqual([]);
  });

  it('finds names of files', () => {
    expect(find('', 'src/occupied.ts')).toEqual([{ line: 0, word: 'occupied', instead: 'outputFolder' }]);
    expect(words('', 'test/doubled.test.ts')).toEqual(['doubled']);
  });

  it('leaves other names and words in their ordinary sense alone', () => {
    for (const text of [
      'const bijectTo = doubledRows; // the size is doubled, the effect lasting',
      ' * The rate is doubled.',
      '/** A lasting effect; it is therefore kept; words in wordsList */',
      'Of course, a race track has lanes.',
    ]) {
      expect(words(text), text).toEqual([]);
    }
    expect(words('The sample is doubled; a lasting effect.', 'docs/a.md')).toEqual([]);
  });
});
