/** The evidence lower bound with discrete variables summed out exactly. */
import * as tf from '@tensorflow/tfjs';
import { categorical } from '../../distributions/discrete/categorical.js';
import type { Distribution } from '../../distributions/distribution.js';
import { EnumerationError } from '../../errors.js';
import { EnumerateHandler } from '../../handlers/enumerate.js';
import { EnumerationAllocator, recyclingWherePossible } from '../../handlers/enumeration/allocator.js';
import { sequentialRuns } from '../../handlers/enumeration/sequential.js';
import { replay } from '../../handlers/replay.js';
import { trace } from '../../handlers/trace.js';
import { RandomStream } from '../../random.js';
import { currentStream } from '../../runtime/seed.js';
import { isValidating } from '../../runtime/stack.js';
import { warn, warningsOf } from '../../runtime/warn.js';
import { warnOfInvalidDependencies } from '../enumeration/dependencies.js';
import { expectation, guideWeights } from '../enumeration/dice.js';
import { pack } from '../enumeration/elimination/namedTensor.js';
import { ordinalOf } from '../enumeration/elimination/ordinals.js';
import { type Cost, modelCosts } from '../enumeration/modelCosts.js';
import { posteriorMarginals, posteriorValues } from '../enumeration/posterior.js';
import { apart, PosteriorHandler } from '../enumeration/rerun.js';
import { type BaselineState, Baselines } from './baselines.js';
import {
  checkTraces,
  drawnSites,
  ELBO,
  type ElboEstimate,
  type ElboOptions,
  elboOptionKeys,
  type InferenceProgram,
  type PreparedPrograms,
  rejectNonFinite,
  sitesOf,
  type TracePair,
} from './elbo.js';

export interface TraceEnumElboOptions extends ElboOptions {
  /** Warn where no site is marked for enumeration. @default true */
  strictEnumerationWarning?: boolean;
}

/**
 * -ELBO with enumerated variables summed out: sites of the guide with `infer: { enumerate: 'parallel' }`, `'sequential'` or `'sum-and-sample'`
 * (their entropy counts), and sites that only the model has with `'parallel'` (exact marginals). Other sites are drawn: pathwise gradients
 * where they are reparameterised, score functions (less a baseline where the site has one) elsewhere. A variable outside a plate must not depend on an enumerated one inside it.
 * Source: `pyro.infer.TraceEnum_ELBO`.
 * @example
 * const mixture = (x: number[]) => {
 *   const means = param('means', [-1, 1]);
 *   plate('data', x.length, () => {
 *     const z = sample('z', categorical([0.5, 0.5]), { infer: { enumerate: 'parallel' } });
 *     sample('x', normal(take(means, z), 1), { obs: x });
 *   });
 * };
 * new SVI(mixture, () => {}, new Adam({ lr: 0.1 }), new TraceEnumELBO({ maxPlateNesting: 1 })).step([0.3, 2.1]);
 */
export class TraceEnumELBO extends ELBO {
  /** The running means of `infer: { baseline: { decayingAverage } }`. */
  readonly baselines = new Baselines();

  override baselineStates(): Map<string, BaselineState> {
    return this.baselines.toData();
  }
  override loadBaselineStates(means: ReadonlyMap<string, BaselineState>): void {
    this.baselines.loadData(means);
  }
  protected override readonly needsNesting = true;
  private readonly strictEnumerationWarning: boolean;

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
    const bound = pairs.map((pair) => this.expectedBound(pair)).reduce((a, b) => tf.add(a, b));
    const loss = tf.div(tf.neg(bound), this.numParticles) as tf.Scalar;
    return rejectNonFinite({ loss, surrogate: loss }, () => sitesOf(pairs));
  }

  /**
   * The posterior marginal of each variable that the model enumerates, by site name, given the observations (and one draw of the guide):
   * distributions of the sites' own families, or where a family cannot have any probabilities, a categorical over the places in its
   * `enumerateSupport`. Needs a parameter store and a seed around it.
   */
  computeMarginals<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    ...args: Args
  ): Map<string, Distribution> {
    const pair = this.onlyPair('computeMarginals', model, guide, args);
    const marginals = posteriorMarginals(pair.model, pair.guide);
    return new Map([...marginals].map(([site, probs]) => [site.name, site.fn.withProbs(probs) ?? categorical(probs)]));
  }

  /**
   * Runs the model with all variables that it enumerates drawn jointly from their posterior, given the observations and one draw of the guide.
   * Returns what the model returns. Handlers around see the sites of that run. Needs a parameter store and a seed around it.
   */
  samplePosterior<Args extends unknown[], Result>(
    model: (...args: Args) => Result,
    guide: InferenceProgram<Args>,
    ...args: Args
  ): Result {
    const stream = currentStream('samplePosterior');
    const pair = apart(stream, () => this.onlyPair('samplePosterior', model, guide, args));
    const values = posteriorValues(pair.model, pair.guide, 1, stream.fork('posterior'));
    return new PosteriorHandler(pair.model, values).run(() => model(...args));
  }

  /** The one pair of traces of an estimate, where the guide enumerates nothing. */
  private onlyPair<Args extends unknown[]>(
    method: string,
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): TracePair {
    if (this.numParticles !== 1) {
      throw new EnumerationError(
        `TraceEnumELBO.${method}() is not compatible with multiple particles: use numParticles: 1.`,
      );
    }
    const [pair] = this.tracePairs(model, guide, args);
    const site = pair.guide.sampleSites.find((s) => s.enumeration?.own);
    if (site === undefined) return pair;
    throw new EnumerationError(
      `TraceEnumELBO.${method}() is not compatible with guide enumeration: site "${site.name}" of the guide is enumerated. Sample it in the ` +
        'guide, or drop it from the guide so that the model enumerates it.',
      site.name,
    );
  }

  /** All runs of guide and model for one estimate: one for each particle and each combination of sequential values. */
  protected tracePairs<Args extends unknown[]>(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args>,
    args: Args,
  ): TracePair[] {
    return warningsOf(model, () => {
      const pairs = this.prepared(model, guide, args, (programs) =>
        recyclingWherePossible((isRecycling) =>
          Array.from({ length: this.runs }, () => [...enumeratedPairs(programs, args, isRecycling)]).flat(),
        ),
      );
      if (isValidating()) {
        for (const pair of pairs) this.warn(pair);
        if (!this.checked.has(model) && pairs.some(sharesDimensions)) {
          this.prepared(model, guide, args, (programs) => checkReach(programs, args));
          this.checked.add(model);
        }
      }
      return pairs;
    });
  }

  /** The models of which the markov contexts were checked. */
  private readonly checked = new WeakSet<object>();

  /** The bound that one pair of traces gives: expected log p minus expected log q. */
  private expectedBound({ model, guide }: TracePair): tf.Tensor {
    const entropy: Cost[] = drawnSites(guide).map((site) => {
      const ordinal = ordinalOf(site);
      return { ordinal, reach: [ordinal], value: pack(site, tf.neg(site.logProb)) };
    });
    const weights = guideWeights(guide, (site, logWeight, chances) =>
      this.baselines.centreGradient(site, logWeight, chances, this.numParticles),
    );
    return expectation([...modelCosts(model, guide), ...entropy], weights);
  }

  private warn(pair: TracePair): void {
    warnOfInvalidDependencies(pair);
    const unused = pair.guide.sampleSites.find(
      (site) => site.infer.baseline && (site.enumeration?.own || site.fn.hasRsample),
    );
    if (unused) {
      warn(
        `The baseline of site "${unused.name}" has no use, as the site is ${unused.enumeration?.own ? 'enumerated' : 'reparameterised'}. Drop it.`,
      );
    }
    const sites = [...pair.guide.sampleSites, ...pair.model.sampleSites];
    if (!this.strictEnumerationWarning || sites.some((site) => site.infer.enumerate)) return;
    warn(
      'TraceEnumELBO found no sample sites that are marked for enumeration. Mark them with configEnumerate or infer: { enumerate: "parallel" }, ' +
        'or use TraceELBO.',
    );
  }
}

/** Whether two variables of a program have one dimension, in steps that do not see each other. */
const sharesDimensions = ({ model, guide }: TracePair): boolean =>
  [model, guide].some(({ sampleSites }) => {
    const dims = sampleSites.flatMap((site) => site.enumeration?.own?.dim ?? []);
    return new Set(dims).size < dims.length;
  });

/**
 * Runs the programs once with a dimension for each variable, and rejects a site that varies with one which its markov context hides: with shared
 * dimensions it would be taken for another variable.
 */
function checkReach<Args extends unknown[]>(programs: PreparedPrograms<Args>, args: Args): void {
  tf.tidy(() =>
    apart(new RandomStream('markov'), () => {
      const { value } = enumeratedPairs(programs, args, false).next();
      const { model, guide }: TracePair = value;
      for (const site of [...guide.sampleSites, ...model.sampleSites]) pack(site, site.unscaledLogProb);
    }),
  );
}

/** The pairs of traces of one particle. */
function* enumeratedPairs<Args extends unknown[]>(
  { model, guide, maxPlateNesting }: PreparedPrograms<Args>,
  args: Args,
  isRecycling: boolean,
): Generator<TracePair> {
  const runs = sequentialRuns((sequential) => {
    const allocator = new EnumerationAllocator(-1 - maxPlateNesting, isRecycling);
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
