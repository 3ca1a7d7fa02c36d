/** A package that is loaded twice is found out as its second copy loads. */
import { EngineError } from '@pyro-ts/engine';
import { assertSingleCopy } from '@pyro-ts/engine/internal';
import { expect, it } from 'vitest';

it('accepts one copy, however often its modules run', () => {
  assertSingleCopy('single-copy-test-a', 'file:///x/index.js');
  expect(() => assertSingleCopy('single-copy-test-a', 'file:///x/index.js')).not.toThrow();
});

it('rejects a second copy and names both', () => {
  assertSingleCopy('single-copy-test-b', 'file:///x/index.js');
  const second = () => assertSingleCopy('single-copy-test-b', 'file:///y/index.js');
  expect(second).toThrow(EngineError);
  expect(second).toThrow('single-copy-test-b is loaded twice, from file:///x/index.js and from file:///y/index.js');
});
