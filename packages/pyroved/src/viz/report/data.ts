/** All that a report can show, as plain values. What is omitted is not shown. */
import type { ConfusionMatrix } from '../charts/confusion.js';
import type { HistogramOptions } from '../charts/histogram.js';
import type { ScatterOptions } from '../charts/scatter.js';
import type { TrainingCurve } from '../charts/training.js';
import type { ImageRowsOptions, ManifoldPictureOptions } from '../images/pictures.js';

/** The input of `renderReport`. Texts are plain: the report escapes them. */
export interface ReportData {
  /** E.g. "Playing cards, ss-rVAE". */
  readonly title: string;
  /** When and where, e.g. "22 November 2026, runs/demo". */
  readonly subtitle?: string;
  readonly accuracy?: ReportAccuracy;
  /** What went wrong or needs care: shown right below the headline. */
  readonly warnings?: readonly ReportNote[];
  /** What the run was: data, model, training, machine. */
  readonly facts?: readonly FactGroup[];
  readonly curves?: readonly TrainingCurve[];
  readonly confusion?: ConfusionMatrix;
  /** What a model of pairs predicts beside what was measured; shown before all other figures. */
  readonly predictions?: readonly ReportChart[];
  /** One for each class, or a single one without a title. */
  readonly manifolds?: readonly ManifoldPictureOptions[];
  /** What the manifolds show, a sentence: "Images that the decoder draws over two of its latent variables, upright and centred." by default. */
  readonly drawn?: string;
  /** Which images the latents, the angles and the reconstructions show, a sentence: "Test images, by their true class." */
  readonly shown?: string;
  readonly latents?: ScatterOptions;
  readonly angles?: HistogramOptions;
  /** What the latents tell, in figures; below their pictures. */
  readonly latentTable?: ReportTable;
  /** Rows: input, upright, reconstruction. */
  readonly reconstructions?: ImageRowsOptions;
  readonly samples?: ImageRowsOptions;
  /** Of a model with templates: a row for each class, with its picture and deformations of it. */
  readonly deformations?: ImageRowsOptions;
  /** More charts, such as accuracy against the angle; `key` names the picture's file. */
  readonly charts?: readonly ReportChart[];
  /** Tables of the caller's own, such as runs side by side. */
  readonly tables?: readonly ReportTable[];
  /** What a reader may want to know, such as the files that were skipped. */
  readonly notes?: readonly ReportNote[];
  /** What to do with the model next. */
  readonly commands?: readonly { readonly command: string; readonly what: string }[];
}

/** The headline: how many images get the right class. */
export interface ReportAccuracy {
  /** Share from 0 to 1. */
  readonly value: number;
  /** Number of images that it was measured on. */
  readonly images: number;
  /** 95% interval; by default the one for `images` independent images. */
  readonly interval?: readonly [low: number, high: number];
  /** Further accuracies to compare with, e.g. on upright images. */
  readonly beside?: readonly { readonly label: string; readonly value: number }[];
  /** What they are, e.g. "test images, turned by up to 60°, that the model had not seen". */
  readonly measuredOn: string;
  /** What it is held against, e.g. "the same model without the rotation latent". */
  readonly baseline?: { readonly value: number; readonly label: string };
  /** The accuracy of a guess, mostly 1 / the number of classes. */
  readonly chance?: number;
}

/** Facts under one heading, such as "Data". */
export interface FactGroup {
  readonly title: string;
  readonly rows: readonly (readonly [label: string, value: string | number])[];
}

/** One remark, and a list of what it concerns, such as files. */
export interface ReportNote {
  readonly text: string;
  readonly items?: readonly string[];
}

/** A chart made with one of the chart functions. */
export interface ReportChart {
  readonly key: string;
  /** For a chart that has no title of its own. */
  readonly title?: string;
  readonly caption?: string;
  readonly svg: string;
}

/** A table with a heading and a sentence or two that say how to read it. */
export interface ReportTable {
  readonly title: string;
  readonly intro?: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
