/** Labelled test images under a condition: newly generated ones, or a user's upright images that are posed and corrupted here. */
import { OptionError } from 'pyro-ts';
import {
  type AffineRanges,
  type ImageSet,
  inMemory,
  noPreprocessing,
  PyrovedError,
  posedCopies,
  type TrainingImages,
  withContamination,
  withNoise,
} from 'pyroved-ts';
import { kindOf } from '../kinds/index.js';
import { readLabelled } from '../runs/evaluate.js';
import { classifierOf, type TrainedModel } from '../runs/loadModel.js';
import { dataSection } from '../runs/settings.js';
import { closedAtEnd, imagesOf } from '../runs/trainingImages.js';
import { validationFor } from '../runs/validation.js';
import { type Changes, type GeneratedSource, isGenerated, validationOf } from '../sources/generated.js';
import { preprocessedFor } from '../sources/newImages.js';
import { type Condition, checkCondition, type Disorder } from './disorders.js';

export interface DisturbedOptions {
  /** A folder with one folder of upright images per class. @default the run's validation images */
  readonly labelled?: string;
  /** Images of each class; a user's images are copied at different poses to reach this number. @default 250 */
  readonly perClass?: number;
  /** Seed of poses and corruptions. @default 1 */
  readonly seed?: number;
}

/** Test images under any condition. */
export interface DisturbedImages {
  /** The disorders that can be changed. */
  readonly disorders: readonly Disorder[];
  /** The images under a condition, preprocessed for the model. The same condition gives the same images. */
  at(condition: Condition): Promise<TrainingImages>;
}

const corruptions = ['noise', 'contamination', 'intensity'] as const;
const poses = ['angle', 'shear', 'shift', 'scale'] as const;
/** A user's upright images are copied at most this often. */
const MOST_COPIES = 50;

/**
 * The test images of a trained classifier.
 * @throws {PyrovedError} when the model has no classes or there are no labelled images.
 * @example const images = await disturbedImages(trained); evaluateModel(trained, await images.at({ angle: 90, noise: 0.2 }))
 */
export async function disturbedImages(
  trained: TrainedModel,
  { labelled, perClass = 250, seed = 1 }: DisturbedOptions = {},
): Promise<DisturbedImages> {
  const { source, foundClasses } = dataSection(trained.run.config);
  const model = classifierOf(trained);
  if (kindOf(model).classes !== 'known' || foundClasses !== undefined) {
    throw new PyrovedError(
      `The model of ${trained.run.path} found its classes without labels. Robustness is measured for models trained with labels.`,
    );
  }
  const { disorders, clean } =
    labelled === undefined && isGenerated(source)
      ? generatedAt(source, perClass)
      : uprightAt(trained, await uprightImages(trained, labelled), perClass, seed);
  let last: { key: string; images: ImageSet } | undefined;
  return {
    disorders,
    at: async (condition) => {
      checkCondition(condition);
      checkSupported(condition, disorders);
      const { noise, contamination, intensity = 1, ...pose } = condition;
      const isNoisy = noise === undefined;
      const key = JSON.stringify([pose, isNoisy]);
      // Along a curve over noise only the corruption changes.
      if (last?.key !== key) last = { key, images: await clean(pose, isNoisy) };
      let { images } = last;
      if (contamination !== undefined) images = withContamination(images, contamination, intensity, seed);
      if (noise !== undefined) images = withNoise(images, noise, seed);
      return preprocessedFor(trained, images);
    },
  };
}

function checkSupported(condition: Condition, disorders: readonly Disorder[]): void {
  const wrong = Object.keys(condition).find((name) => !disorders.some((known) => known === name));
  if (wrong === undefined) return;
  throw new OptionError(`These images have no ${wrong} to change; they have ${disorders.join(', ')}.`);
}

interface CleanImages {
  readonly disorders: readonly Disorder[];
  /** @param isNoisy whether generated images have the noise of the run's images */
  readonly clean: (pose: Pick<Condition, (typeof poses)[number]>, isNoisy: boolean) => Promise<ImageSet>;
}

/** New images of the run's generator. */
function generatedAt(source: GeneratedSource, perClass: number): CleanImages {
  return {
    disorders: [...posesOf[source.kind], ...corruptions],
    clean: ({ angle, shear, shift, scale }, isNoisy) => {
      const changes: Changes = {
        ...(angle !== undefined && { angle }),
        ...(shear !== undefined && { shear }),
        ...(shift !== undefined && { translation: shift }),
        ...(scale !== undefined && { scale: `${1 / scale} to ${scale}` }),
        validationPerClass: perClass,
      };
      return validationOf(isNoisy ? source : { ...source, noise: 0 }, changes);
    },
  };
}

/** The poses that each generator can change. Particles and peaks have random poses already. */
const posesOf: Readonly<Record<GeneratedSource['kind'], readonly Disorder[]>> = {
  cards: poses,
  glyphs: poses,
  digits: ['angle', 'shift'],
  particles: [],
  peaks: [],
};

/** The upright labelled images, not preprocessed. */
async function uprightImages(trained: TrainedModel, folder: string | undefined): Promise<ImageSet> {
  if (folder !== undefined) return inMemory((await readLabelled(trained, folder)).set);
  const { run, normalisation } = trained;
  using sets = closedAtEnd(
    await imagesOf({
      ...dataSection(run.config),
      ...(normalisation && { normalisation }),
      preprocessing: noPreprocessing,
    }),
  );
  const { test } = sets;
  if (!test?.labels) {
    throw new PyrovedError(
      `The run ${run.path} has no labelled validation images. Provide upright images, one folder per class (--labelled).`,
    );
  }
  return inMemory(test);
}

/** Copies of upright images at random poses; a range that the condition omits is that of the run's validation images. */
function uprightAt(trained: TrainedModel, upright: ImageSet, perClass: number, seed: number): CleanImages {
  const isSignal = upright.shape.length === 1;
  const classes = upright.classNames?.length ?? 1;
  const copies = Math.min(MOST_COPIES, Math.max(1, Math.round((perClass * classes) / upright.count)));
  const { ranges: usual = {} } =
    validationFor(trained.run.config, {
      ...{ unlabelled: upright, test: upright, classNames: upright.classNames ?? [], notes: [], problems: [] },
    }) ?? {};
  return {
    disorders: [...(isSignal ? (['shift'] as const) : poses), ...corruptions],
    clean: async (pose) => {
      const ranges = { ...usual, ...rangesOf(pose) };
      return posedCopies(upright, ranges, { copies, seed: `${seed}/robustness`, noise: 'lost', outside: 'border' });
    },
  };
}

const RADIANS = Math.PI / 180;

const rangesOf = ({ angle, shear, shift, scale }: Condition): AffineRanges => ({
  ...(angle !== undefined && { angle: angle * RADIANS }),
  ...(shear !== undefined && { shear: shear * RADIANS }),
  // The grid is 2 wide.
  ...(shift !== undefined && { shift: 2 * shift }),
  ...(scale !== undefined && { scale: [1 / scale, scale] as const }),
});
