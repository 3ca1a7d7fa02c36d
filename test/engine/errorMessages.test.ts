/** The words of rejections: which name may have been meant, and how a wrong value is shown. */
import { describeValue, nearestName } from '@pyro-ts/engine/internal';
import { expect, it } from 'vitest';

it.each([
  ['wsam', ['native', 'wasm', 'reference'], 'wasm'],
  ['WASM', ['native', 'wasm', 'reference'], 'wasm'],
  ['scaletril', ['loc', 'scaleTril'], 'scaleTril'],
  ['gpu', ['tensorflow', 'wasm', 'cpu'], 'cpu'],
  ['foo', ['tensorflow', 'wasm', 'cpu'], undefined],
  ['foo', ['native', 'wasm', 'reference'], undefined],
  ['webgl2000', ['tensorflow', 'wasm', 'cpu'], undefined],
  ['x', ['y'], undefined],
  ['', ['cpu'], undefined],
  ['cpu', [], undefined],
])('of %j, with %j known: %j', (given, names, expected) => {
  expect(nearestName(given, names)).toBe(expected);
});

it.each<[unknown, string]>([
  ['2', '"2"'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Number.NaN, 'NaN'],
  [[1], 'a list'],
  [new Float32Array(2), 'a list'],
  [{}, 'an object'],
  [() => 0, 'a function'],
])('%o is %s', (value, words) => expect(describeValue(value)).toBe(words));
