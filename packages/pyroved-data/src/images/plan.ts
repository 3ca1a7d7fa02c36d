/** Which files are read as what: unlabelled images, or labelled ones of which class. */
import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { DataError } from 'pyroved-ts';
import type { Defaults } from '../options.js';
import { isHidden, isInside, listFiles, requireFolder, subfolders, toSlashes } from './folder.js';
import { type LabelTable, type PageLabels, readLabelTable } from './labels.js';
import type { FileToRead } from './read.js';

/** Where the images are. */
export interface SourceOptions {
  /** Folder of images without labels, subfolders included. */
  readonly unlabelled?: string;
  /** Folder with one subfolder of images per class. */
  readonly labelled?: string;
  /** CSV file with the columns file and label; files are relative to `unlabelled` or to the table's own folder. */
  readonly labels?: string;
  /** Accept files in the table `labels` that lie outside of `unlabelled` and of the table's folder. @default false */
  readonly outsidePaths?: boolean;
}

export const SOURCE_DEFAULTS = {
  unlabelled: undefined,
  labelled: undefined,
  labels: undefined,
  outsidePaths: false,
} as const satisfies Defaults<SourceOptions>;

/** A file to read, and the labels of its pages. */
export interface PlannedFile extends FileToRead {
  /** Class index of a page, -1 for an unlabelled one, undefined for a page that is not used. */
  readonly labelOf: (page: number) => number | undefined;
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** Present when there are labels. */
  readonly classNames?: readonly string[];
  readonly notes: readonly string[];
}

/** @throws {DataError} when the sources are missing, empty, or overlap. */
export function planFiles({ unlabelled, labelled, labels, outsidePaths }: SourceOptions): Plan {
  if (!unlabelled && !labelled && !labels) {
    throw new DataError(
      'No images were given: name a folder as unlabelled, a folder with one subfolder per class as labelled, or a label table as labels.',
    );
  }
  if (labelled && labels)
    throw new DataError('Give labels as a folder per class (labelled) or as a table (labels), not both.');
  if (unlabelled) requireFolder(unlabelled, 'unlabelled');
  if (labelled) requireFolder(labelled, 'labelled');
  if (labelled && unlabelled && realpathSync(labelled) === realpathSync(unlabelled)) {
    throw new DataError(
      `The labelled and the unlabelled images are the same folder, "${labelled}". ` +
        'Put the labelled ones elsewhere, or name them in a label table.',
    );
  }
  if (labels) return planTable(labels, unlabelled, outsidePaths);
  const classes = labelled ? planClasses(labelled, unlabelled) : undefined;
  const rest = unlabelled ? planUnlabelled(unlabelled, labelled) : undefined;
  return {
    files: [...(classes?.files ?? []), ...(rest?.files ?? [])],
    classNames: classes?.classNames,
    notes: [...(classes?.notes ?? []), ...(rest?.notes ?? [])],
  };
}

const found = (folder: string, names: readonly string[], label: number): PlannedFile[] =>
  names.map((name) => ({ name, path: resolve(folder, name), labelOf: () => label }));

function planClasses(folder: string, unlabelled: string | undefined): Plan {
  const notes: string[] = [];
  const classNames = subfolders(folder).filter((name) => {
    const isUnlabelled = unlabelled && realpathSync(join(folder, name)) === realpathSync(unlabelled);
    if (isUnlabelled) notes.push(`"${name}" in "${folder}" is the folder of unlabelled images, not a class.`);
    return !isUnlabelled;
  });
  if (classNames.length === 0) {
    throw new DataError(
      `"${folder}" has no folders. Expected one folder per class, such as "${join(folder, 'spades')}".`,
    );
  }
  if (unlabelled && classNames.some((name) => isInside(realpathSync(unlabelled), realpathSync(join(folder, name))))) {
    throw new DataError(
      `The unlabelled images "${unlabelled}" are inside a class folder of "${folder}". Put them elsewhere.`,
    );
  }
  const loose = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && !isHidden(entry.name));
  if (loose.length > 0) {
    notes.push(
      `${loose.length} file(s) directly in "${folder}" belong to no class and are skipped, ` +
        `e.g. "${loose[0].name}".`,
    );
  }
  const files = classNames.flatMap((name, label) => {
    const within = listFiles(join(folder, name));
    if (within.length === 0) throw new DataError(`The class folder "${join(folder, name)}" is empty.`);
    return found(
      folder,
      within.map((file) => `${name}/${file}`),
      label,
    );
  });
  return { files, classNames, notes };
}

function planUnlabelled(folder: string, labelled: string | undefined): Plan {
  const all = listFiles(folder);
  const inner = labelled && realpathSync(labelled);
  const root = realpathSync(folder);
  const names = inner && isInside(inner, root) ? all.filter((name) => !isInside(resolve(root, name), inner)) : all;
  if (names.length === 0) {
    throw new DataError(
      all.length === 0 ? `The folder "${folder}" is empty.` : `"${folder}" holds no image besides the labelled ones.`,
    );
  }
  const notes =
    names.length < all.length
      ? [`${all.length - names.length} labelled file(s) in "${folder}" are not used as unlabelled ones as well.`]
      : [];
  return { files: found(folder, names, -1), notes };
}

function planTable(path: string, unlabelled: string | undefined, outsidePaths: boolean | undefined): Plan {
  const table: LabelTable = readLabelTable(path, unlabelled ? [unlabelled] : [], outsidePaths);
  const pageLabel = (pages: PageLabels, otherwise?: number) => (page: number) =>
    pages.get(page) ?? pages.get(0) ?? otherwise;
  const unlabelledNames = unlabelled ? listFiles(unlabelled) : [];
  const inFolder = new Map(unlabelledNames.map((name) => [resolve(unlabelled ?? '', name), name]));
  const tablePath = resolve(path);
  const listed = [...table.files].map(
    ([file, pages]): PlannedFile => ({
      name: inFolder.get(file) ?? toSlashes(relative(dirname(tablePath), file)),
      path: file,
      labelOf: pageLabel(pages, inFolder.has(file) ? -1 : undefined),
    }),
  );
  const rest = unlabelledNames
    .map((name) => ({ name, path: resolve(unlabelled ?? '', name), labelOf: () => -1 }))
    .filter((file) => !table.files.has(file.path) && file.path !== tablePath);
  return { files: [...listed, ...rest], classNames: table.classNames, notes: table.notes };
}
