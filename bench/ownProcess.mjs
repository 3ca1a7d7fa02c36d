/** Measurements that run in a Node of their own, so that their memory is their own: both sides of it. */
import { spawnSync } from 'node:child_process';

/** What `file` measures with this setting; throws with its words where it could not. */
export function inOwnProcess(file, setting) {
  const run = spawnSync(process.execPath, [file, JSON.stringify(setting)], { encoding: 'utf8', maxBuffer: 1e8 });
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(run.stderr.trim() || `it ended without a word (${run.signal ?? run.status})`);
  return JSON.parse(line);
}

/** In that process: prints what `measure` makes of the setting, or says why there is nothing. */
export async function answer(measure) {
  try {
    console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]))));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** The results of `run` for each of `settings` that has one; what went wrong with the others is said, each thing once. */
export function whereItRuns(settings, run) {
  const said = new Set();
  return settings.flatMap((setting) => {
    try {
      return [run(setting)];
    } catch ({ message }) {
      if (!said.has(message)) console.error(message);
      said.add(message);
      return [];
    }
  });
}
