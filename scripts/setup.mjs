/** Installs the npm packages where they are missing or the lock file changed, and says plainly what is wrong where that fails. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUnreachable, npmProblem } from './lib/npmProblem.mjs';
import { cache, isMain, main, npm, root, Stop, say } from './lib/process.mjs';
import { restoreTfjsNode } from './lib/tfjsNode.mjs';

/** Words about a Node that is too old, or nothing. */
export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return undefined;
  return `This is Node ${version}; the project needs 20.19 or newer (on the 22 line 22.12). Install one from https://nodejs.org.`;
}

const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=2000', '--fetch-timeout=30000'];

/** Leaves `node_modules` as package-lock.json says. Does nothing where it already is. */
export async function setup() {
  const problem = nodeProblem(process.versions.node);
  if (problem !== undefined) throw new Stop(problem);
  const stamp = join(cache, 'installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return restoreTfjsNode();

  const fresh = !existsSync(join(root, 'node_modules', '.package-lock.json'));
  say(fresh ? 'Installing the npm packages (once; about a minute) ...' : 'Updating the npm packages ...');
  const began = Date.now();
  const command = [fresh ? 'ci' : 'install', '--loglevel=error'];
  // Without a registry npm asks in vain for each package, for minutes: one ping tells at once. Its own cache may still hold everything.
  const ping = await npm(['ping', '--loglevel=error', ...patience], { capture: true });
  if (isUnreachable(ping.stderr)) {
    const cached = await npm([...command, '--offline'], { capture: true });
    if (cached.code !== 0) throw new Stop(npmProblem(ping.stderr));
  } else {
    const { code, stderr } = await npm(command, { capture: true });
    if (code !== 0) throw new Stop(npmProblem(stderr));
  }
  await restoreTfjsNode();
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, wanted);
  say(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`);
}
if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    say('Everything is installed.');
  });
}
