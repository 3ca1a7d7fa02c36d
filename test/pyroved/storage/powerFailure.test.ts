/** A power cut: what was written is on the disk. Where no disk can be mounted, this says so and passes; `npm run test:attack` cuts more often. */
import { expect, it } from 'vitest';
import type { Attack } from '../../attack.js';

it('loses no epoch and no line of the metrics', async ({ skip }) => {
  const attack: Attack = await import(new URL('../../../scripts/attack/power.mjs', import.meta.url).href);
  const work = await attack.open();
  try {
    const { figures, failures, notes } = await work.unit(0);
    if (figures.skipped) skip(notes?.[0]);
    expect(failures).toEqual([]);
    expect(figures).toMatchObject({ cuts: 1, lost: 0, unreadable: 0 });
    expect(figures.epochs).toBeGreaterThan(0);
  } finally {
    work.close();
  }
});
