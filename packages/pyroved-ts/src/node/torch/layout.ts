/** Determines a pyroVED model from the shapes of its state dictionary; options resolve ambiguities. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { ImportError } from '../../export/errors.js';
import type { Invariance } from '../../priors/index.js';
import type { LoadedTensor } from './stateDict.js';

/** The tensors of a PyTorch state dictionary, by name. */
export type StateDict = ReadonlyMap<string, LoadedTensor>;

/** The kinds of models that can be imported. @example importedKinds.includes('iVAE') // true */
export const importedKinds = ['iVAE', 'jiVAE', 'ssiVAE', 'ssRegIVAE'] as const;
/** A kind of model that can be imported. */
export type ImportedKind = (typeof importedKinds)[number];

/** Properties of a model that its weights do not determine. */
export interface LayoutOptions {
  /** Required for an ssRegIVAE, whose weights have the same names as those of an ssiVAE. @default from the weights */
  readonly kind?: ImportedKind;
  /** [height, width] of an image, [length] of a signal. @default a square image */
  readonly shape?: readonly number[];
  /** @default the likeliest ones for the number of latents */
  readonly invariances?: readonly Invariance[];
}

/** The model that the weights belong to. */
export interface Layout {
  readonly kind: ImportedKind;
  readonly shape: readonly number[];
  readonly latentDim: number;
  readonly invariances: readonly Invariance[];
  /** Number of classes or targets or, for an iVAE, of values that it is conditioned on; 0 if there are none. */
  readonly conditionDim: number;
  readonly hiddenEncoder: readonly number[];
  readonly hiddenDecoder: readonly number[];
  /** Widths of the hidden layers of the classifier or the regressor. */
  readonly hiddenPredictor: readonly number[];
  /** Assumptions. */
  readonly notes: readonly string[];
}

/**
 * Determines kind, sizes and invariances.
 * @throws {ImportError} when the weights are not those of a pyroVED model, or do not match the options.
 */
export function layoutOf(dict: StateDict, options: LayoutOptions, source: string): Layout {
  const notes: string[] = [];
  const size = (name: string, axis: 0 | 1): number => {
    const found = dict.get(name)?.shape[axis];
    if (found === undefined) {
      throw new ImportError(
        `${source} holds no weights of a pyroVED model that is known: it lacks "${name}". It holds: ${listed([...dict.keys()])}.`,
      );
    }
    return found;
  };
  const hasPose = dict.has('decoder.coord_latent.fc_coord.weight');
  const kind = kindOf(dict, options.kind, notes, source);
  const inputs = size('encoder_z.fc_layers.0.weight', 1);
  const latents = size('encoder_z.fc11.weight', 0);
  const decoded = hasPose ? size('decoder.coord_latent.fc_latent.weight', 1) : size('decoder.fc_layers.0.weight', 1);
  const dims = hasPose ? size('decoder.coord_latent.fc_coord.weight', 1) : undefined;
  const shapeFor = (points: number) => shapeOf(points, dims, options.shape);
  const posesFor = (conditionDim: number) => latents - (decoded - conditionDim);

  let conditionDim = 0;
  if (kind === 'jiVAE') conditionDim = size('encoder_z.fc13.weight', 0);
  else if (kind !== 'iVAE') conditionDim = size('encoder_y.out.weight', 0);
  else if (!hasPose) conditionDim = inputs - size('decoder.out.weight', 0);
  else {
    // Only the sum of content and condition is known: use the smallest condition for which pose and image are valid.
    const fits = (c: number) =>
      posesFor(c) >= 1 && posesFor(c) <= (dims === 1 ? 1 : 4) && shapeFor(inputs - c) !== undefined;
    conditionDim = Array.from({ length: Math.min(inputs, decoded) }, (_, c) => c).find(fits) ?? 0;
  }
  const points = kind === 'jiVAE' ? inputs : inputs - conditionDim;
  const shape = shapeFor(points);
  if (!shape) {
    const given = options.shape ? ` Shape ${options.shape.join(' x ')} does not fit.` : '';
    throw new ImportError(
      `${source} is for data of ${points} values.${given} Give their shape, e.g. 32,48 for images.`,
    );
  }
  if (!options.shape) notes.push(`shape ${shape.join(' x ')}, from the number of inputs`);
  return {
    kind,
    shape,
    latentDim: decoded - conditionDim,
    invariances: invariancesOf(posesFor(conditionDim), shape, options.invariances, notes, source),
    conditionDim,
    hiddenEncoder: widths(dict, 'encoder_z'),
    hiddenDecoder: widths(dict, 'decoder'),
    hiddenPredictor: widths(dict, 'encoder_y'),
    notes,
  };
}

function kindOf(dict: StateDict, wanted: ImportedKind | undefined, notes: string[], source: string): ImportedKind {
  if (wanted !== undefined && !importedKinds.includes(wanted)) {
    throw new OptionError(
      `There is no kind of model "${wanted}" to import.${didYouMean(String(wanted), importedKinds)}`,
    );
  }
  const possible: readonly ImportedKind[] = dict.has('encoder_z.fc13.weight')
    ? ['jiVAE']
    : dict.has('encoder_y.out.weight')
      ? ['ssiVAE', 'ssRegIVAE']
      : ['iVAE'];
  if (wanted === undefined && possible.length > 1)
    notes.push(`kind ${possible[0]} (a ${possible[1]} has the same weights)`);
  const kind = wanted ?? possible[0];
  if (possible.includes(kind)) return kind;
  throw new ImportError(`${source} holds the weights of ${possible.join(' or ')}, not of ${kind}.`);
}

/**
 * The given shape if it matches; otherwise a signal if the coordinates are one-dimensional, or a square image.
 */
function shapeOf(points: number, dims: number | undefined, given?: readonly number[]): readonly number[] | undefined {
  if (given) {
    const fits = given.reduce((a, b) => a * b, 1) === points && (dims === undefined || dims === given.length);
    return fits ? given : undefined;
  }
  if (dims === 1) return [points];
  const side = Math.round(Math.sqrt(points));
  return side * side === points ? [side, side] : undefined;
}

/** Number of latents of each invariance of pyroVED, for images. */
const columns = { r: 1, t: 2, s: 1 } as const;
type ImportedInvariance = keyof typeof columns;
const isImported = (name: Invariance): name is ImportedInvariance => name in columns;
/** The likeliest invariances with 0 to 4 latents, and alternatives with as many. */
const usual: readonly { readonly invariances: readonly ImportedInvariance[]; readonly others?: string }[] = [
  { invariances: [] },
  { invariances: ['r'], others: 's' },
  { invariances: ['t'], others: 'r and s' },
  { invariances: ['r', 't'], others: 't and s' },
  { invariances: ['r', 't', 's'] },
];

function invariancesOf(
  count: number,
  shape: readonly number[],
  given: readonly Invariance[] | undefined,
  notes: string[],
  source: string,
): readonly Invariance[] {
  const foreign = given?.find((name) => !isImported(name));
  if (foreign !== undefined) {
    throw new ImportError(`pyroVED's models have no invariance "${foreign}", only r, t and s.`);
  }
  const taken = (list: readonly Invariance[]) =>
    shape.length === 1 ? list.length : list.filter(isImported).reduce((n, name) => n + columns[name], 0);
  if (given) {
    if (taken(given) === count) return given;
    throw new ImportError(
      `${source} has ${count} latents of the pose, but the invariances "${given.join('')}" take ${taken(given)}.`,
    );
  }
  if (shape.length === 1 && count <= 1 && count >= 0) return count === 1 ? ['t'] : [];
  const found = usual[count];
  if (!found) throw new ImportError(`${source} has ${count} latents of the pose; a model has 0 to 4. It is damaged.`);
  if (found.others) {
    notes.push(`invariances ${found.invariances.join(' and ')} (${found.others} would take as many latents)`);
  }
  return found.invariances;
}

/** Widths of the hidden layers NET.fc_layers.0, .2, ... */
function widths(dict: StateDict, net: string): number[] {
  const found: number[] = [];
  for (let i = 0; ; i += 2) {
    const width = dict.get(`${net}.fc_layers.${i}.weight`)?.shape[0];
    if (width === undefined) return found;
    found.push(width);
  }
}

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
