/**
 * Programs that few people need and that bring many packages: each has a folder in scripts/tools with its own lock
 * file, and is installed when it is first used, so that `npm ci` stays small.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmProblem } from './npmProblem.mjs';
import { cache, npm, root, Stop, say } from './process.mjs';

/**
 * Installs the tools of scripts/tools/NAME as their lock file says, unless they are; returns the path of their
 * node_modules.
 */
export async function installTools(name) {
  const source = join(root, 'scripts', 'tools', name);
  const folder = join(cache, 'tools', name);
  const installed = join(folder, 'node_modules');
  const lock = 'package-lock.json';
  const isSame = () => readFileSync(join(folder, lock), 'utf8') === readFileSync(join(source, lock), 'utf8');
  if (existsSync(join(installed, '.package-lock.json')) && isSame()) return installed;

  const { dependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  say(`Installing ${Object.keys(dependencies).join(' and ')} (once) ...`);
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', lock]) cpSync(join(source, file), join(folder, file));
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { code, stderr } = await npm(args, { capture: true, cwd: folder });
  if (code !== 0) throw new Stop(npmProblem(stderr));
  return installed;
}
