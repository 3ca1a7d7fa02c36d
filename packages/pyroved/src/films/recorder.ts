/** Records a film of a training: a frame after each epoch, in the folder `film` of the run. */
import fs from 'node:fs';
import path from 'node:path';
import { type InvariantVAE, inMemory, type Model, subset, type TrainingImages } from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import { classNamesOf, imageKinds, trainDefaults, variantsOf } from '../kinds/index.js';
import type { RunHooks } from '../runs/hooks.js';
import { dataSection, trainSection } from '../runs/settings.js';
import { evenPlaces } from '../runs/show.js';
import { explained } from '../storage/errors.js';
import { RUN_FILES, RunFolder, writeFileAtomic } from '../storage/index.js';
import { drawFrame, type FilmedManifold } from './frame.js';

/** Images per side of a manifold, and validation images for the confusion matrix. */
const GRID = 6;
const MEASURED = 400;

/** The file of a frame; the names are in the order of the epochs. */
export const frameFile = (folder: string, epoch: number): string =>
  path.join(folder, RUN_FILES.film, `epoch-${String(epoch).padStart(5, '0')}.png`);

/**
 * A hook that draws a frame after each epoch of the run in `folder`, which exists by then. Frames of a run that is resumed are kept, and its
 * history is continued.
 */
function runRecorder(folder: string): NonNullable<RunHooks['onEpoch']> {
  return (_, model, validation) => {
    if (model.options.shape.length !== 2 || !isOfKind(model)) return;
    const { config, metrics } = RunFolder.open(folder);
    const { epochs = trainDefaults.epochs } = trainSection(config);
    const accuracies = metrics.read().map(({ accuracy }) => (typeof accuracy === 'number' ? accuracy : Number.NaN));
    const file = frameFile(folder, accuracies.length);
    explained(`Could not create ${path.dirname(file)}`, () => fs.mkdirSync(path.dirname(file), { recursive: true }));
    const confusion = validation && confusionOf(model, validation);
    const manifolds = manifoldsIn(model, dataSection(config).classNames);
    writeFileAtomic(file, drawFrame({ accuracies, epochs, manifolds, ...(confusion && { confusion }) }));
  };
}

/** The hooks of the run in `folder`, which also draw a frame after each epoch. */
export function withFilm(hooks: RunHooks, folder: string): RunHooks {
  const record = runRecorder(folder);
  return {
    ...hooks,
    onEpoch: (...epoch) => {
      record(...epoch);
      hooks.onEpoch?.(...epoch);
    },
  };
}

const isOfKind = (model: InvariantVAE): model is Model => imageKinds.some(({ type }) => model instanceof type);

function manifoldsIn(model: Model, classNames: readonly string[]): FilmedManifold[] {
  const vae: Pick<InvariantVAE, 'manifold' | 'options'> = model;
  const axes = model.options.latentDim > 1 ? { axes: [1, 0] as const } : {};
  return variantsOf(model, classNamesOf(model, classNames)).map(({ condition, title = 'latent manifold' }) => {
    const { images, columns } = vae.manifold({ ...condition, ...axes, size: GRID });
    return { title, images, columns: columns.length };
  });
}

/** Counts of true and predicted classes; undefined without classes or labels. */
function confusionOf(model: Model, validation: TrainingImages): number[][] | undefined {
  const some = inMemory(subset(validation, evenPlaces(validation.count, MEASURED)));
  const { labels } = some;
  if (!labels || !isClassifier(model)) return undefined;
  const { classes } = model.classify(some);
  const counts = Array.from({ length: model.numClasses }, () => new Array<number>(model.numClasses).fill(0));
  labels.forEach((label, i) => {
    if (label < model.numClasses) counts[label][classes[i]]++;
  });
  return counts;
}
