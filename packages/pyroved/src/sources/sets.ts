/** The images of a run as training takes them, whatever their source. */
import type { FileProblem, Normalisation, Preprocessing, TrainingImages } from 'pyroved-ts';

/** What a run is trained and evaluated on. */
export interface TrainingSets {
  readonly unlabelled: TrainingImages;
  readonly labelled?: TrainingImages;
  /** Labelled images that training does not see. */
  readonly test?: TrainingImages;
  /** Names of the classes; empty where there are no labels. */
  readonly classNames: readonly string[];
  /** The grey range that became [0, 1]; absent for generated images. */
  readonly normalisation?: Normalisation;
  /** What has been done to the images; absent where they are as they were read. */
  readonly preprocessing?: Preprocessing;
  /** Where classes are found among the images: what is known of their classes, for the evaluation alone. */
  readonly found?: { readonly test?: TrainingImages };
  /** The side of images of a user's own in pixels, where it was chosen from them. */
  readonly size?: number;
  readonly notes: readonly string[];
  readonly problems: readonly FileProblem[];
  /** Lets go of the files that images are still read from. */
  readonly close?: () => void;
}

export interface LoadSetsOptions {
  /** The grey range of the run, where there is one already. */
  readonly normalisation?: Normalisation;
  /** Called as files are read. */
  readonly onProgress?: (done: number, total: number) => void;
}
