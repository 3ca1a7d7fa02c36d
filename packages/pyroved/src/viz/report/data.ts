/** The content of a report as plain values; omitted parts are not shown. */
import type { ConfusionMatrix } from '../charts/confusion.js';
import type { HistogramOptions } from '../charts/histogram.js';
import type { ScatterOptions } from '../charts/scatter.js';
import type { TrainingCurve } from '../charts/training.js';
import type { ImageRowsOptions, ManifoldPictureOptions } from '../images/pictures.js';

/** The input of `renderReport`. Texts are plain and are escaped by the report. */
export interface ReportData {
  /** Title, e.g. "Playing cards, ss-rVAE". */
  readonly title: string;
  /** Date and folder, e.g. "22 November 2026, runs/demo". */
  readonly subtitle?: string;
  readonly accuracy?: ReportAccuracy;
  /** Warnings, shown below the headline. */
  readonly warnings?: readonly ReportNote[];
  /** Facts about data, model, training and machine. */
  readonly facts?: readonly FactGroup[];
  readonly curves?: readonly TrainingCurve[];
  readonly confusion?: ConfusionMatrix;
  /** Predicted and measured outputs of a VED, shown before other figures. */
  readonly predictions?: readonly ReportChart[];
  /** One per class, or a single one without a title. */
  readonly manifolds?: readonly ManifoldPictureOptions[];
  /** Caption of the manifolds. @default "Images decoded over the plane of two latent variables where images are encoded (their 5% to 95% quantiles), upright and centred." */
  readonly drawn?: string;
  /** Sentence about the images shown in latents, angles and reconstructions, e.g. "Validation images, by true class." */
  readonly shown?: string;
  readonly latents?: ScatterOptions;
  readonly angles?: HistogramOptions;
  /** Disentanglement table, shown below the latents. */
  readonly latentTable?: ReportTable;
  /** Rows: input, straightened, reconstruction. */
  readonly reconstructions?: ImageRowsOptions;
  readonly samples?: ImageRowsOptions;
  /** For a template model: one row per class, with its template and deformations. */
  readonly deformations?: ImageRowsOptions;
  /** Sections of their own, each with its charts and tables, shown before other figures. */
  readonly sections?: readonly ReportSection[];
  /** Additional charts, such as accuracy against the angle; `key` is used for the file name. */
  readonly charts?: readonly ReportChart[];
  /** Additional tables, such as a comparison of runs. */
  readonly tables?: readonly ReportTable[];
  /** Notes, e.g. about the data. */
  readonly notes?: readonly ReportNote[];
  /** Suggested commands. */
  readonly commands?: readonly { readonly command: string; readonly what: string }[];
}

/** The accuracy in the headline. */
export interface ReportAccuracy {
  /** Fraction from 0 to 1. */
  readonly value: number;
  /** Number of images it was measured on. */
  readonly images: number;
  /** 95% interval. @default that of `images` independent images */
  readonly interval?: readonly [low: number, high: number];
  /** Other accuracies to compare with, e.g. on upright images. */
  readonly beside?: readonly { readonly label: string; readonly value: number }[];
  /** Description of the images, e.g. "test images, rotated by up to 60°, that training did not see". */
  readonly measuredOn: string;
  /** A baseline, e.g. "same images, without rotation latents". */
  readonly baseline?: { readonly value: number; readonly label: string };
  /** Chance level, e.g. 1 / number of classes. */
  readonly chance?: number;
}

/** Facts under one heading, such as "Data". */
export interface FactGroup {
  readonly title: string;
  readonly rows: readonly (readonly [label: string, value: string | number])[];
}

/** A note with an optional list, e.g. of files. */
export interface ReportNote {
  readonly text: string;
  readonly items?: readonly string[];
}

/** A chart created by one of the chart functions. */
export interface ReportChart {
  readonly key: string;
  /** Title, for a chart that does not contain one. */
  readonly title?: string;
  readonly caption?: string;
  readonly svg: string;
  /** The picture as PNG, for a chart that is one. */
  readonly png?: Uint8Array;
}

/** A section with its own heading, text, charts and tables. */
export interface ReportSection {
  readonly title: string;
  /** Paragraphs below the heading. */
  readonly text?: readonly string[];
  readonly charts?: readonly ReportChart[];
  readonly tables?: readonly ReportTable[];
}

/** A table with a heading and an explanation. */
export interface ReportTable {
  readonly title: string;
  readonly intro?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
