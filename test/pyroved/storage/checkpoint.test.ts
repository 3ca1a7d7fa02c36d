/** Checkpoints: what goes in comes out, damage is seen, and a kill at any moment leaves the last good one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { writeSafetensors } from 'pyro-ts';
import { RunError, RunFolder } from 'pyroved';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { all, processTest } from '../../slow.js';
import { checkpointOf, settings, temporaryFolder } from './helpers.js';

let root: string;
let run: RunFolder;
beforeEach(() => {
  root = temporaryFolder();
  run = RunFolder.create(root, settings);
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const loadedStep = (): unknown => RunFolder.open(root).loadCheckpoint().checkpoint.state.step;

describe('a checkpoint', () => {
  it('comes back as it was stored', () => {
    run.saveCheckpoint(checkpointOf(7));
    const { checkpoint, warning } = RunFolder.open(root).loadCheckpoint();
    expect(warning).toBeUndefined();
    expect(new Map([...checkpoint.tensors].sort())).toEqual(new Map([...checkpointOf(7).tensors].sort()));
    expect(checkpoint.state).toEqual({ step: 7, rng: ['a', 0.5] });
  });

  it('rejects a state that JSON would change', () => {
    const { tensors } = checkpointOf(1);
    const bestLoss = Number.POSITIVE_INFINITY;
    expect(() => run.saveCheckpoint({ tensors, state: { bestLoss } })).toThrow(/state.bestLoss is Infinity/);
    expect(run.hasCheckpoint()).toBe(false);
  });

  it('throws a typed error when it is missing', () => {
    expect(() => run.loadCheckpoint()).toThrow(/has no checkpoint yet/);
  });

  it('is rejected when it is some other safetensors file, or newer', () => {
    const write = (metadata: Record<string, string>) =>
      fs.writeFileSync(run.file('checkpoint'), writeSafetensors(new Map(), metadata));
    write({ format: 'pt' });
    expect(() => run.loadCheckpoint()).toThrow(/not a checkpoint: its format is "pt"/);
    write({ format: 'pyroved-checkpoint', version: '2' });
    expect(() => run.loadCheckpoint()).toThrow(/has version 2.*Update pyroved/);
  });
});

describe('damage', () => {
  it('to the newest goes back to the one before and says so; the next one saved does not lose that one', () => {
    run.saveCheckpoint(checkpointOf(1));
    run.saveCheckpoint(checkpointOf(2));
    fs.truncateSync(run.file('checkpoint'), 3000);
    const reopened = RunFolder.open(root);
    const { checkpoint, warning } = reopened.loadCheckpoint();
    expect(checkpoint.state.step).toBe(1);
    expect(warning).toMatch(/checkpoint.safetensors is truncated: .*Using the previous one/);

    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO', syscall: 'rename' });
    });
    expect(() => reopened.saveCheckpoint(checkpointOf(3))).toThrow(
      /the disk reports an error.*last checkpoint is kept/,
    );
    vi.restoreAllMocks();
    expect(loadedStep()).toBe(1);
    reopened.saveCheckpoint(checkpointOf(4));
    expect(loadedStep()).toBe(4);
    fs.rmSync(run.file('checkpoint'));
    expect(loadedStep()).toBe(1);
  });

  it('to both is one error that names both', () => {
    run.saveCheckpoint(checkpointOf(1));
    run.saveCheckpoint(checkpointOf(2));
    fs.truncateSync(run.file('checkpoint'), 3);
    fs.writeFileSync(run.file('previousCheckpoint'), 'not a checkpoint at all');
    expect(() => run.loadCheckpoint()).toThrow(RunError);
    expect(() => run.loadCheckpoint()).toThrow(/no usable checkpoint.*truncated: 3 bytes.*not a safetensors file/s);
  });

  it('of any kind is seen: the checkpoint before is loaded, never wrong numbers', () => {
    run.saveCheckpoint(checkpointOf(1, 20));
    run.saveCheckpoint(checkpointOf(2, 20));
    const file = run.file('checkpoint');
    const whole = fs.readFileSync(file);
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= bits;
      return damaged;
    });
    const cut = fc.nat(whole.length - 1).map((length) => Uint8Array.from(whole.subarray(0, length)));
    const grown = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((extra) => Uint8Array.from([...whole, ...extra]));
    let harmless = 0;
    fc.assert(
      fc.property(fc.oneof(flip, cut, grown), (damaged) => {
        fs.writeFileSync(file, damaged);
        const { checkpoint, warning } = RunFolder.open(root).loadCheckpoint();
        // A flip inside the header's padding changes nothing that is stored.
        if (warning === undefined) harmless++;
        const step = warning === undefined ? 2 : 1;
        expect(checkpoint.state.step).toBe(step);
        expect(checkpoint.tensors.get('param/decoder.w')!.data).toEqual(new Float32Array(20).fill(step));
      }),
      { seed: 4, numRuns: 400 },
    );
    expect(harmless).toBeLessThan(20);
  });

  it('by a full disk leaves the last one', () => {
    run.saveCheckpoint(checkpointOf(1));
    vi.spyOn(fs, 'fsyncSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' });
    });
    expect(() => run.saveCheckpoint(checkpointOf(2))).toThrow(
      /checkpoint.safetensors: the disk is full.*The last checkpoint is kept/,
    );
    vi.restoreAllMocks();
    expect(loadedStep()).toBe(1);
    expect(fs.readdirSync(root).sort()).toEqual(['checkpoint.safetensors', 'config.json']);
  });
});

describe('a kill', () => {
  it('between the two renames leaves the one before', () => {
    run.saveCheckpoint(checkpointOf(1));
    fs.renameSync(run.file('checkpoint'), run.file('previousCheckpoint'));
    const { checkpoint, warning } = RunFolder.open(root).loadCheckpoint();
    expect(checkpoint.state.step).toBe(1);
    expect(warning).toMatch(/Could not read .*checkpoint.safetensors: there is no such file/);
  });

  processTest(
    '-9 at random moments of a process that saves in a loop always leaves a good one',
    async () => {
      const writer = fileURLToPath(new URL('writer.mjs', import.meta.url));
      for (let kill = 0; kill < 6; kill += all ? 1 : 3) {
        const child = spawn(process.execPath, [writer, root], { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        child.stdout.on('data', (text) => {
          said += text;
        });
        const started = await Promise.race([once(child.stdout, 'data'), once(child, 'close').then(() => 'closed')]);
        expect(started).not.toBe('closed');
        await new Promise((resolve) => setTimeout(resolve, kill * 17));
        child.kill('SIGKILL');
        await once(child, 'close');
        const lastSaid = Number(said.trim().split('\n').at(-1));
        const reopened = RunFolder.open(root);
        const { checkpoint } = reopened.loadCheckpoint();
        const step = Number(checkpoint.state.step);
        // Killed between the two renames, the one before is kept: never less than what the child said.
        expect(step).toBeGreaterThanOrEqual(lastSaid);
        expect(checkpoint.tensors.get('param/w')!.data.every((value) => value === step)).toBe(true);
        expect(reopened.metrics.read().length).toBeGreaterThan(0);
      }
    },
    120_000,
  );
});
