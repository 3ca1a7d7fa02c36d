/** Importance sampling with a guide, and how far its weights can be trusted. */
import * as tf from '@tensorflow/tfjs';
import { NonFiniteError, OptionError, rejectUnknownKeys } from '../errors.js';
import { replay } from '../handlers/replay.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { RandomStream } from '../random.js';
import { SeedHandler } from '../runtime/seed.js';
import type { SampleSite, Trace } from '../runtime/trace.js';
import { compiledDraws, type Drawn, isCompile } from './compiled/draws.js';
import type { InferenceProgram } from './elbo/elbo.js';
import { paretoShape } from './pareto.js';
import { running } from './running.js';

export interface ImportanceOptions<Args extends unknown[]> {
  /** Proposals. @default the model's prior */
  guide?: InferenceProgram<Args>;
  /** Number of draws. */
  numSamples: number;
  params?: ParamStore;
  seed?: number | string;
  /**
   * Whether draws are compiled: the first is recorded and becomes generated code for the others. What can't be compiled is an error (`true`), or a
   * warning, and all draws run as they are (`'auto'`). @default false
   */
  compile?: boolean | 'auto';
}

/** Weighted draws and what they say. */
export interface ImportanceResult {
  /** log p(x, z) - log q(z) of each draw. */
  logWeights: Float64Array;
  /** Values of the latent sites, one host array for each draw. */
  values: Record<string, Float32Array[]>;
  /** Estimate of log p(x). */
  logEvidence: number;
  /** 1 / sum of squared normalised weights: how many equally weighted draws these are worth. */
  effectiveSampleSize: number;
  /** Shape of the Pareto tail of the weights; above 0.7 the estimate cannot be trusted. NaN with too few draws to tell. */
  paretoK: number;
}

/**
 * Draws from the guide, weighted towards the posterior. Source: `pyro.infer.Importance`; Vehtari et al. 2024 for the Pareto diagnostic.
 * @throws {OptionError} for a number of draws that is no positive integer
 * @throws {NonFiniteError} where a weight is NaN or infinite, with the site that it came from; a weight of 0 is none
 * @example importance(model, { guide, numSamples: 1000, params: svi.params }, data).logEvidence
 */
export function importance<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  options: ImportanceOptions<Args>,
  ...args: Args
): ImportanceResult {
  rejectUnknownKeys('importance', options, ['guide', 'numSamples', 'params', 'seed', 'compile']);
  const { guide, numSamples, params = new ParamStore(), seed = 0, compile = false } = options;
  if (!isCompile(compile))
    throw new OptionError(`importance: compile is "${compile}"; it must be true, false or "auto".`);
  if (!Number.isInteger(numSamples) || numSamples < 1) {
    throw new OptionError(`importance: numSamples must be a positive integer, not ${numSamples}.`);
  }
  const stream = new RandomStream(seed);
  const logWeights = new Float64Array(numSamples);
  const values = new Map<string, Float32Array[]>();
  const drawn = (own: RandomStream): DrawnPair =>
    params.run(() =>
      new SeedHandler(own).run(() => {
        const proposal = trace(guide ?? model).getTrace(...args);
        const target = guide ? trace(replay(model, proposal)).getTrace(...args) : proposal;
        const logP = target.logProbSum();
        return { proposal, target, logP, logQ: proposal.logProbSum((s) => s.isLatent) };
      }),
    );
  const keep = (name: string, value: Float32Array): void => {
    const before = values.get(name);
    if (before) before.push(value);
    else values.set(name, [value]);
  };
  const draw = (i: number): void => {
    tf.tidy(() => {
      const { proposal, target, logP, logQ } = drawn(stream.fork(i));
      logWeights[i] = logP.dataSync()[0] - logQ.dataSync()[0];
      if (!(logWeights[i] < Number.POSITIVE_INFINITY)) throw badWeight(logWeights[i], target, guide && proposal);
      for (const site of target.latentSites) keep(site.name, Float32Array.from(site.value.dataSync()));
    });
  };
  running(model, () => {
    const plan = compiledDraws(asProgram(drawn, stream), compile, numSamples);
    if (!plan) {
      for (let i = 0; i < numSamples; i++) draw(i);
      return;
    }
    const [p, q] = [LOG_P, LOG_Q].map((name) => plan.outputs.get(name) as Drawn);
    for (let i = 0; i < numSamples; i++) {
      plan.run(`${seed}/${i}`);
      logWeights[i] = p.numbers[0] - q.numbers[0];
      if (!(logWeights[i] < Number.POSITIVE_INFINITY)) {
        // The same draw as it is: an error that names the site, or a weight after all.
        draw(i);
        continue;
      }
      for (const [name, { numbers }] of plan.outputs) {
        if (name.startsWith(VALUE)) keep(name.slice(VALUE.length), Float32Array.from(numbers));
      }
    }
  });
  return { logWeights, values: Object.fromEntries(values), ...diagnose(logWeights) };
}

/** A draw from the guide and the model that follows it, with their log-probabilities. */
interface DrawnPair {
  readonly proposal: Trace;
  readonly target: Trace;
  readonly logP: tf.Tensor;
  readonly logQ: tf.Tensor;
}

const [LOG_P, LOG_Q, VALUE] = ['log p', 'log q', 'value of '];

/** One draw as a program that can be compiled. */
function asProgram(drawn: (stream: RandomStream) => DrawnPair, stream: RandomStream) {
  const body = (own: RandomStream): Record<string, tf.Tensor> => {
    const { target, logP, logQ } = drawn(own);
    const sites = target.latentSites.map((site) => [`${VALUE}${site.name}`, site.value]);
    return { [LOG_P]: logP, [LOG_Q]: logQ, ...Object.fromEntries(sites) };
  };
  const plain = (index: number): Map<string, Float32Array> => {
    const numbers = new Map<string, Float32Array>();
    tf.tidy(() => {
      for (const [name, value] of Object.entries(body(stream.fork(index)))) {
        numbers.set(name, Float32Array.from(value.dataSync()));
      }
    });
    return numbers;
  };
  return { what: 'importance', body, plain, seedOf: (index: number) => `${stream.seed}/${index}` };
}

/** Says which site of which program a weight that is NaN or infinite came from. */
function badWeight(logWeight: number, model: Trace, guide: Trace | undefined): NonFiniteError {
  const isWrong = (site: SampleSite, sign: number) => {
    const logProb = sign * site.logProbSum.dataSync()[0];
    return Number.isNaN(logProb) || logProb === Number.POSITIVE_INFINITY;
  };
  const inModel = model.sampleSites.find((site) => isWrong(site, 1));
  const inGuide = inModel ? undefined : guide?.latentSites.find((site) => isWrong(site, -1));
  const site = inModel ?? inGuide;
  const where = site
    ? `the log-probability of site "${site.name}" (${site.fn.name}) in the ${inModel ? 'model' : 'guide'} is ${site.logProbSum.dataSync()[0]}`
    : 'every log-probability of its draw is finite, and their sum overflowed';
  return new NonFiniteError(
    `importance: the weight of a draw is ${Number.isNaN(logWeight) ? 'NaN' : 'infinite'}: ${where}. Look for a division by 0, the log of a number below 0 or ` +
      'a factor that overflows; where a draw is impossible, its log-probability in the model is -Infinity.',
    site?.name,
  );
}

function diagnose(logWeights: Float64Array): Pick<ImportanceResult, 'logEvidence' | 'effectiveSampleSize' | 'paretoK'> {
  const max = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // No draw is possible under the model.
  if (max === Number.NEGATIVE_INFINITY) return { logEvidence: max, effectiveSampleSize: 0, paretoK: Number.NaN };
  const weights = logWeights.map((w) => Math.exp(w - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  const squares = weights.reduce((a, b) => a + b * b, 0);
  return {
    logEvidence: max + Math.log(sum / weights.length),
    effectiveSampleSize: (sum * sum) / squares,
    paretoK: paretoShape(weights),
  };
}
