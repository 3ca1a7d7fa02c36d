/** The images of a run, generated or read, and a description of them for the terminal. */
import { LARGEST_CHOSEN } from 'pyroved-data';
import { listProblems, noPreprocessing, normalisationText } from 'pyroved-ts';
import { foldOf } from '../sources/fold.js';
import type { LoadSetsOptions, TrainingSets } from '../sources/sets.js';
import { loadSets } from '../sources/source.js';
import { formatCount } from '../viz/index.js';
import { withClassNames } from './extend.js';
import { withoutClasses } from './foundClasses.js';
import type { RunHooks } from './hooks.js';
import { type PreprocessRequest, preprocessedSets, resolvePreprocess } from './preprocess.js';
import type { DataSection } from './settings.js';

/** The images of a run as its configuration describes them, or those of a new one, whose preprocessing `preprocess` asks for. */
type ImagesRequest = Pick<DataSection, 'source' | 'normalisation' | 'fold' | 'preprocessing' | 'foundClasses'> &
  Partial<Pick<DataSection, 'classNames'>> & { readonly preprocess?: PreprocessRequest };

/** The images of a run, as its configuration describes them: the same at every call. */
export async function imagesOf(
  { source, normalisation, fold, preprocessing, preprocess, foundClasses, classNames = [] }: ImagesRequest,
  { say, ...options }: Pick<LoadSetsOptions, 'onProgress'> & Pick<RunHooks, 'say'> = {},
): Promise<TrainingSets> {
  const found = await loadSets(source, { ...options, ...(normalisation && { normalisation }) });
  // The classes of a run that extends another one are that one's.
  const sets = foundClasses === undefined ? withClassNames(found, classNames) : withoutClasses(found);
  if (say) describe(sets, say);
  const resolved = preprocess
    ? resolvePreprocess(preprocess, sets)
    : { preprocessing: preprocessing ?? noPreprocessing };
  if ('line' in resolved && resolved.line !== undefined) say?.(resolved.line);
  const ready = preprocessedSets(sets, resolved.preprocessing);
  return fold ? foldOf(ready, fold) : ready;
}

/** Data whose files are closed when they are disposed. */
export const closedAtEnd = <S extends { readonly close?: () => void }>(sets: S): S & Disposable => ({
  ...sets,
  [Symbol.dispose]: () => sets.close?.(),
});

/** The images of a run, after a few sentences that say what they are. Their files are closed when they are disposed. */
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

function describe(sets: TrainingSets, say: (line: string) => void): void {
  const { notes, problems, unlabelled, labelled, test, normalisation, size: side } = sets;
  const parts = [
    ...(unlabelled === labelled ? [] : [`${formatCount(unlabelled.count)} unlabelled`]),
    ...(labelled ? [`${formatCount(labelled.count)} labelled`] : []),
    ...(test ? [`${formatCount(test.count)} to test on`] : []),
  ];
  const { shape, channels } = unlabelled;
  const what = shape.length === 1 ? 'Signals' : 'Images';
  const size = `${shape.join(' x ')} ${shape.length === 1 ? 'values' : 'pixels'}${channels > 1 ? `, ${channels} channels` : ''}`;
  say(`${what}: ${parts.join(', ')}; ${size}.`);
  if (normalisation) say(`The ${normalisationText(normalisation)}; what lies beyond is clipped.`);
  if (side !== undefined) {
    const why = side < LARGEST_CHOSEN ? "the median of the images' shorter sides" : 'the largest that is chosen';
    say(`Image size: ${side} pixels a side, ${why}; size (--size) sets another.`);
  }
  for (const note of notes) say(note);
  if (problems.length > 0) {
    say(`${formatCount(problems.length)} skipped:\n${listProblems(problems)}`);
  }
}
