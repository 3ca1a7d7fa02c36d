/** Chooses the engine: `tensorflow` where it loads, else `wasm`, else `cpu`; an option or PYRO_ENGINE overrides. */
import { EngineError } from '../errors.js';
import { describeValue, nearestName } from '../messages.js';
import { type EngineName, engineNames, startEngine } from './load.js';
import { checkTfjsCopies } from './singleCopy.js';
import { whileSelecting } from './state.js';

export interface EngineOptions {
  /** One of `engineNames`. Takes precedence over the environment variable PYRO_ENGINE. @default the best that loads */
  readonly engine?: string;
}

export interface EngineChoice {
  readonly name: EngineName;
  /** Why this engine, as a clause: "@tensorflow/tfjs-node is not installed". */
  readonly reason: string;
  /** Name and reason, for one line of output. */
  readonly line: string;
}

/**
 * Starts an engine and makes it TensorFlow.js's running backend. Prints nothing: a program prints `line`, once.
 * Throws an EngineError for a name that does not exist, a requested engine that does not start, and two versions of tfjs-core.
 * @example const { name, line } = await selectEngine(); // ['tensorflow', 'wasm', 'cpu'].includes(name)
 */
export function selectEngine(options: EngineOptions = {}): Promise<EngineChoice> {
  return whileSelecting(() => select(options));
}

async function select(options: EngineOptions): Promise<EngineChoice> {
  if (typeof options !== 'object' || options === null)
    throw new EngineError(`selectEngine takes an object of options, not ${describeValue(options)}.`);
  for (const key of Object.keys(options)) {
    if (key !== 'engine') throw new EngineError(`selectEngine has no option "${key}". Known: engine.`);
  }
  const variable = typeof process === 'undefined' ? undefined : process.env.PYRO_ENGINE;
  const { name, reason } =
    options.engine !== undefined
      ? await startAsked(options.engine, 'it was asked for')
      : variable
        ? await startAsked(variable, 'PYRO_ENGINE asks for it')
        : await startBest();
  const copies = checkTfjsCopies();
  return { name, reason, line: `Engine ${name}: ${reason}.${copies === undefined ? '' : ` ${copies}`}` };
}

type Started = Pick<EngineChoice, 'name' | 'reason'>;

async function startAsked(asked: unknown, reason: string): Promise<Started> {
  const name = engineNames.find((known) => known === asked);
  if (name === undefined)
    throw new EngineError(`There is no engine ${describeValue(asked)} (${reason}).${nearestEngine(asked)}`);
  const { problem } = await startEngine(name);
  if (problem === undefined) return { name, reason };
  throw new EngineError(`The engine "${name}" does not start (${reason}): ${problem}. ${mend[name]}`);
}

async function startBest(): Promise<Started> {
  const problems: string[] = [];
  for (const name of engineNames) {
    const { problem } = await startEngine(name);
    if (problem === undefined) {
      return { name, reason: problems.length > 0 ? problems.join('; ') : '@tensorflow/tfjs-node loads' };
    }
    problems.push(problem);
  }
  throw new EngineError(`No engine starts: ${problems.join('; ')}. ${mend.wasm}`);
}

const mend: Record<EngineName, string> = {
  tensorflow:
    'Install it with "npm install @tensorflow/tfjs-node" and let npm run its install script; in a clone of pyro-ts, ' +
    '"npm run engine:tensorflow" fetches the binary and "npm run engine:tensorflow -- --build" builds it. Or leave the engine open and wasm runs.',
  wasm: 'Install the packages again ("npm ci" or "npm install"), or choose the engine "cpu".',
  cpu: 'Install the packages again ("npm ci" or "npm install").',
};

function nearestEngine(asked: unknown): string {
  const near = typeof asked === 'string' ? nearestName(asked, engineNames) : undefined;
  return `${near === undefined ? '' : ` Did you mean "${near}"?`} Known: ${engineNames.join(', ')}.`;
}
