/** Generates or reads the images of a run and describes them. */
import { LARGEST_CHOSEN } from 'pyroved-data/internal';
import { type Normalisation, noPreprocessing } from 'pyroved-ts';
import { listProblems, normalisationText } from 'pyroved-ts/internal';
import { foldOf } from '../sources/fold.js';
import type { LoadSetsOptions, TrainingSets } from '../sources/sets.js';
import { loadSets } from '../sources/source.js';
import { formatCount } from '../viz/index.js';
import { withClassNames } from './extend.js';
import { withoutClasses } from './foundClasses.js';
import type { RunHooks } from './hooks.js';
import { type PreprocessRequest, preprocessedSets, resolvePreprocess } from './preprocess.js';
import type { DataSection } from './settings.js';

/** The data section of a run's configuration or, for a new run, the source and the requested preprocessing. */
type ImagesRequest = Pick<DataSection, 'source' | 'normalisation' | 'fold' | 'preprocessing' | 'foundClasses'> &
  Partial<Pick<DataSection, 'classNames'>> & { readonly preprocess?: PreprocessRequest };

/** The images of a run; the same for every call with the same configuration. */
export async function imagesOf(
  { source, normalisation, fold, preprocessing, preprocess, foundClasses, classNames = [] }: ImagesRequest,
  { say, ...options }: Pick<LoadSetsOptions, 'onProgress'> & Pick<RunHooks, 'say'> = {},
): Promise<TrainingSets> {
  const found = await loadSets(source, { ...options, ...(normalisation && { normalisation }) });
  // A run that extends another one has its classes.
  const sets = foundClasses === undefined ? withClassNames(found, classNames) : withoutClasses(found);
  if (say) describe(sets, say);
  const resolved = preprocess
    ? resolvePreprocess(preprocess, sets)
    : { preprocessing: preprocessing ?? noPreprocessing };
  if ('line' in resolved && resolved.line !== undefined) say?.(resolved.line);
  const ready = preprocessedSets(sets, resolved.preprocessing);
  return fold ? foldOf(ready, fold) : ready;
}

/** Adds a disposer that closes the files. */
export const closedAtEnd = <S extends { readonly close?: () => void }>(sets: S): S & Disposable => ({
  ...sets,
  [Symbol.dispose]: () => sets.close?.(),
});

/** Loads the images of a run and describes them to `say`. Disposing the result closes the files. */
export async function openImages(data: ImagesRequest, { say }: RunHooks): Promise<TrainingSets & Disposable> {
  let said = performance.now();
  const sets = await imagesOf(data, {
    ...(say && { say }),
    onProgress: (done, total) => {
      if (performance.now() - said < 5000) return;
      said = performance.now();
      say?.(`Read ${formatCount(done)} of ${formatCount(total)} files.`);
    },
  });
  return closedAtEnd(sets);
}

const isUnitRange = ({ low, high }: Normalisation): boolean => low === 0 && high === 1;

function describe(sets: TrainingSets, say: (line: string) => void): void {
  const { notes, problems, unlabelled, labelled, test, normalisation, size: side } = sets;
  const parts = [
    ...(unlabelled === labelled ? [] : [`${formatCount(unlabelled.count)} unlabelled`]),
    ...(labelled ? [`${formatCount(labelled.count)} labelled`] : []),
    ...(test ? [`${formatCount(test.count)} validation`] : []),
  ];
  const { shape, channels } = unlabelled;
  const what = shape.length === 1 ? 'Signals' : 'Images';
  const size = `${shape.join(' x ')} ${shape.length === 1 ? 'values' : 'pixels'}${channels > 1 ? `, ${channels} channels` : ''}`;
  say(`${what}: ${parts.join(', ')}; ${size}.`);
  if (normalisation && !isUnitRange(normalisation)) {
    say(`${shape.length === 1 ? 'Values' : 'Pixel values'}: ${normalisationText(normalisation)}`);
  }
  if (side !== undefined) {
    const why = side < LARGEST_CHOSEN ? "the median of the images' shorter sides" : 'the largest default';
    say(`Image size: ${side} x ${side} pixels (${why}); change it with size (--size).`);
  }
  for (const note of notes) say(note);
  if (problems.length > 0) {
    say(`${formatCount(problems.length)} skipped:\n${listProblems(problems)}`);
  }
}
