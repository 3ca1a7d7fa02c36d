/** The package @tensorflow/tfjs-node beside the others, and the binary that was built for it. */
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { npmProblem } from './npmProblem.mjs';
import { cache, npm, root, Stop, say } from './process.mjs';

const version = '4.22.0';

/** Where the package's JavaScript is. */
export const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node');

/** Where a binary that was built here stays, whatever npm does to the package. */
export const built = join(cache, 'tensorflow');

/** Installs the package without its install script, and links in the binary where one was built. */
export async function installTfjsNode() {
  const flags = ['--no-save', '--ignore-scripts', '--loglevel=error'];
  const { code, stderr } = await npm(['install', ...flags, `@tensorflow/tfjs-node@${version}`], { capture: true });
  if (code !== 0) throw new Stop(npmProblem(stderr));
  if (existsSync(built)) linkBuilt();
}

export function linkBuilt() {
  for (const name of ['lib', 'deps']) {
    rmSync(join(folder, name), { recursive: true, force: true });
    symlinkSync(join(built, name), join(folder, name), 'junction');
  }
}

/** npm removes the package, which no lock file names, whenever it installs another: puts it back where its binary was built. */
export async function restoreTfjsNode() {
  if (!existsSync(built) || existsSync(folder)) return;
  say('Putting the engine "tensorflow" back ...');
  try {
    await installTfjsNode();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say('The engine "tensorflow" could not be put back; "npm run engine:tensorflow" tries again.');
  }
}
