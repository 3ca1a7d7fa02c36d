/** Tests that take too long for every day: `npm run test:all` runs them, `npm test` skips them or does fewer of their rounds. */
import { it } from 'vitest';

/** Whether all tests are run in full. */
export const all = process.env.PYRO_TESTS === 'all';

/** `it` of `npm run test:all`. */
export function slow(name: string, body: () => void | Promise<void>): void {
  it.skipIf(!all)(name, body);
}
