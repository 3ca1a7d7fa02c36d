/** The engine and the kernel that a run works with. */
import { type EngineChoice, selectEngine } from '@pyro-ts/engine';
import { type SelectedKernel, selectKernel } from '@pyro-ts/spatial-decoder';

/** The engine and the kernel of a run; what is left out is chosen for this machine. */
export interface Machine {
  readonly engine?: string;
  readonly kernel?: string;
  readonly threads?: number;
}

export interface StartedMachine {
  readonly engine: EngineChoice;
  readonly kernel: SelectedKernel;
}

/** Chooses engine and kernel, says which, and frees the kernel at the end of `body`. */
export async function withMachine<T>(
  { engine, kernel, threads }: Machine,
  say: ((line: string) => void) | undefined,
  body: (machine: StartedMachine) => Promise<T>,
): Promise<T> {
  const chosen = await selectEngine({ ...(engine !== undefined && { engine }) });
  say?.(chosen.line);
  const decoder = await selectKernel({
    ...(kernel !== undefined && { kernel }),
    ...(threads !== undefined && { threads }),
  });
  say?.(decoder.line);
  try {
    return await body({ engine: chosen, kernel: decoder });
  } finally {
    decoder.dispose();
  }
}
