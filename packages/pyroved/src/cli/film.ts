/** `train --film`: a film of the training beside its report. */
import { makeFilm } from '../films/film.js';
import { withFilm } from '../films/recorder.js';
import type { RunHooks } from '../runs/index.js';
import { say } from './messages.js';
import type { Given } from './options.js';

/** The hooks of a training, which record a frame per epoch if --film is given. */
export const filmed = (hooks: RunHooks, folder: string, { film }: Given): RunHooks =>
  film === true ? withFilm(hooks, folder) : hooks;

/** Makes the film of the frames recorded so far, and tells where it is. */
export function tellFilm(folder: string, { film }: Given): void {
  if (film !== true) return;
  const made = makeFilm(folder);
  if (made) say(`Film of ${made.frames} epochs: ${made.png}${made.mp4 === undefined ? '' : ` and ${made.mp4}`}`);
  else say('No film: it shows images, and no epoch has ended.');
}
