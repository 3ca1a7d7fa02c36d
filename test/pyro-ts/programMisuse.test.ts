/** Programs that cannot work are rejected: promises, parameters outside their domain, things that are no numbers. */
import { Adam, normal, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { expect, it } from 'vitest';

const step = (model: () => unknown): number => new SVI(model, () => {}, new Adam(), new TraceELBO()).step();

it('a program that returns a promise', () => {
  const later = async () => {
    await Promise.resolve();
    sample('x', normal(0, 1), { obs: 1 });
  };
  expect(() => step(later)).toThrow('The program returned a promise, but programs are synchronous.');
});

it('a parameter of a distribution outside its domain, by name', () => {
  expect(() => step(() => sample('x', normal(0, -1), { obs: 1 }))).toThrow(
    'At site "x": parameter scale of Normal must be positive',
  );
});

it('something that is no number', () => {
  expect(() => normal(undefined as never, 1)).toThrow(
    'Expected a number, nested lists of numbers or a tensor, not undefined.',
  );
  expect(() => normal('a' as never, 1)).toThrow('not string');
  expect(() => plate('d', 3, {}, 5 as never)).toThrow('plate "d" takes its body as a function');
});
