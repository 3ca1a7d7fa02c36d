/** What a run has to show, as plain values for the report: manifolds, the latent plane, objects turned upright, samples. */
import { type ImageSet, inMemory, subset } from '../data/index.js';
import type { IVAE, Manifold, SSIVAE } from '../models/index.js';
import type { TrainingImages } from '../train/index.js';
import type {
  HistogramOptions,
  ImageRowsOptions,
  ManifoldPictureOptions,
  ScatterOptions,
  Stack,
} from '../viz/index.js';
import type { TrainingSets } from './sources/sets.js';
import { degreesFromUpright, hasClassAngles } from './upright.js';

/** Images beyond these add nothing to a scatter or a histogram. */
const PLOTTED = 2000;
const SHOWN = 10;

/** One manifold for each class, or the one of a model without classes. `angle` in radians, counter-clockwise. */
export function manifoldsOf(
  model: IVAE | SSIVAE,
  classNames: readonly string[],
  options: { size?: number; coverage?: number; angle?: readonly number[] } = {},
): ManifoldPictureOptions[] {
  const { angle = [], ...grid } = options;
  if (model.kind === 'iVAE') return [shown(model.manifold({ ...grid, ...turned(model, angle[0]) }))];
  return classNames.map((name, of) => shown(model.manifold({ of, ...grid, ...turned(model, angle[of]) }), name));
}

const turned = (model: IVAE | SSIVAE, angle: number | undefined) =>
  angle !== undefined && Number.isFinite(angle) && (model.options.invariances ?? []).includes('r') ? { angle } : {};

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

/** Content and angles of images that training did not see, coloured by their true class. */
export function latentsOf(
  model: IVAE | SSIVAE,
  { test, unlabelled, classNames }: TrainingSets,
  classAngles: Float32Array | undefined,
): { latents?: ScatterOptions; angles?: HistogramOptions } {
  const { latentDim } = model.options;
  const some = evenly(test ?? unlabelled, PLOTTED);
  const encoding = model.encode(some);
  const column = (c: number) =>
    Float32Array.from({ length: some.count }, (_, i) => encoding.content[i * latentDim + c]);
  const classes = some.labels && classNames.length > 0 ? { classes: some.labels, classNames } : {};
  const found = model.kind === 'ssiVAE' ? model.classify(some).classes : undefined;
  const degrees = encoding.angle?.map((a, i) =>
    degreesFromUpright(a, (found && classAngles?.[found[i]]) ?? Number.NaN),
  );
  return {
    ...(latentDim > 1 && {
      latents: { x: column(0), y: column(1), xTitle: latentName(0), yTitle: latentName(1), ...classes },
    }),
    ...(degrees && {
      angles: {
        values: degrees,
        ...classes,
        xTitle: 'inferred angle (deg)',
        domain: [-180, 180],
        ticks: [-180, -90, 0, 90, 180],
      },
    }),
  };
}

/** Some images as they are, moved into the upright pose, and as the model sees them. */
export function reconstructionsOf(
  model: IVAE | SSIVAE,
  { test, unlabelled, classNames }: TrainingSets,
  classAngles: Float32Array | undefined,
): ImageRowsOptions {
  const some = evenly(test ?? unlabelled, SHOWN);
  const rows: { label: string; images: Stack }[] = [{ label: 'input', images: stackOf(some) }];
  if ((model.options.invariances ?? []).length > 0) {
    rows.push({
      label: 'turned upright',
      images: stackOf(model.straighten(some, reference(model, some, classAngles))),
    });
  }
  rows.push({ label: 'reconstruction', images: stackOf(model.reconstruct(some)) });
  const columnLabels = some.labels && classNames.length > 0 ? Array.from(some.labels, (l) => classNames[l]) : undefined;
  return { rows, ...(columnLabels && { columnLabels }) };
}

/** The upright angle of the class that the model finds in each image. */
function reference(
  model: IVAE | SSIVAE,
  images: ImageSet,
  classAngles: Float32Array | undefined,
): { reference?: Float32Array } {
  if (!classAngles || !hasClassAngles(model)) return {};
  const { classes } = model.classify(images);
  return { reference: Float32Array.from(classes, (c) => (Number.isFinite(classAngles[c]) ? classAngles[c] : 0)) };
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
function evenly(set: TrainingImages, most: number): ImageSet {
  if (set.count <= most) return inMemory(set);
  const places = Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * set.count) / most));
  return inMemory(subset(set, places));
}

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

const latentName = (index: number): string => `z${String(index + 1).replace(/\d/g, (d) => '₀₁₂₃₄₅₆₇₈₉'[Number(d)])}`;
