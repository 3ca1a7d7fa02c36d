/** Works side by side that take turns: one works at a time, and goes on where it was when all others have had their turn. */

/** Ends its turn; resolves where the next one begins. */
export type Pass = () => Promise<void>;

/**
 * Begins the works in their order and resolves to their results when all have ended. What a work does between two calls of `pass`, waiting included,
 * no other work comes into.
 * @throws the error of the first work, in their order, that failed; by then the others have ended too.
 */
export async function inTurns<T>(works: readonly ((pass: Pass) => Promise<T>)[]): Promise<T[]> {
  const waiting: (() => void)[] = [];
  const turn: Pass = () =>
    new Promise((resolve) => {
      waiting.push(resolve);
    });
  const next = () => waiting.shift()?.();
  const pass: Pass = () => {
    const own = turn();
    next();
    return own;
  };
  const running = works.map(async (work) => {
    await turn();
    return work(pass).finally(next);
  });
  next();
  await Promise.allSettled(running);
  return Promise.all(running);
}
