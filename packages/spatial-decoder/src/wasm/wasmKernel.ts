/** The WebAssembly kernel: SIMD on worker threads that share one memory of bounded size. */
import { checkCall } from '../checkCall.js';
import { disposedOf, rejectUnknownKeys } from '../errors.js';
import type { Gradients, HostKernel, KernelOptions, Loaded, Operands, Problem, Saved } from '../hostKernel.js';
import { KeptCalls, sizesOf } from '../keptCalls.js';
import { budgetFrom, threadsFrom } from '../options.js';
import { zeroGradients } from '../zeroGradients.js';
import { Arena } from './arena.js';
import { Call, type KeptBatch } from './call.js';
import { WasmEncoder } from './encoder.js';
import { BACKWARD, FORWARD, MAX_THREADS, REDUCE } from './layout.js';
import { type CompiledKernel, compileKernel } from './module.js';
import { type Plan, planOf } from './plan.js';
import { Team, type TeamOptions, WorkerFailure } from './team.js';
import { WasmTemplates } from './templates.js';
import { type StartWorker, startWorker } from './workers.js';

export interface WasmOptions extends KernelOptions {
  /** Milliseconds after which a silent worker counts as lost. @default 20 s */
  readonly patience?: number;
  /** Called with a message when a thread is lost. @default `console.warn` */
  readonly warn?: (line: string) => void;
  /** Bytes of pose, code, output and their gradients in the shared memory at a time. @default 128 MB */
  readonly batchBytes?: number;
  /** Whether to fuse multiplication and addition where the JavaScript engine supports it. @default true */
  readonly fused?: boolean;
  /** Starts a thread. @default a `Worker` of Node or the browser */
  readonly startWorker?: StartWorker;
}

const optionNames: readonly (keyof WasmOptions)[] = [
  ...(['threads', 'budget', 'precision'] as const),
  ...(['patience', 'warn', 'batchBytes', 'fused', 'startWorker'] as const),
];

/** Loads the kernel and starts its threads, or returns the reason why it cannot run here. @throws {SpatialDecoderError} when an option is invalid. */
export async function loadWasm(options: WasmOptions): Promise<Loaded> {
  rejectUnknownKeys('loadWasm', options, optionNames);
  const threads = threadsFrom('wasm kernel: threads', options.threads, MAX_THREADS);
  const budget = budgetFrom('wasm kernel: budget', options.budget);
  if (options.precision === 'bfloat16') return { reason: 'it computes in float32 only' };
  try {
    const kernel = new WasmKernel(await compileKernel(options), { ...options, threads, budget });
    await kernel.start();
    return { kernel };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A shared memory and the threads that work on it. Replaced by a new one if a lost worker may still write to it. */
export interface Ground {
  readonly arena: Arena;
  readonly team: Team;
}

/** State shared by the operations of a kernel. */
export interface WasmHost {
  /** Number of threads that a job must have memory for. */
  readonly most: number;
  /** Bytes of operands and results in the shared memory at a time. */
  readonly batchBytes: number;
  /** Runs `body`; if a worker is lost meanwhile, switches to a new memory without workers and runs it again. */
  surviving<T>(body: (ground: Ground) => T): T;
  /** Address of `bytes` bytes for activations; undefined if the budget or the memory is exhausted. */
  reserve(arena: Arena, bytes: number): number | undefined;
  giveBack(arena: Arena, address: number, bytes: number): void;
}

/** Activations kept for one call; invalid once the kernel has switched to another memory. */
interface Kept {
  readonly arena: Arena;
  /** By batch of rows, in order. */
  readonly batches: (KeptBatch | undefined)[];
}

export class WasmKernel implements HostKernel, WasmHost {
  readonly name = 'wasm';
  readonly detail: string;
  readonly encoder = new WasmEncoder(this);
  readonly templates = new WasmTemplates(this);
  private readonly options: TeamOptions;
  private readonly budget: number;
  readonly batchBytes: number;
  /** Absent once the kernel was disposed of. */
  private ground?: Ground;
  /** Bytes of kept activations. */
  private keptBytes = 0;
  private readonly kept = new KeptCalls<Kept, Problem>('wasm', sizesOf);

  constructor(
    private readonly compiled: CompiledKernel,
    options: WasmOptions,
  ) {
    const { patience = 20_000, warn = console.warn, batchBytes = 2 ** 27 } = options;
    // A page without cross-origin isolation may not share memory with workers.
    const threads = globalThis.crossOriginIsolated === false ? 1 : options.threads;
    this.options = { threads, patience, warn, startWorker: options.startWorker ?? startWorker };
    this.budget = options.budget;
    this.batchBytes = batchBytes;
    this.detail = compiled.fused ? '128-bit SIMD, fused multiply-add' : '128-bit SIMD';
    this.ground = this.freshGround();
  }

  /** Starts the worker threads. */
  async start(): Promise<void> {
    await this.ground?.team.recruit();
  }

  get threads(): number {
    return this.ground?.team.threads ?? 0;
  }

  /** Bytes of the shared memory that are in use, kept activations included. */
  get bytesInUse(): number {
    return this.ground?.arena.used ?? 0;
  }

  forward(
    problem: Problem,
    operands: Operands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved } {
    checkCall('wasm', problem, operands, { output: to });
    const output = to ?? new Float32Array(problem.rows * problem.pixels * problem.channels);
    return this.surviving(({ arena, team }) => {
      const batches: (KeptBatch | undefined)[] = [];
      const free = () => {
        for (const batch of batches) if (batch) this.giveBack(arena, batch.address, batch.bytes);
      };
      try {
        for (const { plan, first } of batchesOf(problem, this.batchBytes)) {
          const kept = keep ? this.keep(arena, plan) : undefined;
          batches.push(kept);
          arena.scoped(() => {
            const call = new Call(arena, plan, operands, first, this.options.threads, kept);
            team.do(FORWARD, call.job);
            call.readOutput(output);
          });
        }
      } catch (error) {
        free();
        throw error;
      }
      return batches.some(Boolean) ? { output, saved: this.kept.add(problem, { arena, batches }, free) } : { output };
    });
  }

  backward(problem: Problem, operands: Operands, upstream: Float32Array, saved?: Saved): Gradients {
    checkCall('wasm', problem, operands, { upstream });
    const kept = this.kept.of(problem, saved);
    return this.surviving(({ arena, team }) => {
      const gradients = zeroGradients(operands);
      const batches = kept?.arena === arena ? kept.batches : [];
      batchesOf(problem, this.batchBytes).forEach(({ plan, first }, i) => {
        arena.scoped(() => {
          const call = new Call(arena, plan, operands, first, this.options.threads, batches[i], upstream);
          team.do(BACKWARD, call.job);
          if (plan.chunks > 1) team.do(REDUCE, call.job);
          call.readGradients(gradients);
        });
      });
      return gradients;
    });
  }

  dispose(): void {
    this.ground?.team.stop();
    this.ground = undefined;
  }

  /** Memory for the activations of as many units as the budget allows; none if the memory is exhausted. */
  private keep(arena: Arena, plan: Plan): KeptBatch | undefined {
    const affordable = plan.keptBytes === 0 ? 0 : Math.floor((this.budget - this.keptBytes) / plan.keptBytes);
    const units = Math.min(plan.units, affordable);
    const bytes = units * plan.keptBytes;
    const address = units > 0 ? this.reserve(arena, bytes) : undefined;
    return address === undefined ? undefined : { address, bytes, units };
  }

  get most(): number {
    return this.options.threads;
  }

  reserve(arena: Arena, bytes: number): number | undefined {
    if (this.keptBytes + bytes > this.budget || !arena.canTake(bytes)) return undefined;
    this.keptBytes += bytes;
    return arena.take(bytes);
  }

  giveBack(arena: Arena, address: number, bytes: number): void {
    if (arena !== this.ground?.arena) return;
    arena.give(address);
    this.keptBytes -= bytes;
  }

  surviving<T>(body: (ground: Ground) => T): T {
    if (!this.ground) throw disposedOf();
    try {
      return body(this.ground);
    } catch (error) {
      if (!(error instanceof WorkerFailure)) throw error;
      this.options.warn(`The wasm kernel continues with one thread: ${error.message}.`);
      this.ground.team.stop();
      this.ground = this.freshGround();
      this.keptBytes = 0;
      return body(this.ground);
    }
  }

  private freshGround(): Ground {
    const arena = Arena.reserve();
    return { arena, team: new Team(this.compiled.module, arena.memory, this.options) };
  }
}

interface Batch {
  readonly plan: Plan;
  /** The batch's first row. */
  readonly first: number;
}

/** Runs of rows that fit into `bytes`, or single rows; usually one run of all rows. */
function batchesOf(problem: Problem, bytes: number): Batch[] {
  const { rows, pixels, dims, channels, widths } = problem;
  if (pixels === 0) return [];
  const rowBytes = 4 * (2 * widths[0] * (dims + 1) + pixels * channels);
  const size = Math.max(1, Math.floor(bytes / rowBytes));
  const batches: Batch[] = [];
  for (let first = 0; first < rows; first += size) {
    batches.push({ plan: planOf({ ...problem, rows: Math.min(size, rows - first) }), first });
  }
  return batches;
}
