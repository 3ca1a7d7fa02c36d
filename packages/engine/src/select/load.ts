/** How each engine is brought up under TensorFlow.js: the module that registers it, and the fixes that it needs under Node. */
import * as tf from '@tensorflow/tfjs';
import { correctGradients } from '../gradients/index.js';
import { speedUpRecording } from '../recording/products.js';
import { liftRankLimit } from '../wasm/anyRank.js';
import { prepareArena } from '../wasm/arena.js';
import { checkOperands } from '../wasm/checked.js';
import { correctFunctions } from '../wasm/exact.js';
import { attachLoops } from '../wasm/heap.js';
import { shareClones } from '../wasm/identity.js';
import { addMissingKernels } from '../wasm/missing.js';
import { guardMemory } from '../wasm/outOfMemory.js';
import { multiplyTransposed } from '../wasm/products.js';
import { nodeRequire } from './nodeRequire.js';

/**
 * The engines, best first.
 * @example engineNames // ['tensorflow', 'wasm', 'cpu']
 */
export const engineNames = ['tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** Makes `name` the running backend and proves it with one addition. Answers with what is wrong where it does not come up. */
export async function startEngine(name: EngineName): Promise<{ problem?: string }> {
  correctGradients();
  addMissingKernels('cpu');
  checkOperands('cpu');
  speedUpRecording();
  try {
    await prepareArena();
    return { problem: await quietly(() => start(name)) };
  } catch (error) {
    return { problem: firstLine(error) };
  }
}

async function start(name: EngineName): Promise<string | undefined> {
  const problem = name === 'tensorflow' ? loadTensorflow() : undefined;
  if (problem !== undefined) return problem;
  const started = name === 'wasm' ? await keepingProcessListeners(startWasm) : await tf.setBackend(name);
  if (!started) return `TensorFlow.js could not start its backend "${name}"`;
  const sum = tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)).dataSync()[0]);
  return sum === 3 ? undefined : `the backend "${name}" computed 1 + 2 = ${sum}`;
}

async function startWasm(): Promise<boolean> {
  await import('@tensorflow/tfjs-backend-wasm');
  shareClones();
  liftRankLimit();
  correctFunctions();
  addMissingKernels('wasm');
  multiplyTransposed();
  checkOperands('wasm');
  const started = await tf.setBackend('wasm');
  if (!started) return false;
  guardMemory();
  await attachLoops();
  return true;
}

function loadTensorflow(): string | undefined {
  if (typeof tf.findBackendFactory('tensorflow') === 'function') return undefined;
  const require = nodeRequire();
  if (require === undefined) return '@tensorflow/tfjs-node needs Node';
  try {
    require.resolve('@tensorflow/tfjs-node');
  } catch {
    return '@tensorflow/tfjs-node is not installed';
  }
  mendNodeUtil();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    require('@tensorflow/tfjs-node');
    return undefined;
  } catch (error) {
    if (/tfjs_binding\.node\) can not be found/.test(String(error)))
      return '@tensorflow/tfjs-node is installed without its binary';
    return `@tensorflow/tfjs-node does not load (${firstLine(error)})`;
  }
}

/** tfjs-node 4.22 calls two functions that Node 22 warns about and Node 23 removed; it finds them through CommonJS at call time. */
function mendNodeUtil(): void {
  Object.assign(process.getBuiltinModule('node:util'), {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

/** The wasm backend's glue code rethrows every uncaught error of the whole process from its own minified line: take that back. */
async function keepingProcessListeners<T>(run: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return run();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  try {
    return await run();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i].has(listener)) process.off(event, listener);
      }
    });
  }
}

/** TensorFlow.js's advertisement for tfjs-node, and its stack trace for a backend that does not start, stay out of the output. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const loud = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    return await run();
  } finally {
    tf.env().set('PROD', loud);
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0].trim();
