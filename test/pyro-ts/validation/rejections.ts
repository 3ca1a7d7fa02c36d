/** What the tests of rejections share. */
import { Adam, type ELBO, onWarning, type PyroError, SVI, seed, TraceELBO, trace } from 'pyro-ts';
import { expect, it } from 'vitest';

export type Rejection = [
  what: string,
  body: () => unknown,
  type: new (...args: never[]) => PyroError,
  words: string | RegExp,
];
export const rejects = (cases: Rejection[]) =>
  it.each(cases)('%s', (_, body, type, words) => {
    expect(body).toThrow(type);
    expect(body).toThrow(words);
  });
export const traced = (program: () => unknown) => trace(seed(program, 0)).getTrace();
export const step = (model: () => unknown, guide: () => unknown = () => {}, elbo: ELBO = new TraceELBO()) =>
  new SVI(model, guide, new Adam(), elbo).step();
export const warningsOf = (body: () => unknown): string[] => {
  const warnings: string[] = [];
  const before = onWarning((message) => warnings.push(message));
  body();
  onWarning(before);
  return warnings;
};
