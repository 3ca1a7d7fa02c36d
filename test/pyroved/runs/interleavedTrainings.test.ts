/** Works that take turns, on works that only note when they are at it. */
import { describe, expect, it } from 'vitest';
import { inTurns, type Pass } from '../../../packages/pyroved/dist/studies/turns.js';

const moment = () => new Promise((resolve) => setImmediate(resolve));

/** A work of so many turns, each of several moments. */
const work =
  (name: string, turns: number, notes: string[]) =>
  async (pass: Pass): Promise<string> => {
    for (let turn = 1; turn <= turns; turn++) {
      notes.push(`${name}${turn} begins`);
      for (let i = 0; i < 3; i++) await moment();
      notes.push(`${name}${turn} ends`);
      if (turn < turns) await pass();
    }
    return name;
  };

const whole = (turns: readonly string[]) => turns.flatMap((turn) => [`${turn} begins`, `${turn} ends`]);

describe('works in turns', () => {
  it('lets one work at a time, by turns, whatever their lengths', async () => {
    const notes: string[] = [];
    const done = await inTurns([work('a', 3, notes), work('b', 1, notes), work('c', 4, notes)]);
    expect(done).toEqual(['a', 'b', 'c']);
    expect(notes).toEqual(whole(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'c3', 'c4']));
  });

  it('gives a lone work its turn back, and ends with none', async () => {
    const notes: string[] = [];
    await inTurns([work('a', 3, notes)]);
    expect(notes).toEqual(whole(['a1', 'a2', 'a3']));
    expect(await inTurns([])).toEqual([]);
  });

  it('fails with the error of a work once the others have ended', async () => {
    const notes: string[] = [];
    const failing = async (pass: Pass) => {
      await pass();
      throw new Error('no more');
    };
    await expect(inTurns([work('a', 3, notes), failing])).rejects.toThrow('no more');
    expect(notes).toEqual(whole(['a1', 'a2', 'a3']));
  });
});
