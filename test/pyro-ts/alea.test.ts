/** The generator against seedrandom's, which it replaces. */
import seedrandom from 'seedrandom';
import { expect, test } from 'vitest';
import { Alea, seededStates } from '../../packages/pyro-ts/dist/alea.js';

test('generators seeded together draw what seedrandom.alea does', () => {
  const seeds = ['', '0', '0/step 17/site z', 'a longer seed than the others, with é, 漢 and 😀', '-1.5e-7'];
  const states = seededStates(seeds);
  seeds.forEach((seed, i) => {
    const ours = new Alea();
    ours.load(states, i);
    const theirs = seedrandom.alea(seed);
    for (let k = 0; k < 1000; k++) expect(ours.next()).toBe(theirs());
  });
});
