/** The source of images that a command line describes. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { didYouMean } from 'pyro-ts/internal';
import { cardsConfig } from 'pyroved-data/internal';
import { PyrovedError } from 'pyroved-ts';
import type { Source } from '../runs/index.js';
import { type Given, group, typedOptions } from './options.js';
import type { SourceKind } from './sourceOption.js';
import { sourceTable } from './sourceTable.js';

/** The generated sources, with a description for the help. */
export const generatedSources = {
  cards: 'playing-card suits, the experiment of the paper',
  glyphs: 'letters and other shapes in two typefaces, at any angle',
  particles: 'simulated electron micrographs of agglomerates of 1 to 4 gold particles',
  digits: 'rotated handwritten digits (requires the package mnist)',
  peaks: 'one-dimensional signals with shifted peaks',
} as const;

const generated = Object.keys(generatedSources);

const labels: Readonly<Record<SourceKind, string>> = {
  cards: '"cards"',
  glyphs: '"glyphs"',
  particles: '"particles"',
  digits: '"digits"',
  peaks: '"peaks"',
  images: 'your own images (--unlabelled, --labelled)',
  array: '--array',
  micrographs: '--micrographs',
};

export function addSourceOptions(command: Command): Command {
  for (const [heading, table] of Object.entries(sourceTable)) {
    group(
      command,
      heading,
      table.map(({ option }) => option),
    );
  }
  return command;
}

/** The source described by the argument and the options. @throws {PyrovedError} for none, several, or options of another source. */
export function sourceOf(word: string | undefined, given: Given, command: Command): Source {
  const kind = kindOf(word, given);
  rejectOptionsOfOthers(kind, command);
  const settings = settingsFor(kind, given);
  // A model sees objects, and neither the background of their place nor their neighbours.
  if (kind === 'micrographs') return { kind, flatten: true, isolate: true, ...settings } as Source;
  if (kind !== 'cards') return { kind, ...settings } as Source;
  const { templates, ...options } = settings;
  return { kind, ...cardsConfig(options), ...(typeof templates === 'string' && { templates }) };
}

/** The settings of a source of this kind; the table's keys are checked by the compiler. */
function settingsFor(kind: SourceKind, given: Given): Record<string, unknown> {
  const settings: Record<string, unknown> = { seed: given.seed };
  for (const { option, places } of Object.values(sourceTable).flat()) {
    const place = places[kind];
    if (place !== undefined) settings[place] = given[option.attributeName()];
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function rejectOptionsOfOthers(kind: SourceKind, command: Command): void {
  const table = new Map(
    Object.values(sourceTable).flatMap((all) => all.map(({ option, places }) => [option.attributeName(), places])),
  );
  const foreign = typedOptions(command).flatMap(({ name, flag }) => {
    const places = table.get(name);
    return places && !(kind in places) ? [{ flag, places }] : [];
  });
  if (foreign.length === 0) return;
  const [{ flag, places }] = foreign;
  const known = (Object.keys(places) as SourceKind[]).map((other) => labels[other]);
  throw new PyrovedError(
    `${foreign.map((option) => option.flag).join(' and ')} cannot be combined with ${labels[kind]}: ${flag} applies to ${known.join(', ')}.`,
  );
}

function kindOf(word: string | undefined, given: Given): SourceKind {
  const requested: [string, SourceKind][] = [
    ...(word === undefined ? [] : [[`"${word}"`, word as SourceKind] as [string, SourceKind]]),
    ...(given.array === undefined ? [] : [['--array', 'array'] as [string, SourceKind]]),
    ...(given.micrographs === undefined ? [] : [['--micrographs', 'micrographs'] as [string, SourceKind]]),
    ...(given.unlabelled === undefined && given.labelled === undefined
      ? []
      : [['--unlabelled or --labelled', 'images'] as [string, SourceKind]]),
  ];
  if (word !== undefined && !Object.hasOwn(generatedSources, word)) throw noSuchSource(word);
  if (requested.length > 1) {
    throw new PyrovedError(
      `A run has one source of images: use either ${requested.map(([name]) => name).join(' or ')}.`,
    );
  }
  if (requested.length === 1) return requested[0][1];
  if (given.labels !== undefined) return 'images';
  throw new PyrovedError(
    `No images to train on. Use your own images (--unlabelled FOLDER with --labelled FOLDER, one folder per class, or --labels CSV; --array; or --micrographs), or generated ones: ${generated.join(', ')}.`,
  );
}

function noSuchSource(word: string): PyrovedError {
  const hint = fs.existsSync(word)
    ? ` For your own images, use --unlabelled ${word}, or --labelled ${word} if it has one folder per class.`
    : didYouMean(word, generated);
  return new PyrovedError(`Unknown source of images "${word}".${hint}`);
}
