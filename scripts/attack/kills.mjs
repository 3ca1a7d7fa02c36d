/** Kills of a process that writes a run: at each of its changes of the file system, half of what it writes written, and at random moments. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunFolder } from 'pyroved';
import { exampleSettings } from './example.mjs';

export const name = 'kills';
export const title = 'Kills of a process that writes a run';
export const units = (quick) => (quick ? 3 : 30);
export const bars = ['lost', 'unreadable'];
const PER_UNIT = 10;

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

export async function open() {
  const root = join(tmpdir(), `pyro-attack-kills-${process.pid}`);
  mkdirSync(root, { recursive: true });
  return {
    async unit(index) {
      const figures = { kills: 0, epochs: 0, lost: 0, unreadable: 0 };
      const failures = [];
      for (let i = 0; i < PER_UNIT; i++) {
        const number = index * PER_UNIT + i;
        const folder = join(root, String(number));
        RunFolder.create(folder, exampleSettings);
        const acknowledged = await killed(folder, number);
        const { lost, why } = checked(folder, acknowledged);
        figures.kills += 1;
        figures.epochs += acknowledged;
        figures.lost += lost;
        figures.unreadable += why === undefined ? 0 : 1;
        if (lost > 0 || why !== undefined)
          failures.push(`kill ${number}: ${lost} of ${acknowledged} lost ${why ?? ''}`);
        rmSync(folder, { recursive: true });
      }
      return { figures, failures };
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Two of three are killed at a change of the file system, the third at a random moment; the epochs that were said to be written. */
async function killed(folder, number) {
  const isAtPoint = number % 3 < 2;
  const env = { ...process.env, ...(isAtPoint && { PYRO_KILL_AT: String(1 + Math.floor((number * 2) / 3)) }) };
  const child = spawn(process.execPath, ['--import', here('killAt.mjs'), here('powerWriter.mjs'), folder], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'close');
  if (!isAtPoint) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    await sleep(Math.random() * 200);
    child.kill('SIGKILL');
  }
  await ended;
  return Number(said.trim().split('\n').at(-1) || 0);
}

/** What the run lacks; a run that was killed before its first checkpoint has none. */
function checked(folder, acknowledged) {
  try {
    const run = RunFolder.open(folder);
    const { epoch, history } = run.hasCheckpoint() ? run.loadCheckpoint().checkpoint.state : { epoch: 0, history: [] };
    run.lock()();
    run.metrics.replace(history);
    return { lost: Math.max(0, acknowledged - epoch) + Math.max(0, acknowledged - run.metrics.read().length) };
  } catch (error) {
    return { lost: 0, why: error.message };
  }
}
