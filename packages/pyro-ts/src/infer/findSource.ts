/** Where a number that is not finite came from: the first operation of a computation that made one, or a parameter that already was one. */
import { firstNonFinite } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape } from '../errors.js';
import type { ParamStore } from '../paramStore.js';

type Info = Pick<tf.Tensor, 'dataId' | 'shape' | 'dtype'>;
interface Engine {
  runKernel(name: string, inputs: Record<string, Info>, attributes?: object): Info | Info[];
}
type Kind = 'NaN' | 'infinite';

/** What an operation made of its inputs. */
interface Finding {
  readonly operation: string;
  readonly inputs: readonly string[];
}

/**
 * Runs `body` once more, looking at the result of every operation, and says in one sentence where its first NaN and its first infinite number came
 * from; nothing where it had none. Errors of `body` are taken as its end.
 */
export function findSource(params: ParamStore, body: () => void): string {
  const broken = params.names.find((name) => firstNonFinite(params.unconstrained(name)) >= 0);
  if (broken !== undefined) return ` The parameter "${broken}" is not finite already, before the step.`;
  const found = watch(body);
  const nan = found.get('NaN');
  const infinite = found.get('infinite');
  const made = ({ operation, inputs }: Finding) =>
    `the operation ${operation}${inputs.length > 0 ? ` of ${inputs.join(' and ')}` : ''}`;
  if (nan)
    return ` The first NaN came from ${made(nan)}${infinite ? `; the first infinite number before from ${made(infinite)}` : ''}.`;
  return infinite ? ` The first infinite number came from ${made(infinite)}.` : '';
}

function watch(body: () => void): Map<Kind, Finding> {
  const found = new Map<Kind, Finding>();
  const engine: Engine = tf.engine();
  const own = engine.runKernel;
  engine.runKernel = (name, inputs, attributes) => {
    const result = own.call(engine, name, inputs, attributes);
    if (found.has('NaN')) return result;
    for (const output of [result].flat()) {
      const kind = kindOf(output);
      if (!kind || found.has(kind) || Object.values(inputs).some((input) => kindOf(input) === kind)) continue;
      found.set(kind, { operation: name, inputs: Object.values(inputs).map(described) });
    }
    return result;
  };
  try {
    tf.tidy(body);
  } catch {
    // What it fails with is known already.
  } finally {
    engine.runKernel = own;
  }
  return found;
}

const numbersOf = (x: Info): tf.TypedArray => tf.engine().readSync(x.dataId) as tf.TypedArray;

function kindOf(x: Info | undefined): Kind | undefined {
  if (x?.dtype !== 'float32') return undefined;
  let kind: Kind | undefined;
  for (const value of numbersOf(x)) {
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) kind = 'infinite';
  }
  return kind;
}

/** An operand, with the range of its numbers. */
function described(x: Info): string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of numbersOf(x)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low === high
    ? `${low} (shape ${formatShape(x.shape)})`
    : `numbers from ${low} to ${high} (shape ${formatShape(x.shape)})`;
}
