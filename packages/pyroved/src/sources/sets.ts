/** The sets of images of a run. */
import type { FileProblem, Normalisation, Preprocessing, TrainingImages } from 'pyroved-ts';

/** The images that a run is trained and evaluated on. */
export interface TrainingSets {
  readonly unlabelled: TrainingImages;
  readonly labelled?: TrainingImages;
  /** Labelled images for validation, which are not trained on. */
  readonly test?: TrainingImages;
  /** Class names; empty without labels. */
  readonly classNames: readonly string[];
  /** The grey values scaled to [0, 1]; absent for generated images. */
  readonly normalisation?: Normalisation;
  /** The preprocessing applied to the images; absent if there was none. */
  readonly preprocessing?: Preprocessing;
  /** For classes found among the images: labelled images, only used for the evaluation. */
  readonly found?: { readonly test?: TrainingImages };
  /** The side of the images in pixels, if it was chosen from the user's images. */
  readonly size?: number;
  /** For patches of micrographs: their side in pixels, and the pixel size to which micrographs are resampled, e.g. "1.3 nm". */
  readonly patches?: { readonly patch: number; readonly commonPixelSize?: string };
  readonly notes: readonly string[];
  readonly problems: readonly FileProblem[];
  /** Closes the files that images are streamed from. */
  readonly close?: () => void;
}

export interface LoadSetsOptions {
  /** The normalisation of an existing run. */
  readonly normalisation?: Normalisation;
  /** Called as files are read. */
  readonly onProgress?: (done: number, total: number) => void;
}
