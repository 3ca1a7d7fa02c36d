/** Labelling the images of a run: which image is next, and where its label goes. */
import fs from 'node:fs';
import path from 'node:path';
import { RunFolder } from 'pyroved';
import { isJsonObject, type JsonObject } from 'pyroved/internal';
import { labelOrder } from 'pyroved-ts';
import type { LabellingState } from '../api.js';
import type { Analysis } from './analysis/analyses.js';
import { StudioError } from './errors.js';
import { LabelFile, type LabelRow } from './labelFile.js';
import type { RunPlace } from './runLibrary.js';

/** Images that are ordered at once. */
const AHEAD = 50;
/** The name of the file in the folder of its run. */
const FILE = 'labels.csv';

/** The labels of one run. */
export class Labelling {
  readonly #file: LabelFile;
  readonly #folders: Folders;
  /** Files as in the table, by image. */
  readonly #names: readonly string[];
  /** The labels that the run was trained on. */
  readonly #first: readonly LabelRow[];
  #order: number[] = [];

  /** @throws {StudioError} when the images of the run are not files. */
  constructor(
    place: RunPlace,
    private readonly analysis: Analysis,
  ) {
    const { data } = RunFolder.open(place.path).config;
    this.#folders = foldersOf(data);
    const { labels, classNames, names } = analysis;
    this.#names = names.map((name, i) => this.#fileOf(name, labels[i] >= 0));
    this.#first = this.#names.flatMap((file, i) => (labels[i] >= 0 ? [{ file, label: classNames[labels[i]] }] : []));
    this.#file = new LabelFile(path.join(place.path, FILE));
    this.#file.begin(this.#first);
  }

  /** The counts, and the next image. */
  state(): LabellingState {
    const rows = this.#file.rows();
    const done = new Set(rows.map(({ file }) => file));
    const next = this.#next(done);
    const counts = new Map<string, number>();
    for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
    const classes = [...new Set([...this.analysis.classNames, ...counts.keys()])].filter((name) => name !== '');
    const k = this.analysis.classNames.length;
    const probabilities = next === undefined ? [] : [...this.analysis.probabilities.subarray(next * k, (next + 1) * k)];
    return {
      file: this.#file.path,
      classes: classes.map((name) => ({ name, count: counts.get(name) ?? 0 })),
      none: counts.get('') ?? 0,
      added: Math.max(0, rows.length - this.#first.length),
      left: this.#names.filter((name) => !done.has(name)).length,
      ...(next !== undefined && { next: { image: next, name: this.#names[next], probabilities } }),
    };
  }

  /** Labels an image; see `LabelFile.add`. An empty label: none of the classes. */
  add(image: number, label: string): void {
    const file = this.#names[image];
    if (file === undefined) throw new StudioError(`The run has no image ${image + 1}.`);
    if (label.includes('\0') || label.length > 200 || /[\r\n]/.test(label))
      throw new StudioError('The name of a class must be one line of at most 200 characters.');
    this.#file.add({ file, label: label.trim() });
  }

  /** Removes the last label, whose image is the next again. */
  undo(): void {
    const { file } = this.#file.undo(this.#first.length);
    this.#order.unshift(this.#names.indexOf(file));
  }

  /** Gives all images of class `from` the label `to`. */
  merge(from: string, to: string): void {
    if (from === '' || to.trim() === '') throw new StudioError('Name both classes.');
    if (this.#file.rename(from, to.trim()) === 0) throw new StudioError(`No image is labelled "${from}".`);
  }

  /** The options of a training on all labels. */
  trainingArguments(): string[] {
    const { unlabelled } = this.#folders;
    return [`--labels=${this.#file.path}`, '--outside-paths', ...(unlabelled ? [`--unlabelled=${unlabelled}`] : [])];
  }

  #next(done: ReadonlySet<string>): number | undefined {
    const isOpen = (i: number): boolean => !done.has(this.#names[i]);
    this.#order = this.#order.filter(isOpen);
    if (this.#order.length === 0) {
      const labelled = this.#names.flatMap((file, i) => (done.has(file) ? [i] : []));
      this.#order = [...labelOrder(candidatesOf(this.analysis), { count: AHEAD, labelled })].filter(isOpen);
    }
    return this.#order[0];
  }

  /** Files in the folder of unlabelled images by their names in it, others by their whole paths. */
  #fileOf(name: string, isLabelled: boolean): string {
    const { unlabelled, labelled, table } = this.#folders;
    const plain = name.replace(/#\d+$/, '');
    const isUnlabelled = unlabelled !== undefined && fs.existsSync(path.join(unlabelled, plain));
    if (isUnlabelled && !(isLabelled && labelled !== undefined)) return name;
    const folder = labelled ?? table ?? unlabelled;
    return folder === undefined ? name : path.resolve(folder, name);
  }
}

interface Folders {
  readonly unlabelled?: string;
  readonly labelled?: string;
  /** The folder of the table of labels. */
  readonly table?: string;
}

function foldersOf({ source }: JsonObject): Folders {
  if (!isJsonObject(source) || source.kind !== 'images')
    throw new StudioError(
      'Labels are kept for image files, but the images of this run were generated or come from an array or micrographs. Train a run on a folder of images to label them.',
      409,
    );
  const text = (name: string): string | undefined => {
    const value = source[name];
    return typeof value === 'string' ? path.resolve(value) : undefined;
  };
  const [unlabelled, labelled, labels] = ['unlabelled', 'labelled', 'labels'].map(text);
  return {
    ...(unlabelled !== undefined && { unlabelled }),
    ...(labelled !== undefined && { labelled }),
    ...(labels !== undefined && { table: path.dirname(labels) }),
  };
}

/** Without classes, images are ordered by how much they differ. */
function candidatesOf({ probabilities, content, names, classNames }: Analysis) {
  const k = classNames.length;
  const entropy = Float32Array.from(names, (_, i) => {
    let sum = 0;
    for (const p of probabilities.subarray(i * k, (i + 1) * k)) if (p > 0) sum -= p * Math.log(p);
    return sum;
  });
  return { probabilities, entropy, features: content };
}
