/** The images of a run, made or read, with words for the person who waits. */
import { normalisationText } from '../data/index.js';
import { listProblems } from '../errors.js';
import { formatCount } from '../viz/index.js';
import type { RunHooks } from './hooks.js';
import type { DataSection } from './settings.js';
import { foldOf } from './sources/fold.js';
import type { LoadSetsOptions, TrainingSets } from './sources/sets.js';
import { loadSets } from './sources/source.js';

/** The images of a run, as its configuration describes them: the same at every call. */
export async function imagesOf(
  { source, normalisation, fold }: Pick<DataSection, 'source' | 'normalisation' | 'fold'>,
  options: Pick<LoadSetsOptions, 'onProgress'> = {},
): Promise<TrainingSets> {
  const sets = await loadSets(source, { ...options, ...(normalisation && { normalisation }) });
  return fold ? foldOf(sets, fold) : sets;
}

/** Calls `body` with the images of a run, after a few sentences that say what they are, and lets go of their files at the end. */
export const withImages = async <T>(
  data: Parameters<typeof imagesOf>[0],
  hooks: RunHooks,
  body: (sets: TrainingSets) => Promise<T>,
): Promise<T> => closing(await imagesInWords(data, hooks), body);

/** Calls `body` with sets, and lets go of their files at the end. */
export async function closing<S extends { readonly close?: () => void }, T>(
  sets: S,
  body: (sets: S) => Promise<T>,
): Promise<T> {
  try {
    return await body(sets);
  } finally {
    sets.close?.();
  }
}

async function imagesInWords(data: Parameters<typeof imagesOf>[0], { say }: RunHooks): Promise<TrainingSets> {
  let said = performance.now();
  const sets = await imagesOf(data, {
    onProgress: (done, total) => {
      if (performance.now() - said < 5000) return;
      said = performance.now();
      say?.(`Read ${formatCount(done)} of ${formatCount(total)} files.`);
    },
  });
  if (say) describe(sets, say);
  return sets;
}

function describe(sets: TrainingSets, say: (line: string) => void): void {
  const { notes, problems, unlabelled, labelled, test, normalisation } = sets;
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
  for (const note of notes) say(note);
  if (problems.length > 0) {
    say(
      `${formatCount(problems.length)} ${problems.length === 1 ? 'was' : 'were'} left out:\n${listProblems(problems)}`,
    );
  }
}
