/** The angle priors that a comparison names: "normal", "von-mises", "normal+binned" with another guide. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { type AngleGuideName, type AnglePriorName, angleGuideNames, anglePriorNames } from 'pyroved-ts';
import type { ModelSettings } from '../kinds/index.js';

export interface PriorVariant {
  /** As it was asked for; also the name of its folder. */
  readonly name: string;
  readonly settings: Pick<ModelSettings, 'anglePrior' | 'angleGuide'>;
}

/** @throws {OptionError} for a prior or guide that does not exist, fewer than two, or one twice. */
export function priorVariants(names: readonly string[]): PriorVariant[] {
  const variants = names.map((name): PriorVariant => {
    const [prior, guide, ...rest] = name.split('+');
    if (rest.length > 0)
      throw new OptionError(`"${name}" is not a prior, or a prior and a guide as in "normal+binned".`);
    const anglePrior = known(prior, anglePriorNames, 'prior');
    if (guide === undefined) return { name, settings: { anglePrior } };
    return { name, settings: { anglePrior, angleGuide: known(guide, angleGuideNames, 'guide') } };
  });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new OptionError(`"${twice}" is named twice. Name each prior once.`);
  if (variants.length < 2)
    throw new OptionError('A comparison needs at least two priors, such as normal and von-mises.');
  return variants;
}

/** The model that all variants share: one without recognition where a guide is named, since models with recognition have a guide of their own. */
export function comparedModel(model: ModelSettings, variants: readonly PriorVariant[]): ModelSettings {
  const namesGuide = variants.some(({ settings }) => settings.angleGuide !== undefined);
  return namesGuide && model.recognition === undefined ? { ...model, recognition: false } : model;
}

/** The model's options with the variant's prior and guide; those of bins go with the guide that has bins alone. */
export function modelWith(
  { angleBins, exactBins, ...model }: ModelSettings,
  { settings }: PriorVariant,
): ModelSettings {
  const ofBins = { ...(angleBins !== undefined && { angleBins }), ...(exactBins !== undefined && { exactBins }) };
  return { ...model, ...settings, ...(settings.angleGuide === 'binned' && ofBins) };
}

function known<Name extends AnglePriorName | AngleGuideName>(
  name: string,
  names: readonly Name[],
  what: 'prior' | 'guide',
): Name {
  const found = names.find((other) => other === name);
  if (found !== undefined) return found;
  throw new OptionError(`There is no angle ${what} "${name}".${didYouMean(name, names)}`);
}
