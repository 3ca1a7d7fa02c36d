/** One process at a time in a run folder, whatever became of the one before; studies of several runs. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RunFolder } from 'pyroved';
import { lockOf, StudyFolder } from 'pyroved/internal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attack } from '../../attack.js';
import { slow } from '../../slow.js';
import { settings } from './helpers.js';

let root = '';
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'pyroved-lock-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const lockFile = () => path.join(root, 'run.lock');
const writeLock = (content: object | string) =>
  fs.writeFileSync(lockFile(), typeof content === 'string' ? content : JSON.stringify(content));
/** The id of a process that has ended. */
const deadProcess = (): number => spawnSync(process.execPath, ['-e', '0']).pid;

describe('a lock', () => {
  it('keeps others out until it is released, also from replacing the run', () => {
    const run = RunFolder.create(root, settings);
    const release = run.lock();
    const words = new RegExp(
      `^Process ${process.pid} has been using .* since \\d{4}-.*Z\\. Wait for it, stop it, or choose another folder\\. ` +
        'If it is no longer running, remove .*run\\.lock\\.$',
    );
    expect(() => RunFolder.open(root).lock()).toThrow(words);
    expect(() => RunFolder.create(root, settings, { overwrite: true })).toThrow(words);
    expect(() => RunFolder.assertFree(root, { overwrite: true })).toThrow(words);
    expect(RunFolder.open(root).config).toEqual(run.config);
    release();
    expect(fs.readdirSync(root)).toEqual(['config.json']);
    RunFolder.open(root).lock()();
  });

  it('of a process that died is taken over', () => {
    const run = RunFolder.create(root, settings);
    writeLock({ pid: deadProcess(), host: os.hostname(), since: '2026-01-01T00:00:00Z' });
    RunFolder.assertFree(root, { overwrite: true });
    const release = run.lock();
    expect(JSON.parse(fs.readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid, host: os.hostname() });
    release();
  });

  it('of a process that is alive counts, whoever wrote it', () => {
    const run = RunFolder.create(root, settings);
    writeLock({ pid: process.ppid, host: os.hostname(), since: 'yesterday' });
    expect(() => run.lock()).toThrow(`Process ${process.ppid} has been using ${root} since yesterday.`);
  });

  it('from another machine counts, for that one cannot be asked', () => {
    const run = RunFolder.create(root, settings);
    writeLock({ pid: deadProcess(), host: 'elsewhere', since: 'yesterday' });
    expect(() => run.lock()).toThrow(/^Process \d+ on elsewhere has been using/);
  });

  it.each(['', '{"pid": "7"}', '[1]', 'null'])('that a crash left as %j is no lock', (content) => {
    const run = RunFolder.create(root, settings);
    writeLock(content);
    run.lock()();
  });

  it('counts for the process that wrote it, not for a later one with its number', () => {
    const run = RunFolder.create(root, settings);
    const release = run.lock();
    const own: Record<string, unknown> = JSON.parse(fs.readFileSync(lockFile(), 'utf8'));
    release();
    if (process.platform !== 'linux') return;
    expect(own).toMatchObject({
      started: expect.stringMatching(/\/\d+$/),
      pidNamespace: expect.stringMatching(/^pid:/),
    });
    // Alive: the test runner's own number and start.
    writeLock(own);
    expect(() => run.lock()).toThrow(`Process ${process.pid} has been using`);
    // The same number, started at another time.
    writeLock({ ...own, started: 'another boot/1' });
    run.lock()();
    // A number of another container's says nothing here.
    writeLock({ ...own, pid: deadProcess(), pidNamespace: 'pid:[1]' });
    expect(() => run.lock()).toThrow(/^Process \d+ in another container has been using/);
  });

  it('is removed by its own process only', () => {
    const run = RunFolder.create(root, settings);
    const release = run.lock();
    const other = { pid: process.ppid, host: os.hostname(), since: 'later' };
    writeLock(other);
    release();
    expect(JSON.parse(fs.readFileSync(lockFile(), 'utf8'))).toEqual(other);
  });

  it('is taken over also from a process that ended during a takeover, and nothing is left of either', () => {
    const run = RunFolder.create(root, settings);
    const stale = (pid: number) => JSON.stringify({ pid, host: os.hostname(), since: 'yesterday' });
    const claimOn = (content: string) =>
      `${lockFile()}.after-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
    const [first, second] = [stale(deadProcess()), stale(deadProcess())];
    writeLock(first);
    fs.writeFileSync(claimOn(first), second);
    // While a living process is at it, it has the folder.
    fs.writeFileSync(claimOn(second), stale(process.ppid));
    expect(() => run.lock()).toThrow(`Process ${process.ppid} has been using`);
    fs.rmSync(claimOn(second));
    const release = run.lock();
    expect(fs.readdirSync(root).sort()).toEqual(['config.json', 'run.lock']);
    release();
    expect(fs.readdirSync(root)).toEqual(['config.json']);
  });

  it('does not hide why the body failed where the folder has become read-only', async () => {
    const run = RunFolder.create(root, settings);
    const rejects = (name: string) =>
      Object.assign(new Error(`EROFS: read-only file system, ${name}`), { code: 'EROFS', syscall: name });
    const body = async (): Promise<void> => {
      using _lock = lockOf(run);
      vi.spyOn(fs, 'rmSync').mockImplementation(() => {
        throw rejects('rm');
      });
      vi.spyOn(fs, 'openSync').mockImplementation(() => {
        throw rejects('open');
      });
      run.writeSummary({ accuracy: 1 });
    };
    await expect(body()).rejects.toThrow(/Could not write .*summary.json: the disk is read-only/);
  });

  it('sees that another process has replaced the run', () => {
    const run = RunFolder.create(root, settings);
    RunFolder.create(root, { ...settings, seed: 2 }, { overwrite: true });
    expect(() => run.lock()).toThrow(`Another process has just replaced the run in ${root}.`);
    expect(fs.readdirSync(root)).toEqual(['config.json']);
  });

  slow('is had by one of several that race for it', async () => {
    const races = 100;
    const attack: Attack = await import(new URL('../../../scripts/attack/locks.mjs', import.meta.url).href);
    const work = await attack.open({ killed: false, races });
    try {
      const { figures, failures } = await work.unit(0);
      expect(failures).toEqual([]);
      expect(figures).toEqual({ races, double: 0, none: 0 });
    } finally {
      work.close();
    }
  });

  it('that is all that is left of a run does not stand in the way of a new one', () => {
    writeLock({ pid: deadProcess(), host: os.hostname(), since: 'yesterday' });
    RunFolder.create(root, settings);
  });
});

describe('a study', () => {
  const study = { kind: 'priors', parts: ['normal/seed-1', 'normal/seed-2'], plan: { seeds: [1, 2] } } as const;

  it('comes back as it was written', () => {
    const made = StudyFolder.create(root, study);
    const { kind, plan } = StudyFolder.open(root, 'priors');
    expect([kind, plan]).toEqual(['priors', { seeds: [1, 2] }]);
    expect(made.part('normal/seed-2')).toBe(path.join(root, 'normal', 'seed-2'));
    expect(() => StudyFolder.open(root, 'seeds')).toThrow('contains a study of priors, not of seeds.');
    expect(StudyFolder.kindIn(root)).toBe('priors');
    expect(StudyFolder.kindIn(path.join(root, 'nothing'))).toBeUndefined();
  });

  it('is replaced with its runs, and nothing else is', () => {
    const made = StudyFolder.create(root, study);
    for (const part of study.parts) RunFolder.create(made.part(part), settings);
    made.writeResults({ accuracy: Number.NaN }, 'a,b\n');
    fs.writeFileSync(path.join(root, 'normal', 'notes.txt'), 'mine');
    expect(() => StudyFolder.create(root, study)).toThrow('already contains a study');
    const release = RunFolder.open(made.part('normal/seed-2')).lock();
    expect(() => StudyFolder.create(root, study, { overwrite: true })).toThrow(/^Process \d+ has been using/);
    release();
    StudyFolder.create(root, study, { overwrite: true });
    expect(fs.readdirSync(root).sort()).toEqual(['normal', 'study.json']);
    expect(fs.readdirSync(path.join(root, 'normal'))).toEqual(['notes.txt']);
  });

  it('that is damaged or newer is rejected', () => {
    StudyFolder.create(root, study);
    const file = path.join(root, 'study.json');
    const text = fs.readFileSync(file, 'utf8');
    const altered = (from: string, to: string) => {
      fs.writeFileSync(file, text.replace(from, to));
      return () => StudyFolder.open(root);
    };
    expect(altered('"priors"', '"moons"')).toThrow('is damaged: its kind or plan is missing.');
    expect(altered('"version": 1', '"version": 2')).toThrow('has version 2, but only version 1 is supported.');
    expect(altered('{', '')).toThrow(/study\.json is damaged: it is not JSON/);
  });
});
