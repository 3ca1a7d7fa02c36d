/** Data for the pictures of a report: manifolds, latent plane, straightened images and samples. */
import {
  type ImageSet,
  type InvariantVAE,
  inMemory,
  type Manifold,
  type Model,
  subset,
  TemplateSSIVAE,
  type TrainingImages,
  VED,
} from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import { kindOf, variantsOf } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';
import type {
  HistogramOptions,
  ImageRowsOptions,
  ManifoldPictureOptions,
  ScatterOptions,
  Stack,
} from '../viz/index.js';
import { degreesFromUpright, turns, uprightOf } from './upright.js';

/** Largest number of images in a scatter plot or a histogram. */
const PLOTTED = 2000;
const SHOWN = 10;

/** Options of `manifoldsOf`. */
interface ManifoldsOptions {
  readonly size?: number;
  readonly coverage?: number;
  /** Angle of each class in radians, counter-clockwise. */
  readonly angle?: readonly number[];
  /** Cover where these images are encoded, of each class those of the class. @default the prior */
  readonly over?: Pick<Shown, 'images' | 'found'>;
}

/** One manifold per class, or per value of the condition or target. */
export function manifoldsOf(
  model: Model | VED,
  classNames: readonly string[],
  options: ManifoldsOptions = {},
): ManifoldPictureOptions[] {
  const { angle = [], over, ...rest } = options;
  const covered = over && !(model instanceof VED) ? coveredBy(model, over, rest) : undefined;
  // As in the scatter plot: the first latent is horizontal, the second vertical.
  const grid = { ...rest, ...(model.options.latentDim > 1 && { axes: [1, 0] as const }) };
  const vae: Pick<InvariantVAE, 'manifold'> = model;
  return variantsOf(model, classNames).map(({ condition, title, class: which = 0 }) =>
    shown(vae.manifold({ ...condition, ...grid, ...covered?.(which), ...turned(model, angle[which]) }), title),
  );
}

/** With fewer images of a class, its manifold covers all of them. */
const ENOUGH_OF_CLASS = 10;

/** For each class, the values of the first two latents that cover the encoded images: quantiles of each. */
function coveredBy(
  model: Model,
  { images, found }: Pick<Shown, 'images' | 'found'>,
  { size = 8, coverage = 0.9 }: ManifoldsOptions,
): (which: number) => { values?: readonly [readonly number[], readonly number[]] } {
  const { latentDim } = model.options;
  const { content } = model.encode(images);
  const places = Array.from({ length: images.count }, (_, i) => i);
  const quantiles = (members: readonly number[], latent: number): number[] => {
    const sorted = Float32Array.from(members, (i) => content[i * latentDim + latent]).sort();
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
    return Array.from({ length: size }, (_, k) => at((1 - coverage) / 2 + (coverage * k) / Math.max(1, size - 1)));
  };
  return (which) => {
    const own = places.filter((i) => found?.[i] === which);
    const members = own.length >= ENOUGH_OF_CLASS ? own : places;
    const values = [quantiles(members, Math.min(1, latentDim - 1)), quantiles(members, 0)] as const;
    // A latent that encodes nothing has no extent; the prior is then shown.
    const hasExtent = values.every((list) => list[list.length - 1] - list[0] > 1e-3);
    return hasExtent ? { values } : {};
  };
}

const turned = (model: Model | VED, angle: number | undefined) =>
  angle !== undefined && Number.isFinite(angle) && turns(model) ? { angle } : {};

function shown({ images, rows, columns, axes: [down, across] }: Manifold, title?: string): ManifoldPictureOptions {
  const ends = (values: Float32Array): [number, number] => [Math.min(...values), Math.max(...values)];
  return {
    images: stackOf(images),
    columns: columns.length,
    x: ends(columns),
    y: ends(rows),
    xTitle: latentName(across),
    yTitle: latentName(down),
    ...(title !== undefined && { title }),
  };
}

/** Displacement of each latent of a template model, in standard deviations of its prior; smoothness makes larger values rare. */
const DEFORMED = 0.75;

/** For a template model: the templates of each class and their deformations along each content latent. */
export function deformationsOf(
  model: Model,
  classNames: readonly string[],
  angles: Float32Array | undefined,
): ImageRowsOptions | undefined {
  if (!(model instanceof TemplateSSIVAE)) return undefined;
  const { latentDim } = model.options;
  const columns = 1 + 2 * latentDim;
  const content = new Float32Array(columns * latentDim);
  const columnLabels = ['template'];
  for (let c = 0; c < latentDim; c++) {
    for (const [k, sign] of [-1, 1].entries()) {
      content[(1 + 2 * c + k) * latentDim + c] = sign * DEFORMED;
      columnLabels.push(`${latentName(c)} = ${sign < 0 ? '−' : ''}${DEFORMED}`);
    }
  }
  const rows = classNames.flatMap((label, classes) =>
    Array.from({ length: model.templates.perClass }, (_, templates) => ({
      label: templates === 0 ? label : `${label}, ${templates + 1}`,
      images: stackOf(model.decode(content, { classes, templates, angle: uprightOf(angles, classes) })),
    })),
  );
  return { rows, columnLabels };
}

/** Images to show, with their classes if known. */
export interface Shown {
  readonly images: ImageSet;
  /** The class shown for each image. */
  readonly classes?: Int32Array;
  /** The predicted class, which determines the pose. */
  readonly found?: Int32Array;
  /** A sentence that describes the images and their classes. */
  readonly words: string;
}

/** With fewer validation images, unlabelled ones are shown. */
const ENOUGH = 100;

/** Validation images with their true classes if there are enough of them, else unlabelled images with their predicted classes. */
export function imagesToShow(model: Model, sets: TrainingSets): Shown {
  const { test } = sets;
  const kind = kindOf(model);
  const unlabelled = kind.images(model, sets);
  const isTest = test !== undefined && test.count >= Math.min(ENOUGH, unlabelled.count);
  const images = evenly(isTest ? test : unlabelled, PLOTTED);
  if (!isClassifier(model))
    return { images, words: '', ...(model.numClasses > 0 && images.labels && { classes: images.labels }) };
  const found = model.classify(images).classes;
  if (isTest && images.labels && kind.classes === 'known')
    return { images, classes: images.labels, found, words: 'Validation images, by true class.' };
  return { images, classes: found, found, words: 'Training images, by predicted class.' };
}

/** Scatter plot of the content latents and histogram of the angles, by class. */
export function latentsOf(
  model: Model,
  { images, classes, found }: Shown,
  classNames: readonly string[],
  classAngles: Float32Array | undefined,
): { latents?: ScatterOptions; angles?: HistogramOptions } {
  const { latentDim } = model.options;
  const encoding = model.encode(images);
  const column = (c: number) =>
    Float32Array.from({ length: images.count }, (_, i) => encoding.content[i * latentDim + c]);
  const colours = classes ? { classes, classNames } : {};
  const degrees = encoding.angle?.map((a, i) =>
    degreesFromUpright(a, (found && classAngles?.[found[i]]) ?? Number.NaN),
  );
  return {
    ...(latentDim > 1 && {
      latents: { x: column(0), y: column(1), xTitle: latentName(0), yTitle: latentName(1), ...colours },
    }),
    ...(degrees && {
      angles: {
        values: degrees,
        ...colours,
        xTitle: classAngles ? 'angle from the upright pose of the class (deg)' : 'inferred angle (deg)',
        domain: [-180, 180],
        ticks: [-180, -90, 0, 90, 180],
      },
    }),
  };
}

/** Some images, their straightened versions, and their reconstructions. */
export function reconstructionsOf(
  model: Model,
  { images, classes, found }: Shown,
  classNames: readonly string[],
  classAngles: Float32Array | undefined,
): ImageRowsOptions {
  const places = evenPlaces(images.count, SHOWN);
  const some = subset(images, places);
  const rows: { label: string; images: Stack }[] = [{ label: 'input', images: stackOf(some) }];
  if (model.options.invariances.length > 0) {
    const reference = found && classAngles && Float32Array.from(places, (i) => uprightOf(classAngles, found[i]));
    rows.push({
      label: turns(model) ? 'straightened' : 'centred',
      images: stackOf(model.straighten(some, reference ? { reference } : {})),
    });
  }
  rows.push({ label: 'reconstruction', images: stackOf(model.reconstruct(some)) });
  return { rows, ...(classes && { columnLabels: places.map((i) => classNames[classes[i]]) }) };
}

/** Labelled images of each class, and unlabelled ones. */
export function samplesOf({ labelled, unlabelled, classNames }: TrainingSets): ImageRowsOptions {
  const some = stackOf(evenly(unlabelled, SHOWN));
  if (!labelled) return { rows: [{ label: 'images', images: some }] };
  const rows = classNames.flatMap((label, c) => {
    const members = Array.from(labelled.labels ?? []).flatMap((y, i) => (y === c ? [i] : []));
    return members.length > 0 ? [{ label, images: stackOf(inMemory(subset(labelled, members.slice(0, SHOWN)))) }] : [];
  });
  return { rows: [...rows, { label: 'unlabelled', images: some }] };
}

/** Up to `most` images, evenly spaced over the set. */
const evenly = (set: TrainingImages, most: number): ImageSet =>
  inMemory(set.count <= most ? set : subset(set, evenPlaces(set.count, most)));

/** Up to `most` evenly spaced indices from 0 to count - 1. */
export const evenPlaces = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, i) => Math.floor(((i + 0.5) * count) / Math.min(count, most)));

/** Converts images to the channels-last layout of pictures. */
export function stackOf(set: ImageSet): Stack {
  const { channels, count, shape, images } = set;
  if (shape.length === 1) return { count, length: shape[0], data: images };
  const [height, width] = shape;
  if (channels === 1) return { count, height, width, data: images };
  const points = height * width;
  const data = new Float32Array(images.length);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < points; p++) data[(i * points + p) * channels + c] = images[(i * channels + c) * points + p];
    }
  }
  return { count, height, width, channels, data };
}

export const latentName = (index: number): string =>
  `z${String(index + 1).replace(/\d/g, (d) => '₀₁₂₃₄₅₆₇₈₉'[Number(d)])}`;
