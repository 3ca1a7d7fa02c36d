/** The evidence lower bound with discrete variables summed out exactly. */
import * as tf from '@tensorflow/tfjs';
import { PlateError } from '../../errors.js';
import { EnumerateHandler } from '../../handlers/enumerate.js';
import { replay } from '../../handlers/replay.js';
import { trace } from '../../handlers/trace.js';
import { isValidating } from '../../runtime/stack.js';
import { EnumerationAllocator } from '../enumeration/allocator.js';
import { warnOfInvalidDependencies } from '../enumeration/dependencies.js';
import { expectation, guideWeights } from '../enumeration/dice.js';
import { type Cost, modelCosts, plateCheck } from '../enumeration/modelCosts.js';
import { pack } from '../enumeration/namedTensor.js';
import { ordinalOf } from '../enumeration/ordinals.js';
import { sequentialRuns } from '../enumeration/sequential.js';
import { warn } from '../warn.js';
import {
  checkTraces,
  ELBO,
  type ElboEstimate,
  type ElboOptions,
  elboOptionKeys,
  type InferenceProgram,
  plateNesting,
  refuseNonFinite,
  type TracePair,
} from './elbo.js';

export interface TraceEnumElboOptions extends ElboOptions {
  /** Warn where no site is marked for enumeration; true when left out. */
  strictEnumerationWarning?: boolean;
}

/**
 * -ELBO with enumerated variables summed out: sites of the guide with `infer: { enumerate: 'parallel' }`, `'sequential'` or `'sum-and-sample'`
 * (their entropy counts), and sites that only the model has with `'parallel'` (exact marginals). Other sites are drawn: pathwise gradients
 * where they are reparameterised, score functions elsewhere. A variable outside a plate must not depend on an enumerated one inside it.
 * Source: `pyro.infer.TraceEnum_ELBO`.
 * @example
 * const model = (x: tf.Tensor) => plate('data', 100, () => {
 *   const z = sample('z', categorical(weights), { infer: { enumerate: 'parallel' } });
 *   sample('x', normal(take(means, z), 1), { obs: x });
 * });
 * const svi = new SVI(model, () => {}, new Adam({ lr: 0.1 }), new TraceEnumELBO({ maxPlateNesting: 1 }));
 */
export class TraceEnumELBO extends ELBO {
  private readonly strictEnumerationWarning: boolean;
  /** The plate nesting that an earlier run showed. */
  private guessedNesting: number | undefined;

  constructor(options: TraceEnumElboOptions = {}) {
    super(options, [...elboOptionKeys, 'strictEnumerationWarning']);
    this.strictEnumerationWarning = options.strictEnumerationWarning ?? true;
  }

  estimate<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): ElboEstimate {
    const pairs = this.tracePairs(model, guide, args);
    const bound = pairs.map(expectedBound).reduce((a, b) => tf.add(a, b));
    const loss = tf.div(tf.neg(bound), this.numParticles) as tf.Scalar;
    return refuseNonFinite({ loss, surrogate: loss }, () =>
      pairs.flatMap((p) => [...p.guide.sampleSites, ...p.model.sampleSites]),
    );
  }

  /** All runs of guide and model for one estimate: one for each particle and each combination of sequential values. */
  protected tracePairs<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): TracePair[] {
    const known = this.guessedNesting;
    const run = (): TracePair[] => {
      const prepared = this.prepare(model, guide, args);
      return Array.from({ length: this.runs }, () => [
        ...enumeratedPairs(prepared.model, prepared.guide, args, prepared.maxPlateNesting),
      ]).flat();
    };
    const pairs = this.retryWithoutGuess(known, run);
    if (isValidating()) pairs.forEach((pair) => this.warn(pair));
    return pairs;
  }

  protected override nesting<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): number {
    if (this.givenNesting !== undefined) return this.givenNesting;
    this.guessedNesting ??= plateNesting(model, guide, args);
    return this.guessedNesting;
  }

  /** A program may open more plates than when its nesting was found: then it is found again. */
  private retryWithoutGuess<R>(known: number | undefined, run: () => R): R {
    if (known === undefined) return run();
    try {
      return run();
    } catch (error) {
      if (!(error instanceof PlateError)) throw error;
      this.guessedNesting = undefined;
      return run();
    }
  }

  private warn(pair: TracePair): void {
    warnOfInvalidDependencies(pair);
    const sites = [...pair.guide.sampleSites, ...pair.model.sampleSites];
    if (!this.strictEnumerationWarning || sites.some((site) => site.infer.enumerate)) return;
    warn(
      'TraceEnumELBO found no sample sites that are marked for enumeration. Mark them with configEnumerate or infer: { enumerate: "parallel" }, ' +
        'or use TraceELBO.',
    );
  }
}

/** The pairs of traces of one particle. */
function* enumeratedPairs<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  guide: InferenceProgram<Args>,
  args: Args,
  maxPlateNesting: number,
): Generator<TracePair> {
  const runs = sequentialRuns((sequential) => {
    const allocator = new EnumerationAllocator(-1 - maxPlateNesting);
    const guideTrace = trace.with(() =>
      new EnumerateHandler(allocator, 'guide').run(() => sequential.run(() => guide(...args))),
    );
    return { guide: guideTrace, allocator };
  });
  for (const { guide: guideTrace, allocator } of runs) {
    allocator.startModel();
    const replayed = replay(model, guideTrace);
    const modelTrace = trace.with(() => new EnumerateHandler(allocator, 'model').run(() => replayed(...args)));
    const pair = { model: modelTrace, guide: guideTrace };
    checkTraces(pair, maxPlateNesting);
    yield pair;
  }
}

/** The bound that one pair of traces gives: expected log p minus expected log q. */
function expectedBound({ model, guide }: TracePair): tf.Tensor {
  const entropy: Cost[] = guide.latentSites
    .filter((site) => !site.infer.isDeterministic)
    .map((site) => {
      const ordinal = ordinalOf(site);
      return { ordinal, reach: [ordinal], value: pack(site, tf.neg(site.logProb)) };
    });
  const check = plateCheck(guide);
  return expectation([...modelCosts(model, guide, check), ...entropy], guideWeights(guide), check);
}
