/** Races for the lock of a run folder: free, held by a process that has ended, or left by one that was killed at each step of taking it. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunFolder } from 'pyroved';
import { exampleSettings } from './example.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const RACERS = 4;

export const name = 'locks';
export const title = 'Races of four processes for one lock';
export const units = (quick) => (quick ? 10 : 100);
export const bars = ['double', 'none'];

/** Starts the racers. Without `killed`, there are no locks of processes that were killed on the way; making those takes a while. */
export async function open({ killed = true, races = 100 } = {}) {
  const root = join(tmpdir(), `pyro-attack-locks-${process.pid}`);
  mkdirSync(root, { recursive: true });
  const templates = templatesIn(root, killed);
  const racers = Array.from({ length: RACERS }, () => fork(here('lockRacer.mjs'), { stdio: 'inherit' }));
  await Promise.all(racers.map((racer) => once(racer, 'message')));
  const all = async (message) => {
    const answers = racers.map((racer) => once(racer, 'message').then(([answer]) => answer));
    for (const racer of racers) racer.send(message);
    return Promise.all(answers);
  };
  return {
    async unit(index) {
      const figures = { races: 0, double: 0, none: 0 };
      const failures = [];
      for (let i = 0; i < races; i++) {
        const race = index * races + i;
        // Every other race is for the lock of a process that has ended, which is the hardest.
        const template = templates[race % 2 ? 1 : (race >> 1) % templates.length];
        const keeps = race % 4 < 2;
        const folder = join(root, `race-${race}`);
        cpSync(template, folder, { recursive: true });
        const answers = await all({ folder, keeps, at: performance.timeOrigin + performance.now() + 3 });
        await all({});
        const acquired = answers.filter((answer) => answer.acquired).length;
        const isDouble = keeps ? acquired > 1 : answers.some((answer) => answer.double);
        figures.races += 1;
        figures.double += isDouble ? 1 : 0;
        figures.none += acquired === 0 ? 1 : 0;
        if (isDouble || acquired === 0) failures.push(`race ${race} of ${template}: ${JSON.stringify(answers)}`);
        rmSync(folder, { recursive: true });
      }
      return { figures, failures };
    },
    close() {
      for (const racer of racers) racer.disconnect();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Folders of runs as the race finds them. */
function templatesIn(root, killed) {
  const made = (name, lock) => {
    const folder = join(root, name);
    RunFolder.create(folder, exampleSettings);
    if (lock !== undefined) writeFileSync(join(folder, 'run.lock'), lock);
    return folder;
  };
  const ended = () => spawnSync(process.execPath, ['-e', '0']).pid;
  const stale = JSON.stringify({ pid: ended(), host: hostname(), since: '2026-01-01T00:00:00Z' });
  const folders = [made('free'), made('stale', stale), made('empty', ''), made('cut', stale.slice(0, 20))];
  if (!killed) return folders;
  // Killed at each change of the file system while it takes a free lock, and one whose holder has ended.
  for (const [start, lock] of [
    ['free', undefined],
    ['stale', stale],
  ]) {
    for (let at = 1; at <= 40; at++) {
      const folder = made(`killed-${start}-${at}`, lock);
      const { signal } = spawnSync(process.execPath, ['--import', here('killAt.mjs'), here('lockOnce.mjs'), folder], {
        env: { ...process.env, PYRO_KILL_AT: String(at) },
      });
      if (signal !== 'SIGKILL') {
        rmSync(folder, { recursive: true });
        break;
      }
      folders.push(folder);
    }
  }
  if (readdirSync(root).length !== folders.length) throw new Error('The templates are not complete.');
  return folders;
}
