/** Pictures of a run or a study, in a folder of their own. */
import path from 'node:path';
import { explained, RunError } from './errors.js';
import { makeFolder, writeFileAtomic } from './files.js';
import { RUN_FILES } from './outputFolder.js';

/** Writes a picture into `pictures/` of `folder` and gives its path. `name` is a plain file name, e.g. "loss.svg". */
export function writePicture(folder: string, name: string, content: Uint8Array | string): string {
  if (!/^[\w-][\w.-]*$/.test(name))
    throw new RunError(`"${name}" cannot name a picture. Use letters, digits, "-", "_" and "." only.`);
  const pictures = path.join(folder, RUN_FILES.pictures);
  explained(`Could not make ${pictures}`, () => makeFolder(pictures));
  const file = path.join(pictures, name);
  writeFileAtomic(file, content);
  return file;
}
