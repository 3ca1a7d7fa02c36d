/** The accuracy of a trained model: on the images that its run kept aside, on others, and on damaged ones. */
import { type CardsOptions, cards, type ImageSet, loadTemplates } from '../data/index.js';
import { PyrovedError } from '../errors.js';
import { accuracyOf, type ClassifierReport } from '../train/index.js';
import { classifierOf, type TrainedModel } from './loadModel.js';
import { dataSection } from './settings.js';
import { loadSets } from './source.js';

/** Card images unlike those of the run: what is left out is as in the run. */
export type OtherCards = Pick<
  CardsOptions,
  'angle' | 'shear' | 'scale' | 'translation' | 'axes' | 'seed' | 'validationPerClass'
>;

/** The images that the run kept aside, or card images as `other` asks. */
export async function testImages({ run, normalisation }: TrainedModel, other: OtherCards = {}): Promise<ImageSet> {
  const { source } = dataSection(run.config);
  const asked = Object.keys(other);
  if (asked.length > 0) {
    if (source.kind !== 'cards') {
      throw new PyrovedError(
        `${run.path} was trained on images of your own: ${asked.join(', ')} is for generated cards. Give --labelled FOLDER instead.`,
      );
    }
    const { kind: _, templates, ...config } = source;
    const own = templates === undefined ? undefined : loadTemplates(templates);
    return cards({ ...config, ...other, labelledPerClass: 1, unlabelledPerClass: 1, ...(own && { templates: own }) })
      .validation;
  }
  const { test } = await loadSets(source, { ...(normalisation && { normalisation }) });
  if (test) return test;
  throw new PyrovedError(`The run ${run.path} kept no labelled images aside. Give some with --labelled FOLDER.`);
}

/** Classifies and counts. */
export const evaluateModel = (trained: TrainedModel, images: ImageSet): ClassifierReport =>
  accuracyOf(classifierOf(trained), images);
