/** The variants of a comparison of priors: "normal", "von-mises", or "normal+binned" with another guide. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { AngleGuideName, AnglePriorName } from 'pyroved-ts';
import { angleGuideNames, anglePriorNames } from 'pyroved-ts/internal';
import type { ModelSettings } from '../kinds/index.js';

export interface PriorVariant {
  /** The name as given, which is also the name of its folder. */
  readonly name: string;
  readonly settings: Pick<ModelSettings, 'anglePrior' | 'angleGuide'>;
}

/** @throws {OptionError} when a prior or guide is unknown, there are fewer than two variants, or one occurs twice. */
export function priorVariants(names: readonly string[]): PriorVariant[] {
  const variants = names.map((name): PriorVariant => {
    const [prior, guide, ...rest] = name.split('+');
    if (rest.length > 0)
      throw new OptionError(`"${name}" is neither a prior nor a prior with a guide, such as "normal+binned".`);
    const anglePrior = known(prior, anglePriorNames, 'prior');
    if (guide === undefined) return { name, settings: { anglePrior } };
    return { name, settings: { anglePrior, angleGuide: known(guide, angleGuideNames, 'guide') } };
  });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new OptionError(`priors must be distinct; "${twice}" occurs twice.`);
  if (variants.length < 2)
    throw new OptionError('A comparison requires at least two priors, e.g. normal and von-mises.');
  return variants;
}

/** The model shared by all variants; without recognition if a guide is named, since models with recognition have a different guide. */
export function comparedModel(model: ModelSettings, variants: readonly PriorVariant[]): ModelSettings {
  const namesGuide = variants.some(({ settings }) => settings.angleGuide !== undefined);
  return namesGuide && model.recognition === undefined ? { ...model, recognition: false } : model;
}

/** The model's options with the prior and guide of the variant; options of bins only for the binned guide. */
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
  throw new OptionError(`Unknown angle ${what} "${name}".${didYouMean(name, names)}`);
}
