/**
 * Power cuts: a run is written to an ext4 disk in a file, which is copied at a random moment without being flushed, as a disk is at the moment at which
 * the power fails. Needs the right to mount.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunFolder } from 'pyroved';
import { exampleSettings } from './example.mjs';

export const name = 'power';
export const title = 'Power cuts while a run is written';
export const units = (quick) => (quick ? 4 : 40);
export const bars = ['lost', 'unreadable'];

const writer = fileURLToPath(new URL('powerWriter.mjs', import.meta.url));

const call = (command, ...args) => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? stderr);
};

export async function open() {
  const root = join(tmpdir(), `pyro-attack-power-${process.pid}`);
  const at = (file) => join(root, file);
  mkdirSync(at('disk'), { recursive: true });
  mkdirSync(at('copy'));
  return {
    async unit(index) {
      try {
        writeFileSync(at('disk.img'), '');
        truncateSync(at('disk.img'), 2 ** 24);
        call('mkfs.ext4', '-q', '-F', at('disk.img'));
        call('mount', '-o', 'loop', at('disk.img'), at('disk'));
      } catch (error) {
        return { figures: { skipped: 1 }, notes: [`Skipped: no disk can be mounted here (${error.message.trim()}).`] };
      }
      const run = join('runs', 'a');
      let said = '';
      try {
        RunFolder.create(join(at('disk'), run), exampleSettings);
        const child = spawn(process.execPath, [writer, join(at('disk'), run)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.stdout.setEncoding('utf8').on('data', (text) => {
          said += text;
        });
        await once(child.stdout, 'data');
        await new Promise((resolve) => setTimeout(resolve, ((index * 7919) % 1000) + Math.random() * 50));
        child.kill('SIGSTOP');
        copyAtOnce(at('disk.img'), at('copy.img'));
        child.kill('SIGKILL');
        await once(child, 'close');
      } finally {
        call('umount', at('disk'));
      }
      // What was said by the time of the copy is what a person would have seen.
      const acknowledged = Number(said.trim().split('\n').at(-1));
      call('mount', '-o', 'loop', at('copy.img'), at('copy'));
      try {
        return checked(join(at('copy'), run), acknowledged);
      } finally {
        call('umount', at('copy'));
      }
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A copy of the disk as it was at one moment: one during which nothing was written. */
function copyAtOnce(from, to) {
  do copyFileSync(from, to);
  while (!readFileSync(from).equals(readFileSync(to)));
}

function checked(folder, acknowledged) {
  const figures = { cuts: 1, epochs: acknowledged, lost: 0, unreadable: 0 };
  const failures = [];
  try {
    const run = RunFolder.open(folder);
    const { epoch } = run.loadCheckpoint().checkpoint.state;
    const lines = run.metrics.read().length;
    figures.lost = Math.max(0, acknowledged - epoch) + Math.max(0, acknowledged - lines);
    if (figures.lost > 0) failures.push(`${acknowledged} epochs were written; checkpoint ${epoch}, ${lines} lines`);
  } catch (error) {
    figures.unreadable = 1;
    failures.push(error.message);
  }
  return { figures, failures };
}
