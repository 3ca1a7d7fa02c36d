/** The trainings that the figures of the paper need: what each is, by name, at the chosen size. */
import { createHash } from 'node:crypto';
import { cardsConfig } from 'pyroved-data/internal';
import type { ModelSettings, TrainSettings } from '../kinds/index.js';
import type { TrainRequest } from '../runs/train.js';
import { canonical, contentHash } from '../sources/contentHash.js';
import type { GeneratedSource } from '../sources/generated.js';
import type { Source } from '../sources/source.js';

/** `paper`: the paper's recipe. `ours`: the default recipe. */
export const columns = ['ours', 'paper'] as const;
export type Column = (typeof columns)[number];

/** `full`: as in the paper. `savings`: with unbiased savings in the decoder throughout. `quick`: few images and epochs, to see that everything works. */
export type Size = 'full' | 'savings' | 'quick';

/** One training. */
export interface RunSpec {
  /** A short name, unique together with the configuration, for folders and messages. */
  readonly name: string;
  readonly column: Column;
  readonly request: Pick<TrainRequest, 'model' | 'train' | 'recipe' | 'preprocess'> & {
    readonly source: Source;
    readonly seed: number;
  };
  /** Whether to record a film of the training. */
  readonly film?: boolean;
}

/** What a plan depends on. */
export interface PlanOptions {
  readonly size: Size;
  /** File or folder of the class images of the cards. @default the suits of this project */
  readonly templates?: string;
}

/** The folder of a run: its name and a hash of its configuration, so that figures share runs and a changed plan does not reuse old ones. */
export function runId({ name, request: { source, ...rest } }: RunSpec): string {
  const hash = createHash('sha256').update(canonical(rest)).update(contentHash(source)).digest('hex');
  return `${name}-${hash.slice(0, 8)}`;
}

/** Sizes of data and trainings. */
interface Scale {
  readonly cards: { labelledPerClass: number; unlabelledPerClass: number; validationPerClass: number };
  readonly particles: { counts: number[]; validationPerClass: number };
  /** Epochs of the paper's main run, of its runs for curves, of ours, of ours for curves, and of the runs on particles. */
  readonly epochs: { main: number; curve: number; ours?: number; oursCurve: number; particles: number };
  readonly alphas: readonly number[];
  readonly seeds: readonly number[];
  readonly priorSeeds: readonly number[];
  readonly priorAlphas: readonly number[];
  /** Values along the axes of figures 4a and 4f, levels of 4e, and images per class. */
  readonly grid: { steps: number; contamination: number; noise: number; perClass: number };
  readonly recognitionSteps?: number;
}

const whole: Scale = {
  cards: { labelledPerClass: 200, unlabelledPerClass: 3000, validationPerClass: 1000 },
  particles: { counts: [304, 93, 49, 31], validationPerClass: 500 },
  epochs: { main: 100, curve: 40, oursCurve: 1, particles: 200 },
  alphas: [4, 30, 60, 90, 120, 180],
  seeds: [1, 2, 3],
  priorSeeds: [1, 2, 3, 4, 5],
  priorAlphas: [60, 180],
  grid: { steps: 16, contamination: 11, noise: 21, perClass: 1000 },
};

const scales: Readonly<Record<Size, Scale>> = {
  full: whole,
  savings: { ...whole, grid: { ...whole.grid, perClass: 250 } },
  quick: {
    cards: { labelledPerClass: 20, unlabelledPerClass: 60, validationPerClass: 25 },
    particles: { counts: [40, 30, 25, 20], validationPerClass: 20 },
    epochs: { main: 2, curve: 1, ours: 1, oursCurve: 1, particles: 2 },
    alphas: [4, 60],
    seeds: [1, 2],
    priorSeeds: [1, 2],
    priorAlphas: [60],
    grid: { steps: 4, contamination: 3, noise: 5, perClass: 10 },
    recognitionSteps: 20,
  },
};

/** Standard deviation of the noise on the training images of the runs that are trained on noisy images. */
export const TRAINING_NOISE = { paper: 0.45, ours: 0.6 } as const satisfies Record<Column, number>;

/** The decoder is asked about an eighth of the pixels, for the likeliest class and one other. */
const savings: ModelSettings = { pixels: 288, enumerate: 'sum-and-sample', exactClasses: 1 };

interface PaperOptions {
  readonly model?: ModelSettings;
  readonly epochs?: number;
  /** Without savings in the decoder. @default false */
  readonly isExact?: boolean;
  readonly noise?: number;
}

/** The plan at one size: the runs that figures ask for by name. */
export class Plan {
  readonly scale: Scale;

  constructor(readonly options: PlanOptions) {
    this.scale = scales[options.size];
  }

  /** The cards with angles up to `alpha` degrees. Labelled images are within 4 degrees of upright. */
  cards(alpha: number, noise = 0): Source & GeneratedSource {
    const { templates } = this.options;
    return {
      kind: 'cards',
      ...cardsConfig({ ...this.scale.cards, angle: alpha, labelledAngle: 4, ...(noise > 0 && { noise }) }),
      ...(templates !== undefined && { templates }),
    };
  }

  /** The paper's main run: a ss-rVAE at ±60 degrees, exact unless the size saves. */
  main(column: Column): RunSpec {
    if (column === 'ours') return this.#ours('ours-main', 60, { film: true });
    const { main: epochs } = this.scale.epochs;
    return { ...this.#paper('paper-main', 60, 1, { epochs, isExact: this.options.size === 'full' }), film: true };
  }

  /** A run on noisy images. */
  noisy(column: Column): RunSpec {
    const noise = TRAINING_NOISE[column];
    if (column === 'ours') return this.#ours('ours-noisy', 60, { noise });
    // Noisy pixels are outside [0, 1], which the paper's Bernoulli likelihood does not support.
    return this.#paper('paper-noisy', 60, 1, { noise, model: { likelihood: 'gaussian', decoderSigma: 'learned' } });
  }

  /** A run at an angle range of figure 3a. */
  atAngle(column: Column, alpha: number, seed: number): RunSpec {
    if (column === 'paper') return this.#paper(`paper-rvae-${alpha}-s${seed}`, alpha, seed);
    const train = { epochs: this.scale.epochs.oursCurve };
    return this.#ours(`ours-${alpha}-s${seed}`, alpha, { seed, train });
  }

  /** The paper's model without invariance at an angle range. */
  plainAtAngle(alpha: number, seed: number): RunSpec {
    const isFilmed = alpha === 60 && seed === 1;
    // Without a spatial decoder there is nothing to save.
    const spec = this.#paper(`paper-vae-${alpha}-s${seed}`, alpha, seed, { model: { invariances: [] }, isExact: true });
    return { ...spec, ...(isFilmed && { film: true }) };
  }

  /** A run with an angle prior; those of the normal prior are those of figure 3a. */
  withPrior(column: Column, prior: ComparedPrior, alpha: number, seed: number): RunSpec {
    const spec = this.atAngle(column, alpha, seed);
    if (prior === 'normal') return spec;
    const { model } = spec.request;
    return {
      ...spec,
      name: `${column}-${prior}-${alpha}-s${seed}`,
      request: { ...spec.request, model: { ...model, anglePrior: prior } },
    };
  }

  get particles(): Source & GeneratedSource {
    return { kind: 'particles', look: 'micrograph', ...this.scale.particles };
  }

  /** The semi-supervised model on the particles, 15 labels per class. */
  onParticles(column: Column): RunSpec {
    const { particles: epochs } = this.scale.epochs;
    const request = { source: this.particles, seed: 1 };
    if (column === 'ours') {
      return { name: 'ours-particles', column, request: { ...request, train: this.#recognition(this.#oursEpochs) } };
    }
    return { name: 'paper-particles', column, request: { ...request, recipe: 'paper', train: { epochs } } };
  }

  /** The unsupervised model on the particles, with and without the invariances. */
  unsupervised(isInvariant: boolean): RunSpec {
    const model: ModelSettings = { kind: 'iVAE', invariances: isInvariant ? ['r', 't'] : [] };
    const train = { epochs: this.scale.epochs.particles };
    return {
      ...{ name: isInvariant ? 'particles-rvae' : 'particles-vae', column: 'paper' },
      request: { source: this.particles, seed: 1, model, train },
    };
  }

  #paper(
    name: string,
    alpha: number,
    seed: number,
    { model = {}, epochs = this.scale.epochs.curve, isExact = false, noise = 0 }: PaperOptions = {},
  ): RunSpec {
    return {
      ...{ name, column: 'paper' },
      request: {
        ...{ source: this.cards(alpha, noise), seed, recipe: 'paper' as const, train: { epochs } },
        // The paper's network takes the pixels as they are.
        preprocess: 'none',
        model: { ...(isExact ? {} : savings), ...model },
      },
    };
  }

  #ours(
    name: string,
    alpha: number,
    { seed = 1, train = {}, noise = 0, film }: { seed?: number; train?: TrainSettings; noise?: number; film?: boolean },
  ): RunSpec {
    return {
      ...{ name, column: 'ours' },
      request: {
        ...{ source: this.cards(alpha, noise), seed },
        train: this.#recognition({ ...this.#oursEpochs, ...train }),
      },
      ...(film && { film }),
    };
  }

  get #oursEpochs(): TrainSettings {
    const { ours: epochs } = this.scale.epochs;
    return epochs === undefined ? {} : { epochs };
  }

  #recognition(train: TrainSettings): TrainSettings {
    const { recognitionSteps } = this.scale;
    return { ...train, ...(recognitionSteps !== undefined && { recognitionSteps }) };
  }
}

export const comparedPriors = ['normal', 'projected-normal'] as const;
export type ComparedPrior = (typeof comparedPriors)[number];
