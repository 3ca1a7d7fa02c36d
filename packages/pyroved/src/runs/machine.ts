/** The engine and the kernel of a run. */
import { type EngineChoice, selectEngine } from '@pyro-ts/engine';
import { type Precision, type SelectedKernel, selectKernel } from '@pyro-ts/spatial-decoder';
import { defined } from 'pyroved-ts/internal';

/** Options for engine and kernel; omitted ones are chosen for this machine. */
export interface Machine {
  readonly engine?: string;
  readonly kernel?: string;
  readonly threads?: number;
  /** Precision of the spatial decoder's matrix products; "bfloat16" requires a processor with AMX. */
  readonly precision?: Precision;
  /** Instruction set of the native kernel, e.g. "avx2". @default the fastest supported by the processor */
  readonly isa?: string;
}

/** The selected engine and kernel; disposing it disposes the kernel. */
export interface StartedMachine extends Disposable {
  readonly engine: EngineChoice;
  readonly kernel: SelectedKernel;
}

/** The engine and kernel recorded in a run. */
export interface MachineRecord {
  readonly engine: string;
  readonly kernel: string;
  readonly precision?: Precision;
  /** Instruction set of the kernel, if it has several; absent in older runs. */
  readonly isa?: string;
}

export const recordOf = ({ engine, kernel }: Omit<StartedMachine, keyof Disposable>): MachineRecord => ({
  engine: engine.name,
  kernel: kernel.name,
  precision: kernel.precision,
  ...(kernel.isa !== undefined && { isa: kernel.isa }),
});

/** The options for a resumed run: those it was started with, overridden by `changes`. */
export const machineAgain = ({ engine, kernel, precision }: MachineRecord, changes: Machine): Machine => ({
  engine,
  kernel,
  ...(precision && { precision }),
  ...defined(changes),
});

/** "native", or "native in bfloat16". */
export const kernelLabel = ({ kernel, precision }: Pick<MachineRecord, 'kernel' | 'precision'>): string =>
  precision === 'bfloat16' ? `${kernel} in bfloat16` : kernel;

/**
 * Selects and starts engine and kernel, and reports them to `say`.
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
