/** The engine and the kernel that a run works with. */
import { type EngineChoice, selectEngine } from '@pyro-ts/engine';
import { type Precision, type SelectedKernel, selectKernel } from '@pyro-ts/spatial-decoder';
import { defined } from 'pyroved-ts/internal';

/** The engine and the kernel of a run; what is omitted is chosen for this machine. */
export interface Machine {
  readonly engine?: string;
  readonly kernel?: string;
  readonly threads?: number;
  /** Of the spatial decoder's matrix products; "bfloat16" needs a processor with AMX. */
  readonly precision?: Precision;
  /** Instruction set of the native kernel, e.g. "avx2". @default the best that the processor runs */
  readonly isa?: string;
}

/** Frees the kernel when it is disposed. */
export interface StartedMachine extends Disposable {
  readonly engine: EngineChoice;
  readonly kernel: SelectedKernel;
}

/** What a run keeps of the machine that it was begun with. */
export interface MachineRecord {
  readonly engine: string;
  readonly kernel: string;
  readonly precision?: Precision;
  /** Instruction set of the kernel, where it has several; absent in older runs. */
  readonly isa?: string;
}

export const recordOf = ({ engine, kernel }: Omit<StartedMachine, keyof Disposable>): MachineRecord => ({
  engine: engine.name,
  kernel: kernel.name,
  precision: kernel.precision,
  ...(kernel.isa !== undefined && { isa: kernel.isa }),
});

/** The engine and kernel of a resumed run: those it was started with, except what is chosen anew. */
export const machineAgain = ({ engine, kernel, precision }: MachineRecord, asked: Machine): Machine => ({
  engine,
  kernel,
  ...(precision && { precision }),
  ...defined(asked),
});

/** "native", or "native in bfloat16". */
export const kernelLabel = ({ kernel, precision }: Pick<MachineRecord, 'kernel' | 'precision'>): string =>
  precision === 'bfloat16' ? `${kernel} in bfloat16` : kernel;

/**
 * Chooses engine and kernel, and says which.
 * @example using machine = await startMachine({ kernel: 'wasm' });
 */
export async function startMachine(
  { engine, kernel, threads, precision, isa }: Machine,
  say?: (line: string) => void,
): Promise<StartedMachine> {
  const chosen = await selectEngine({ ...(engine !== undefined && { engine }) });
  const decoder = await selectKernel({
    ...(kernel !== undefined && { kernel }),
    ...(threads !== undefined && { threads }),
    ...(precision !== undefined && { precision }),
    ...(isa !== undefined && { isa }),
  });
  say?.(chosen.line);
  say?.(decoder.line);
  return { engine: chosen, kernel: decoder, [Symbol.dispose]: () => decoder.dispose() };
}
