/** The memory of the wasm kernel: pieces that do not overlap, all given back, and words where there is no more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../packages/spatial-decoder/dist/wasm/arena.js';
import * as layout from '../../packages/spatial-decoder/dist/wasm/layout.js';

describe('memory of the wasm kernel', () => {
  const page = 65536;

  it('hands out pieces that do not overlap, and joins what comes back', () => {
    const steps = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 40_000 }), give: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const memory = Arena.reserve(64);
        const held: { from: number; to: number }[] = [];
        for (const { bytes, give } of all) {
          if (give && held.length > 0) memory.give(held.splice(bytes % held.length, 1)[0].from);
          else {
            const from = memory.take(bytes);
            const to = from + bytes;
            expect(from % 64).toBe(0);
            expect(held.every((piece) => piece.to <= from || to <= piece.from)).toBe(true);
            held.push({ from, to });
          }
        }
        for (const { from } of held) memory.give(from);
        expect(memory.used).toBe(0);
        expect(memory.take(memory.memory.buffer.byteLength - layout.HEAP)).toBe(layout.HEAP);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('takes back what an interrupted call took', () => {
    const memory = Arena.reserve(4);
    const before = memory.take(100);
    expect(() =>
      memory.scoped(() => {
        memory.take(5000);
        throw new Error('interrupted');
      }),
    ).toThrow('interrupted');
    expect(memory.used).toBe(128);
    memory.give(before);
    expect(memory.used).toBe(0);
  });

  it('throws a typed error when there is no more', () => {
    const memory = Arena.reserve(3);
    expect(memory.canTake(2 * page)).toBe(true);
    expect(memory.canTake(3 * page)).toBe(false);
    expect(() => memory.take(2 ** 21)).toThrow(
      'The wasm kernel needs 2 MB more than the 1 MB of memory it has, and 1 MB is all it may have. Evaluate fewer pixels',
    );
    expect(memory.used).toBe(0);
  });
});
