/** The form that starts a training: the main options of `pyroved train`, each with its flag. */
import type { TrainingField } from '../api.js';
import { StudioError } from './errors.js';

interface Field extends TrainingField {
  /** The option of the command line; the source and the folder have none. */
  readonly flag?: string;
}

const SOURCES = ['own images', 'cards', 'glyphs', 'particles', 'digits'] as const;

const fields: readonly Field[] = [
  {
    name: 'out',
    label: 'Name of the run',
    help: 'Its folder, within the folder of the studio.',
    kind: 'text',
    placeholder: 'first',
  },
  { name: 'source', label: 'Images', help: 'Your own images, or generated ones.', kind: 'choice', choices: SOURCES },
  {
    name: 'unlabelled',
    label: 'Folder of unlabelled images',
    help: 'PNG, JPEG, TIFF or BMP, including subfolders.',
    kind: 'text',
    flag: '--unlabelled',
  },
  {
    name: 'labelled',
    label: 'Folder of labelled images',
    help: 'One folder per class.',
    kind: 'text',
    flag: '--labelled',
  },
  {
    name: 'labels',
    label: 'Table of labels',
    help: 'Alternatively: a CSV file with the columns file and label.',
    kind: 'text',
    flag: '--labels',
  },
  {
    name: 'size',
    label: 'Size of the images',
    help: 'Side in pixels, to which images are resized.',
    kind: 'number',
    placeholder: 'at most 48',
    flag: '--size',
  },
  {
    name: 'invariances',
    label: 'Invariances',
    help: 'r: rotation, t: translation, s: scale, h: shear.',
    kind: 'text',
    placeholder: 'r,t',
    flag: '--invariances',
  },
  {
    name: 'latentDim',
    label: 'Content latents',
    help: 'Number of continuous latents.',
    kind: 'number',
    placeholder: '2',
    flag: '--latent-dim',
  },
  {
    name: 'epochs',
    label: 'Epochs',
    help: 'Passes over the unlabelled images.',
    kind: 'number',
    placeholder: 'chosen from the number of images',
    flag: '--epochs',
  },
  {
    name: 'batchSize',
    label: 'Batch size',
    help: 'Images per step.',
    kind: 'number',
    placeholder: '64',
    flag: '--batch-size',
  },
  {
    name: 'lr',
    label: 'Learning rate',
    help: 'A number, or an expression of epoch and epochs.',
    kind: 'text',
    placeholder: '5e-4 with labels, 1e-3 without',
    flag: '--lr',
  },
  {
    name: 'seed',
    label: 'Seed',
    help: 'The same seed gives the same numbers.',
    kind: 'number',
    placeholder: '1',
    flag: '--seed',
  },
];

/** The fields for the page. */
export const trainingFields: readonly TrainingField[] = fields.map(({ flag: _, ...field }) => field);

/**
 * The arguments of `pyroved` for the values of the form.
 * @param folder of the new run
 * @throws {StudioError} for a field that does not exist or a value that is not text; the command checks the values themselves.
 */
export function trainingArguments(values: unknown, folder: string): string[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new StudioError('Expected the values of the form as an object.');
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    if (!fields.some((field) => field.name === name)) throw new StudioError(`The form has no field "${name}".`);
    if (typeof value !== 'string') throw new StudioError(`The value of "${name}" must be text.`);
    if (value.includes('\0')) throw new StudioError(`The value of "${name}" must not contain a null character.`);
    if (value.trim() !== '') given.set(name, value.trim());
  }
  const source = given.get('source') ?? SOURCES[0];
  if (!SOURCES.some((name) => name === source))
    throw new StudioError(`The images must be one of: ${SOURCES.join(', ')}; got "${source}".`);
  if (source === SOURCES[0] && !['unlabelled', 'labelled', 'labels'].some((name) => given.has(name)))
    throw new StudioError('Name a folder of your images, or choose generated ones.');
  // As --flag=value, a value that starts with a dash is still a value.
  const options = fields.flatMap(({ name, flag }) => {
    const value = given.get(name);
    return flag === undefined || value === undefined ? [] : [`${flag}=${value}`];
  });
  return ['train', ...(source === SOURCES[0] ? [] : [source]), `--out=${folder}`, ...options];
}

/** The name of the new run in the values of the form. */
export function newRunName(values: unknown): string {
  const name = typeof values === 'object' && values !== null && 'out' in values ? values.out : undefined;
  if (typeof name === 'string' && name.trim() !== '') return name.trim();
  throw new StudioError('Give the run a name.');
}
