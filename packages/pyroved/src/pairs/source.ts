/** Sources of pairs of inputs and outputs: two array files, or generated nanorods with their spectra. */
import { OptionError, RandomStream } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { type ArrayOptions, nanorods, openArray, type RodsOptions, streamArray } from 'pyroved-data';
import {
  DataError,
  type FileProblem,
  imageSize,
  inMemory,
  type Normalisation,
  type PairedData,
  type PairedNormalisation,
  subset,
  type TrainingImages,
} from 'pyroved-ts';

/** Generated gold nanorods and their extinction spectra; see `nanorods`. */
export interface RodsSource extends RodsOptions {
  readonly kind: 'rods';
  /** Predict images from spectra. @default spectra from images */
  readonly reverse?: boolean;
}

/** Two arrays, paired by index. */
export interface ArrayPairsSource {
  readonly kind: 'pairs';
  /** A `.npy`, `.npz` or HDF5 file of images [N, H, W], [N, H, W, C] or signals [N, L]; see `loadArray`. */
  readonly inputs: string;
  readonly outputs: string;
  /** The name of the array in a file with several arrays. */
  readonly dataset?: string;
  readonly outputsDataset?: string;
  /** Fraction of the pairs used for validation. @default 0.2 */
  readonly validationFraction?: number;
  readonly seed?: number | string;
}

export type PairsSource = RodsSource | ArrayPairsSource;

export interface PairedSets {
  readonly train: PairedData;
  readonly test?: PairedData;
  /** Absent for generated pairs. */
  readonly normalisation?: PairedNormalisation;
  readonly problems: readonly FileProblem[];
  /** Closes the files that pairs are streamed from. */
  readonly close?: () => void;
}

/**
 * Generates or reads the pairs of a run.
 * @throws {DataError} when arrays cannot be used or do not match.
 * @example const { train, test } = await loadPairs({ kind: 'pairs', inputs: 'images.npy', outputs: 'spectra.npy' })
 */
export async function loadPairs(source: PairsSource, normalisation?: PairedNormalisation): Promise<PairedSets> {
  switch (source.kind) {
    case 'rods':
      return rodPairs(source);
    case 'pairs':
      return arrayPairs(source, normalisation);
    default: {
      const kind = String((source as { kind: unknown }).kind);
      throw new OptionError(`Unknown source of pairs "${kind}".${didYouMean(kind, ['rods', 'pairs'])}`);
    }
  }
}

function rodPairs({ kind: _, reverse = false, ...options }: RodsSource): PairedSets {
  const { train, test } = nanorods(options);
  const way = ({ images, spectra }: typeof train): PairedData =>
    reverse ? { inputs: spectra, outputs: images } : { inputs: images, outputs: spectra };
  return { train: way(train), test: way(test), problems: [] };
}

/** Files larger than this (bytes as 32-bit floats) are read from disk batch by batch. */
const IN_MEMORY = 1e9;

async function arrayPairs(source: ArrayPairsSource, known: PairedNormalisation | undefined): Promise<PairedSets> {
  const { validationFraction = 0.2, seed = 1 } = source;
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new OptionError(`validationFraction must be at least 0 and less than 1; got ${validationFraction}.`);
  }
  const range = known?.outputs ?? (await fullRange(source.outputs, source.outputsDataset));
  const files = [
    await streamArray(source.inputs, { ...named(source.dataset), ...(known && { normalisation: known.inputs }) }),
    await streamArray(source.outputs, { ...named(source.outputsDataset), normalisation: range }),
  ] as const;
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    await checkCounts(source);
    const [inputs, wanted] = files.map(({ set, places }) => ({ set, at: new Map(places.map((p, i) => [p, i])) }));
    const both = files[0].places.filter((place) => wanted.at.has(place));
    if (both.length === 0) throw new DataError(`No item can be used in both ${source.inputs} and ${source.outputs}.`);
    const order = Array.from(new RandomStream(seed).fork('held out/pairs').permutation(both.length), (i) => both[i]);
    const count =
      validationFraction === 0
        ? 0
        : Math.min(both.length - 1, Math.max(1, Math.round(validationFraction * both.length)));
    const pick = (places: readonly number[]): PairedData => {
      const sorted = [...places].sort((a, b) => a - b);
      const part = ({ set, at }: typeof inputs) =>
        held(
          subset(
            set,
            sorted.map((p) => at.get(p) as number),
          ),
        );
      return { inputs: part(inputs), outputs: part(wanted) };
    };
    const sets: PairedSets = {
      train: pick(order.slice(count)),
      ...(count > 0 && { test: pick(order.slice(0, count)) }),
      normalisation: { inputs: files[0].normalisation, outputs: range },
      problems: files.flatMap(({ problems }) => problems),
    };
    if ([sets.train.inputs, sets.train.outputs].every((set) => !('read' in set))) {
      close();
      return sets;
    }
    return { ...sets, close };
  } catch (error) {
    close();
    throw error;
  }
}

const named = (dataset: string | undefined): Pick<ArrayOptions, 'dataset'> =>
  dataset === undefined ? {} : { dataset };

/** Reads the set into memory if it is small enough. */
const held = (set: TrainingImages): TrainingImages =>
  4 * set.count * imageSize(set) > IN_MEMORY ? set : inMemory(set);

/** The smallest and the largest value. Outputs are not clipped at percentiles, since the sharp peaks of spectra matter. */
async function fullRange(path: string, dataset: string | undefined): Promise<Normalisation> {
  const file = await openArray(path, named(dataset));
  try {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < file.shape[0]; i++) {
      const values = file.item(i);
      if (!values.every(Number.isFinite)) continue;
      for (const v of values) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    if (low < high) return { low, high };
    throw new DataError(`The outputs in "${path}" are all equal or not finite.`);
  } finally {
    file.close();
  }
}

async function checkCounts({ inputs, outputs, dataset, outputsDataset }: ArrayPairsSource): Promise<void> {
  const files = [await openArray(inputs, named(dataset)), await openArray(outputs, named(outputsDataset))];
  const [a, b] = files.map((file) => file.shape[0]);
  for (const file of files) file.close();
  if (a !== b) {
    throw new DataError(
      `"${inputs}" has ${a} items and "${outputs}" has ${b}; inputs and outputs are paired by index, so the numbers must be equal.`,
    );
  }
}
