/** Running averages of a model's weights; training itself continues with the raw weights. */
import { OptionError, type ParamData, type ParamStore, type SavedTensor } from 'pyro-ts';
import { type OptionTable, resolveOptions } from '../options.js';
import { valueArrays, valuesIn } from './state.js';

/** How weights are averaged. */
export interface AverageOptions {
  /** Epoch, counted from 1, at whose start averaging begins. @default the first epoch of the last quarter of the run */
  readonly from?: number;
  /**
   * `'mean'`: all steps have equal weight. A number between 0 and 1: exponential moving average with this decay per
   * step.
   * @default 'mean'
   */
  readonly decay?: number | 'mean';
}

const table = {
  from: {},
  decay: {
    default: 'mean' as const,
    must: '"mean" or a number between 0 and 1',
    isValid: (decay) => decay === 'mean' || (decay > 0 && decay < 1),
  },
} satisfies OptionTable<AverageOptions>;

/**
 * The options with their defaults.
 * @throws {OptionError} when the run does not have the epoch `from`, or the decay is outside (0, 1).
 */
export function averageRule(options: AverageOptions, epochs: number): Required<AverageOptions> {
  const { from = Math.floor(0.75 * epochs) + 1, decay } = resolveOptions('averageWeights', options, table);
  if (!Number.isInteger(from) || from < 1 || from > epochs) {
    throw new OptionError(`averageWeights: from must be an epoch from 1 to ${epochs}; got ${from}.`);
  }
  return { from, decay };
}

type Weights = Map<string, ParamData>;

const WEIGHTS = 'weights/';

/**
 * The average, and the training weights while the model holds the average.
 * @see `pyroved.trainers.auxSVItrainer.average_weights`; Izmailov et al. 2018 for the mean.
 */
export class WeightAverage {
  /** Number of steps in the average. */
  steps = 0;
  private average: Weights | undefined;
  /** The training weights, while the model holds the average. */
  private stored: Weights | undefined;

  constructor(
    private readonly params: ParamStore,
    readonly rule: Required<AverageOptions>,
  ) {}

  /** Updates the average after a step. `epoch` is counted from 1. */
  update(epoch: number): void {
    if (epoch < this.rule.from) return;
    const weights = this.params.toData();
    this.steps++;
    if (!this.average) {
      this.average = weights;
      return;
    }
    const { decay } = this.rule;
    const share = decay === 'mean' ? 1 / this.steps : 1 - decay;
    for (const [name, { data }] of this.average) {
      const now = (weights.get(name) as ParamData).data;
      for (let i = 0; i < data.length; i++) data[i] += share * (now[i] - data[i]);
    }
  }

  /** Calls `body` with the averaged weights in the model, if there are any yet. */
  within<T>(body: () => T): T {
    if (!this.average || this.stored) return body();
    const stored = this.params.toData();
    this.stored = stored;
    try {
      this.params.loadData(this.average);
      return body();
    } finally {
      this.params.loadData(stored);
      this.stored = undefined;
    }
  }

  /** Puts the average into the model, at the end of training. */
  show(): void {
    if (!this.average || this.stored) return;
    this.stored = this.params.toData();
    this.params.loadData(this.average);
  }

  /** The training weights as arrays of a checkpoint whose parameters are the average. */
  save(): Map<string, SavedTensor> {
    return this.within(() => valueArrays(this.stored ?? new Map(), WEIGHTS));
  }

  /** Restores the state of a checkpoint whose parameters are already loaded into the model. */
  load(tensors: ReadonlyMap<string, SavedTensor>, steps: number): void {
    this.steps = steps;
    this.stored = undefined;
    this.average = steps > 0 ? this.params.toData() : undefined;
    if (!this.average) return;
    this.params.loadData(valuesIn(tensors, WEIGHTS));
  }
}
