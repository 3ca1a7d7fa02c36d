/** The runs in a folder, found anew at each look; addresses name them by ids, so that no request contains a path. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { RunFolder } from 'pyroved';
import { StudioError } from './errors.js';

/** How deep runs may lie: a sweep's folder contains one per configuration, which contains one per seed. */
const DEEPEST = 5;
/** Folders that never contain runs, and would take long to look through. */
const SKIPPED = new Set(['node_modules', '.git', 'pictures']);

/** The place of a run. */
export interface RunPlace {
  readonly id: string;
  /** Relative to the library's folder, or the name of that folder itself. */
  readonly name: string;
  readonly path: string;
}

/** The runs in `folder`, which may itself be one. */
export class RunLibrary {
  #places = new Map<string, RunPlace>();

  constructor(readonly folder: string) {}

  /** All runs, in the order of their names. Links to folders are not followed. */
  places(): readonly RunPlace[] {
    const found: RunPlace[] = [];
    this.#look(this.folder, 0, found);
    this.#places = new Map(found.map((place) => [place.id, place]));
    return found;
  }

  /** @throws {StudioError} when no run has this id. */
  place(id: string): RunPlace {
    const known = this.#places.get(id);
    if (known && RunFolder.isIn(known.path)) return known;
    const place = this.places().find((one) => one.id === id);
    if (place) return place;
    throw new StudioError('This run does not exist any more. Go back to the list of runs.', 404);
  }

  /** The place of a new run named `name`. @throws {StudioError} when it would lie outside the library's folder. */
  newPlace(name: string): RunPlace {
    const whole = path.resolve(this.folder, name);
    const inside = path.relative(this.folder, whole);
    const parts = inside.split(path.sep);
    if (name.includes('\0') || inside === '' || parts[0] === '..' || path.isAbsolute(inside))
      throw new StudioError(`The folder of a run must lie in ${this.folder}; got "${name}". Choose a plain name.`);
    if (parts.length > DEEPEST)
      throw new StudioError(`Runs may lie at most ${DEEPEST} folders deep; got "${name}". Choose a shorter name.`);
    return placeOf(this.folder, whole);
  }

  #look(folder: string, depth: number, found: RunPlace[]): void {
    if (RunFolder.isIn(folder)) {
      found.push(placeOf(this.folder, folder));
      return;
    }
    if (depth === DEEPEST) return;
    for (const name of foldersIn(folder)) this.#look(path.join(folder, name), depth + 1, found);
  }
}

function placeOf(root: string, whole: string): RunPlace {
  const inside = path.relative(root, whole);
  const name = inside || path.basename(root);
  return { id: createHash('sha256').update(inside).digest('hex').slice(0, 16), name, path: whole };
}

/** Subfolders, without those that cannot be read. */
function foldersIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name))
      .map(({ name }) => name)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
