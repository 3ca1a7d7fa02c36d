/** Whether an engine was selected, and whether selecting it has ended. */
let started = 0;
let ended = 0;

/** Counts one call of `selectEngine`. */
export async function whileSelecting<R>(select: () => Promise<R>): Promise<R> {
  started++;
  try {
    return await select();
  } finally {
    ended++;
  }
}

/**
 * 'none' before the first call of `selectEngine`, 'starting' while one is not awaited yet, then 'ready'.
 * @example engineState() // 'ready'
 */
export const engineState = (): 'none' | 'starting' | 'ready' =>
  started === 0 ? 'none' : started > ended ? 'starting' : 'ready';
