/** Cooperative round-robin scheduling: one task runs at a time, and resumes after all others have had their turn. */

/** Ends the turn of a task; resolves when its next turn begins. */
export type Pass = () => Promise<void>;

/**
 * Starts the tasks in order and resolves to their results when all have ended. Between two calls of `pass`, including awaited operations, no other task
 * runs.
 * @throws the error of the first task, in order, that failed, after all others have ended.
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
