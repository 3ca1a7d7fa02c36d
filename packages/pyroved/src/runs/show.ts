/** What a run has to show, as plain values for the report: manifolds, the latent plane, objects turned upright, samples. */
import {
  type ImageSet,
  type InvariantVAE,
  inMemory,
  isClassifier,
  type Manifold,
  type Model,
  subset,
  TemplateSSIVAE,
  type TrainingImages,
  type VED,
} from 'pyroved-ts';
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

/** Images beyond these add nothing to a scatter or a histogram. */
const PLOTTED = 2000;
const SHOWN = 10;

/** One manifold for each class, or for some values of what the model is told or predicts. `angle` (of each class) in radians, counter-clockwise. */
export function manifoldsOf(
  model: Model | VED,
  classNames: readonly string[],
  options: { size?: number; coverage?: number; angle?: readonly number[] } = {},
): ManifoldPictureOptions[] {
  const { angle = [], ...rest } = options;
  // As in the plot of the latents: the first goes across, the second up.
  const grid = { ...rest, ...(model.options.latentDim > 1 && { axes: [1, 0] as const }) };
  const vae: Pick<InvariantVAE, 'manifold'> = model;
  return variantsOf(model, classNames).map(({ condition, title, class: which = 0 }) =>
    shown(vae.manifold({ ...condition, ...grid, ...turned(model, angle[which]) }), title),
  );
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

/** How far each latent of templates is moved, in its prior's standard deviations; smoothness makes larger values rare. */
const DEFORMED = 0.75;

/** Of a model with templates: the pictures of each class, and their deformations along each content latent either way. */
export function deformationsOf(
  model: Model,
  classNames: readonly string[],
  angles: Float32Array | undefined,
): ImageRowsOptions | undefined {
  if (!(model instanceof TemplateSSIVAE)) return undefined;
  const { latentDim } = model.options;
  const columns = 1 + 2 * latentDim;
  const content = new Float32Array(columns * latentDim);
  const columnLabels = ['picture'];
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

/** Images to look at, with a class for each where the model or the data know one. */
export interface Shown {
  readonly images: ImageSet;
  /** The class that is shown for each. */
  readonly classes?: Int32Array;
  /** The class that the model finds, which decides the pose. */
  readonly found?: Int32Array;
  /** Which images and which classes these are, a sentence. */
  readonly words: string;
}

/** Fewer test images than this show little; the unlabelled ones are looked at then. */
const ENOUGH = 100;

/** Test images with their true classes where there are enough of them, else unlabelled ones with the classes that the model finds. */
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
    return { images, classes: images.labels, found, words: 'Test images, by their true class.' };
  return { images, classes: found, found, words: 'Images of the training set, by the class that the model finds.' };
}

/** Content and angles, by class. */
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

/** Some images as they are, moved into the upright pose, and as the model sees them. */
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
      label: turns(model) ? 'turned upright' : 'centred',
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

/** Up to `most` images, evenly spread over the set. */
const evenly = (set: TrainingImages, most: number): ImageSet =>
  inMemory(set.count <= most ? set : subset(set, evenPlaces(set.count, most)));

/** Up to `most` of 0..count-1 at even distances. */
export const evenPlaces = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, i) => Math.floor(((i + 0.5) * count) / Math.min(count, most)));

/** Images as pictures take them, channels last. */
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
