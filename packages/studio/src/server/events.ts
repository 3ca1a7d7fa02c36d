/** Tells pages what changes: runs are looked at while a page listens, and differences are sent as server-sent events. */
import fs from 'node:fs';
import path from 'node:path';
import { RunFolder } from 'pyroved';
import { RUN_FILES } from 'pyroved/internal';
import type { RunEntry, StudioEvents } from '../api.js';
import { entryOf, epochsOf } from './describeRun.js';
import type { RunLibrary, RunPlace } from './runLibrary.js';
import type { Trainings } from './trainings.js';

/** Receives events. */
export type Tell = <Name extends keyof StudioEvents>(event: Name, data: StudioEvents[Name]) => void;

/** How often runs are looked at, in milliseconds. Watching files would miss changes on network folders. */
const INTERVAL = 500;

interface Seen {
  readonly stamp: string;
  readonly entry: string;
  readonly epochs: number;
}

/** Follows all runs of a library for any number of pages. */
export class RunEvents {
  readonly #pages = new Set<Tell>();
  #seen = new Map<string, Seen>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly library: RunLibrary,
    private readonly trainings: Trainings,
  ) {
    trainings.onLine((id, line) => this.#tell('line', { id, line }));
  }

  /** Sends events to a page until the returned function is called. */
  follow(page: Tell): () => void {
    if (this.#pages.size === 0) {
      this.#look();
      this.#timer = setInterval(() => this.#look(), INTERVAL);
    }
    this.#pages.add(page);
    return () => {
      this.#pages.delete(page);
      if (this.#pages.size === 0) clearInterval(this.#timer);
    };
  }

  #tell: Tell = (event, data) => {
    for (const page of this.#pages) page(event, data);
  };

  #look(): void {
    const before = this.#seen;
    this.#seen = new Map();
    for (const place of this.library.places()) {
      const old = before.get(place.id);
      const stamp = `${stampOf(place.path)} ${this.trainings.isActive(place.id)} ${this.trainings.failure(place.id)}`;
      this.#seen.set(place.id, old?.stamp === stamp ? old : this.#changed(place, stamp, old));
    }
    for (const id of before.keys()) if (!this.#seen.has(id)) this.#tell('removed', id);
  }

  #changed(place: RunPlace, stamp: string, old: Seen | undefined): Seen {
    const run = entryOf(place, this.trainings);
    const entry = JSON.stringify(run);
    if (old?.entry !== entry) this.#tell('run', run);
    const epochs = countOf(run);
    if (old && epochs !== old.epochs && run.problem === undefined) {
      // A resumed run may repeat epochs.
      const from = Math.min(old.epochs, epochs);
      const records = epochsOf(RunFolder.open(place.path)).slice(from);
      this.#tell('metrics', { id: place.id, from, records });
    }
    return { stamp, entry, epochs };
  }
}

const countOf = ({ last }: RunEntry): number => last?.epoch ?? 0;

/** Changes whenever a file of the run does that an entry is made of. */
function stampOf(folder: string): string {
  const names = [RUN_FILES.config, RUN_FILES.metrics, RUN_FILES.summary, RUN_FILES.checkpoint, 'run.lock'];
  return names
    .map((name) => {
      const found = fs.statSync(path.join(folder, name), { throwIfNoEntry: false });
      return found ? `${found.mtimeMs}:${found.size}` : '-';
    })
    .join(' ');
}
