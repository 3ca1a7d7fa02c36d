/** Running averages of a model's weights, kept beside the weights that training continues with. */
import { OptionError, type ParamData, type ParamStore, type SavedTensor } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';

export interface AverageOptions {
  /** The epoch, counted from 1, with whose first step the average begins. @default that after the first three quarters of the run */
  readonly from?: number;
  /** `mean` (default): every step counts the same. A number below 1: what is kept of the average at each step, an exponential average. */
  readonly decay?: number | 'mean';
}

/** The options filled in. @throws {OptionError} for an epoch that the run does not have, or a decay outside (0, 1). */
export function averageRule(options: AverageOptions, epochs: number): Required<AverageOptions> {
  refuseUnknownKeys('averageWeights', options, ['from', 'decay']);
  const { from = Math.floor(0.75 * epochs) + 1, decay = 'mean' } = options;
  if (!Number.isInteger(from) || from < 1 || from > epochs) {
    throw new OptionError(`averageWeights: from is an epoch from 1 to ${epochs}, not ${from}.`);
  }
  if (decay !== 'mean' && !(decay > 0 && decay < 1)) {
    throw new OptionError(`averageWeights: decay is "mean" or a number between 0 and 1, not ${decay}.`);
  }
  return { from, decay };
}

type Weights = Map<string, ParamData>;

const WEIGHTS = 'weights/';

/** The average, and the weights that it stands in for. Source: `pyroved.trainers.auxSVItrainer.average_weights`; Izmailov et al. 2018 for the mean. */
export class WeightAverage {
  /** Steps in the average. */
  steps = 0;
  private average: Weights | undefined;
  /** Training's own weights, while the model holds the average. */
  private stored: Weights | undefined;

  constructor(
    private readonly params: ParamStore,
    readonly rule: Required<AverageOptions>,
  ) {}

  /** Takes the weights after a step into the average. `epoch` is counted from 1. */
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

  /** Calls `body` with the average in the model, where there is one yet. */
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

  /** Puts the average into the model to stay: the end of a training. */
  show(): void {
    if (!this.average || this.stored) return;
    this.stored = this.params.toData();
    this.params.loadData(this.average);
  }

  /** Training's own weights as arrays of a checkpoint, for one that holds the average as the model's parameters. */
  save(): Map<string, SavedTensor> {
    return this.within(
      () => new Map([...(this.stored ?? [])].map(([name, { shape, data }]) => [`${WEIGHTS}${name}`, { shape, data }])),
    );
  }

  /** Goes on from a checkpoint whose parameters the model holds already. */
  load(tensors: ReadonlyMap<string, SavedTensor>, steps: number): void {
    this.steps = steps;
    this.stored = undefined;
    this.average = steps > 0 ? this.params.toData() : undefined;
    if (!this.average) return;
    const own = [...tensors].filter(([key]) => key.startsWith(WEIGHTS));
    this.params.loadData(
      new Map(
        own.map(([key, { shape, data }]) => [key.slice(WEIGHTS.length), { shape, data: Float32Array.from(data) }]),
      ),
    );
  }
}
