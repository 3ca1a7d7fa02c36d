/** The pictures of a run or a study. */
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { makeFolder, writeFileAtomic } from './files.js';
import { RUN_FILES } from './outputFolder.js';

/** Writes a picture to `pictures/` in `folder` and returns its path. `name` is a plain file name, e.g. "loss.svg". */
export function writePicture(folder: string, name: string, content: Uint8Array | string): string {
  if (!/^[\w-][\w.-]*$/.test(name))
    throw new RunError(`"${name}" is not a valid name of a picture. Use only letters, digits, "-", "_" and ".".`);
  const pictures = path.join(folder, RUN_FILES.pictures);
  explained(`Could not create ${pictures}`, () => makeFolder(pictures));
  const file = path.join(pictures, name);
  writeFileAtomic(file, content);
  return file;
}
