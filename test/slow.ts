/** Tests that `npm test` skips, or of which it does fewer rounds: slow ones, and those that start processes of their own. */
import { it } from 'vitest';

/** Whether all tests are run in full. */
export const all = process.env.PYRO_TESTS === 'all';

/** Whether tests are run that start processes or servers. */
export const processes = all || process.env.PYRO_TESTS === 'processes';

/** `it` of tests that start processes or servers: `npm run test:processes` and `npm run test:all` run them. */
export const processTest: ReturnType<typeof it.skipIf> = it.skipIf(!processes);

/** `it` of `npm run test:all`. */
export function slow(name: string, body: () => void | Promise<void>): void {
  it.skipIf(!all)(name, body);
}
