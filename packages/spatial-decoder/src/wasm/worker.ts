/** One worker thread, in Node or in a browser: sleeps until there is a job, joins it, works until no work is left, and sleeps again. */
import { EPOCH, FAILED, FINISHED, KIND, OPEN, STATE, STOP } from './layout.js';

/** The first message of the main thread. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

export type Run = (kind: number, thread: number) => void;

/** Works until it receives STOP. `ready` is called when it can take jobs. */
function work({ module, memory, thread }: WorkerStart, ready: () => void): void {
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as Run;
  const control = new Int32Array(memory.buffer);
  let seen = Atomics.load(control, EPOCH);
  ready();
  for (;;) {
    Atomics.wait(control, EPOCH, seen);
    seen = Atomics.load(control, EPOCH);
    if (Atomics.load(control, KIND) === STOP) return;
    if (!join(control)) continue;
    try {
      run(Atomics.load(control, KIND), thread);
    } catch {
      Atomics.store(control, FAILED, 1);
    }
    Atomics.add(control, FINISHED, 1);
    Atomics.notify(control, FINISHED);
  }
}

/** Joins the job if it is still open. */
function join(control: Int32Array): boolean {
  for (;;) {
    const state = Atomics.load(control, STATE);
    if ((state & OPEN) === 0) return false;
    if (Atomics.compareExchange(control, STATE, state, state + 1) === state) return true;
  }
}

if (typeof process === 'object' && process.versions?.node) {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  parentPort?.once('message', (start: WorkerStart) => work(start, () => parentPort.postMessage('ready')));
} else {
  self.onmessage = ({ data }: MessageEvent<WorkerStart>) => work(data, () => self.postMessage('ready'));
}
