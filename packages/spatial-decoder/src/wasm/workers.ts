/** Starts worker threads in Node and browsers: each gets a first message, replies when it is ready, and can be ended. */
import { SpatialDecoderError } from '../errors.js';
import type { WorkerStart } from './worker.js';

export interface WorkerHandle {
  /** Settles when the worker ends, with the reason if it failed. */
  readonly ended: Promise<string | undefined>;
  end(): void;
}

export type StartWorker = (start: WorkerStart) => Promise<WorkerHandle>;

/** Timeout for starting a worker, in milliseconds. */
const PATIENCE = 20_000;

/** A worker that is ready to take jobs; rejects if it cannot start. It does not keep the process alive. */
export async function startWorker(start: WorkerStart): Promise<WorkerHandle> {
  const open = typeof process === 'object' && process.versions?.node ? openNode : openBrowser;
  const { handle, ready, idle } = open(start);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SpatialDecoderError(`did not start within ${PATIENCE / 1000} s`)), PATIENCE);
  });
  const died = handle.ended.then((reason) =>
    Promise.reject(new SpatialDecoderError(reason ?? 'ended while it started')),
  );
  try {
    await Promise.race([ready, late, died]);
  } catch (error) {
    handle.end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  idle();
  return handle;
}

interface Opened {
  readonly handle: WorkerHandle;
  readonly ready: Promise<void>;
  /** Called once the worker is ready: from then on it must not keep the process alive. */
  readonly idle: () => void;
}

function openNode(start: WorkerStart): Opened {
  // Not imported, so that a bundle for a browser does not look for it.
  const { Worker: NodeWorker } = process.getBuiltinModule('node:worker_threads');
  const worker = new NodeWorker(new URL('./worker.js', import.meta.url), { execArgv: [] });
  const ended = new Promise<string | undefined>((resolve) => {
    worker.once('error', (error: Error) => resolve(error.message));
    worker.once('exit', (code) => resolve(code === 0 ? undefined : `ended with code ${code}`));
  });
  const ready = new Promise<void>((resolve) => worker.once('message', () => resolve()));
  worker.postMessage(start);
  return { handle: { ended, end: () => void worker.terminate() }, ready, idle: () => worker.unref() };
}

function openBrowser(start: WorkerStart): Opened {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const ended = new Promise<string | undefined>((resolve) => {
    worker.onerror = (event) => resolve(event.message || 'could not be loaded');
  });
  const ready = new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  worker.postMessage(start);
  return { handle: { ended, end: () => worker.terminate() }, ready, idle: () => {} };
}
