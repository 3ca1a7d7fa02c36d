/** The WebAssembly kernel: SIMD on worker threads that share one memory, with a bound on what it takes. */
import { SpatialDecoderError } from '../errors.js';
import type { Gradients, Kernel, KernelOptions, Loaded, Operands, Problem, Saved } from '../kernel.js';
import { Arena } from './arena.js';
import { Call, type KeptBatch } from './call.js';
import { BACKWARD, FORWARD, MAX_THREADS, REDUCE } from './layout.js';
import { type CompiledKernel, compileKernel } from './module.js';
import { type Plan, planOf } from './plan.js';
import { Team, type TeamOptions, WorkerFailure } from './team.js';

export interface WasmOptions extends KernelOptions {
  /** Milliseconds after which a silent worker counts as lost; 20 s when left out. */
  readonly patience?: number;
  /** Told in words when a thread is lost; `console.warn` when left out. */
  readonly warn?: (line: string) => void;
}

/** Loads the kernel and starts its threads, or says why it cannot run here. */
export async function loadWasm({
  threads,
  budget,
  patience = 20_000,
  warn = console.warn,
}: WasmOptions): Promise<Loaded> {
  if (typeof SharedArrayBuffer === 'undefined') {
    return { reason: 'no shared memory here (a browser grants it to cross-origin isolated pages only)' };
  }
  try {
    const compiled = await compileKernel();
    const kernel = new WasmKernel(compiled, budget, { threads: Math.min(threads, MAX_THREADS), patience, warn });
    await kernel.start();
    return { kernel };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Bytes of pose, code, output and their gradients that one batch of rows may take. */
const BATCH_BYTES = 128 * 2 ** 20;
const INITIAL_PAGES = 16;

/** Activations kept for one call; worthless once the kernel has left the memory that they lie in. */
interface Kept extends Saved {
  readonly arena: Arena;
  /** By batch, in order. */
  readonly batches: (KeptBatch | undefined)[];
}

export class WasmKernel implements Kernel {
  readonly name = 'wasm';
  readonly detail: string;
  private team: Team;
  private arena: Arena;
  /** Bytes of kept activations. */
  private kept = 0;
  private disposed = false;

  constructor(
    private readonly compiled: CompiledKernel,
    private readonly budget: number,
    private readonly options: TeamOptions,
  ) {
    this.detail = compiled.fused ? '128-bit SIMD, fused multiply-add' : '128-bit SIMD';
    const fresh = freshMemory();
    this.arena = new Arena(fresh.memory, fresh.maximumPages);
    this.team = Team.alone(compiled.module, fresh.memory, options);
  }

  /** Starts the worker threads. */
  async start(): Promise<void> {
    await this.team.recruit(this.compiled.module);
  }

  get threads(): number {
    return this.team.threads;
  }

  /** Bytes of the shared memory that are in use, kept activations included. */
  get bytesInUse(): number {
    return this.arena.used;
  }

  forward(problem: Problem, operands: Operands, keep: boolean): { output: Float32Array; saved?: Saved } {
    return this.surviving(() => {
      const output = new Float32Array(problem.rows * problem.pixels * problem.channels);
      const saved = this.savedOf([]);
      try {
        for (const { plan, first } of batchesOf(problem)) {
          const kept = keep ? this.keep(plan) : undefined;
          saved.batches.push(kept);
          this.arena.scoped(() => {
            const call = new Call(this.arena, plan, operands, first, this.options.threads, kept);
            this.team.do(FORWARD, call.job);
            call.readOutput(output);
          });
        }
      } catch (error) {
        saved.release();
        throw error;
      }
      return saved.batches.some(Boolean) ? { output, saved } : { output };
    });
  }

  backward(problem: Problem, operands: Operands, upstream: Float32Array, saved?: Saved): Gradients {
    return this.surviving(() => {
      const gradients = zeroGradients(operands);
      const kept = (saved as Kept | undefined)?.arena === this.arena ? (saved as Kept).batches : [];
      batchesOf(problem).forEach(({ plan, first }, i) => {
        this.arena.scoped(() => {
          const call = new Call(this.arena, plan, operands, first, this.options.threads, kept[i], upstream);
          this.team.do(BACKWARD, call.job);
          if (plan.chunks > 1) this.team.do(REDUCE, call.job);
          call.readGradients(gradients);
        });
      });
      return gradients;
    });
  }

  dispose(): void {
    this.team.stop();
    this.disposed = true;
  }

  /** Room for the activations of as many units as the budget still allows. */
  private keep(plan: Plan): KeptBatch | undefined {
    const units =
      plan.keptBytes === 0 ? 0 : Math.min(plan.units, Math.floor((this.budget - this.kept) / plan.keptBytes));
    if (units <= 0) return undefined;
    const bytes = units * plan.keptBytes;
    const address = this.arena.take(bytes);
    this.kept += bytes;
    return { address, bytes, units };
  }

  private savedOf(batches: (KeptBatch | undefined)[]): Kept {
    const { arena } = this;
    return {
      arena,
      batches,
      release: () => {
        if (arena !== this.arena) return;
        for (const batch of batches) {
          if (!batch) continue;
          arena.give(batch.address);
          this.kept -= batch.bytes;
        }
      },
    };
  }

  /** Runs `body`; where a worker is lost within it, leaves the memory that the worker may still write to and runs it again on this thread alone. */
  private surviving<T>(body: () => T): T {
    if (this.disposed)
      throw new SpatialDecoderError('This kernel was disposed of; select one anew with selectKernel().');
    try {
      return body();
    } catch (error) {
      if (!(error instanceof WorkerFailure)) throw error;
      this.options.warn(`The wasm kernel goes on with one thread: ${error.message}.`);
      this.team.stop();
      const fresh = freshMemory();
      this.arena = new Arena(fresh.memory, fresh.maximumPages);
      this.team = Team.alone(this.compiled.module, fresh.memory, this.options);
      this.kept = 0;
      return body();
    }
  }
}

interface Batch {
  readonly plan: Plan;
  /** The batch's first row. */
  readonly first: number;
}

/** Runs of rows that fit into BATCH_BYTES; one run, mostly. */
function batchesOf(problem: Problem): Batch[] {
  const { rows, pixels, dims, channels, widths } = problem;
  if (pixels === 0) return [];
  const rowBytes = 4 * (2 * widths[0] * (dims + 1) + pixels * channels);
  const size = Math.max(1, Math.floor(BATCH_BYTES / rowBytes));
  const batches: Batch[] = [];
  for (let first = 0; first < rows; first += size) {
    batches.push({ plan: planOf({ ...problem, rows: Math.min(size, rows - first) }), first });
  }
  return batches;
}

const zeroGradients = ({ pose, code, weights, biases }: Operands): Gradients => ({
  pose: new Float32Array(pose.length),
  code: new Float32Array(code.length),
  weights: weights.map((w) => new Float32Array(w.length)),
  biases: biases.map((b) => new Float32Array(b.length)),
});

/** A shared memory with as high a maximum as this machine lets us reserve. */
function freshMemory(): { memory: WebAssembly.Memory; maximumPages: number } {
  for (let maximumPages = 65536; ; maximumPages /= 2) {
    try {
      return {
        memory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages, shared: true }),
        maximumPages,
      };
    } catch (error) {
      if (maximumPages <= 1024) throw error;
    }
  }
}
