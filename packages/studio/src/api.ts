/** What the server and the page say to each other: the data of the routes under /api. */

/** How a run stands. */
export type RunState = 'running' | 'stopped' | 'finished' | 'failed';

/** One epoch, as in `metrics.jsonl`. */
export interface EpochMetrics {
  readonly epoch: number;
  readonly step: number;
  readonly [metric: string]: number | null;
}

/** A run in the list. */
export interface RunEntry {
  /** Stands for its folder in addresses. */
  readonly id: string;
  /** Its folder, relative to the folder of the studio. */
  readonly name: string;
  /** An ISO date. */
  readonly createdAt: string;
  readonly state: RunState;
  /** The kind of its model, e.g. "ssiVAE". */
  readonly model: string;
  /** The kind of its images, e.g. "cards". */
  readonly source: string;
  readonly seed: number;
  readonly epochs?: number;
  /** The last epoch, if there is one. */
  readonly last?: EpochMetrics;
  /** Accuracy on the validation images at the end. */
  readonly accuracy?: number;
  readonly accuracyInterval?: readonly [number, number];
  /** Whether the studio started its training, which it then can stop. */
  readonly isOurs: boolean;
  /** Whether it has weights, so that its latent space can be explored. */
  readonly hasModel: boolean;
  /** Why the run cannot be read, if it cannot. */
  readonly problem?: string;
}

/** A run with its settings and its metrics. */
export interface RunDetail extends RunEntry {
  /** Settings by their path, e.g. "model.latentDim". */
  readonly settings: Readonly<Record<string, string>>;
  readonly metrics: readonly EpochMetrics[];
  readonly classNames: readonly string[];
  /** Correct fraction of each class on the validation images. */
  readonly classAccuracy?: readonly number[];
  /** Names of its pictures. */
  readonly pictures: readonly string[];
  /** The last lines that its training wrote, if the studio started it. */
  readonly log: readonly string[];
}

/** One field of the form that starts a training. */
export interface TrainingField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'number' | 'choice';
  readonly choices?: readonly string[];
  readonly placeholder?: string;
}

/** A training that the studio has started. */
export interface TrainingStatus {
  readonly active: boolean;
  /** Whether its run has a folder by now. */
  readonly exists: boolean;
  /** The last lines that it wrote. */
  readonly log: readonly string[];
  /** Why it failed. */
  readonly failure?: string;
}

/** The studio itself. */
export interface StudioInfo {
  readonly version: string;
  /** The folder whose runs it shows. */
  readonly folder: string;
  /** The run that it was opened with. */
  readonly run?: string;
  readonly fields: readonly TrainingField[];
}

/** The data of the events of /api/events, by their names. */
export interface StudioEvents {
  /** A run that is new or has changed. */
  readonly run: RunEntry;
  /** The id of a run that no longer exists. */
  readonly removed: string;
  /** New epochs of a run. */
  readonly metrics: { readonly id: string; readonly from: number; readonly records: readonly EpochMetrics[] };
  /** A line that a training wrote. */
  readonly line: { readonly id: string; readonly line: string };
}

/** The answer to a request that failed. */
export interface Failure {
  readonly error: string;
}

/** The entry "about" in the metadata of a run's latents, a safetensors file with one array for each quantity. */
export interface ExploreMetadata {
  /** Number of images in the file. */
  readonly count: number;
  /** Number of images of the run. */
  readonly total: number;
  readonly classNames: readonly string[];
  /** [height, width], or [length] of a signal. */
  readonly shape: readonly number[];
  readonly channels: number;
  readonly latentDim: number;
  /** Files of the images; empty for generated ones. */
  readonly names: readonly string[];
  /** The configuration of the model. */
  readonly model: Readonly<Record<string, unknown>>;
}

/** The labels of a run so far, and the image that is most worth labelling next. */
export interface LabellingState {
  /** The table on disk. */
  readonly file: string;
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Number of images that show none of the classes. */
  readonly none: number;
  /** Labels that were added in the studio. */
  readonly added: number;
  /** Images without a label. */
  readonly left: number;
  readonly next?: {
    readonly image: number;
    readonly name: string;
    /** Of the classes of the model; empty without classes. */
    readonly probabilities: readonly number[];
  };
}
