/** A run folder's life: made, written, killed, damaged, full, opened again. */
import fs from 'node:fs';
import path from 'node:path';
import { RunError, RunFolder } from 'pyroved';
import { MetricsLog, RUN_FILES } from 'pyroved/internal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkpointOf, settings, temporaryFolder } from './helpers.js';

let root: string;
beforeEach(() => {
  root = temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

/** The error that the file system gives with `code`. */
const systemError = (code: string) => Object.assign(new Error(`${code}: it failed, write`), { code, syscall: 'write' });

const edited = (run: RunFolder, change: object): RunFolder => {
  const file = run.file('config');
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), ...change }));
  return RunFolder.open(run.path);
};

describe('making and opening', () => {
  it('makes the folder and those above it, and opens with the same configuration', () => {
    const folder = path.join(root, 'a/b/run');
    const made = RunFolder.create(folder, settings);
    const { config } = RunFolder.open(folder);
    expect(config).toEqual(made.config);
    expect(config).toEqual({ format: 'pyroved-run', version: 1, createdAt: config.createdAt, ...settings });
    expect(Math.abs(Date.parse(config.createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it('rejects a folder with a run unless `overwrite` is set, and then removes that run alone', () => {
    const old = RunFolder.create(root, settings);
    old.saveCheckpoint(checkpointOf(1));
    old.metrics.append({ epoch: 1 });
    old.writePicture('loss.svg', '<svg/>');
    fs.writeFileSync(path.join(root, 'notes.txt'), 'mine');
    expect(() => RunFolder.create(root, settings)).toThrow(/already contains a run\. Resume it, replace it/);
    expect(old.hasCheckpoint()).toBe(true);
    RunFolder.create(root, { ...settings, seed: 2 }, { overwrite: true });
    expect(fs.readdirSync(root).sort()).toEqual(['config.json', 'notes.txt']);
    expect(RunFolder.open(root).config.seed).toBe(2);
  });

  it('rejects a folder with other files even when told to replace, and leaves them', () => {
    fs.writeFileSync(path.join(root, 'thesis.tex'), 'mine');
    expect(() => RunFolder.create(root, settings, { overwrite: true })).toThrow(
      /contains files that are not part of a run \(thesis.tex\)/,
    );
    expect(fs.readdirSync(root)).toEqual(['thesis.tex']);
  });

  it('says what is wrong with a path that holds no run', () => {
    expect(() => RunFolder.open(path.join(root, 'nowhere'))).toThrow(/is not a run: the folder does not exist/);
    expect(() => RunFolder.open(root)).toThrow(/is not a run: it has no config.json/);
    fs.writeFileSync(path.join(root, 'file'), '');
    expect(() => RunFolder.create(path.join(root, 'file/run'), settings)).toThrow(RunError);
    expect(() => RunFolder.create(path.join(root, 'file'), settings)).toThrow(/a file where a folder is needed/);
  });

  it('rejects settings that JSON would lose', () => {
    const create = (change: object) => () => RunFolder.create(path.join(root, 'run'), { ...settings, ...change });
    expect(create({ train: { betas: [0.9, Number.NaN] } })).toThrow(/config.train.betas\[1\] is NaN/);
    expect(create({ model: { weights: new Float32Array(2) } })).toThrow(/config.model.weights is a Float32Array/);
    expect(create({ data: { load: () => 1 } })).toThrow(/config.data.load is a function/);
    expect(create({ seed: 1.5 })).toThrow(/"seed" must be an integer; got 1.5/);
    expect(fs.existsSync(path.join(root, 'run'))).toBe(false);
  });

  it('leaves out what is undefined', () => {
    const run = RunFolder.create(root, { ...settings, train: { epochs: 3, clip: undefined } });
    expect(RunFolder.open(run.path).config.train).toEqual({ epochs: 3 });
  });

  it.each<[object, RegExp]>([
    [{ format: 'other' }, /not the configuration of a run/],
    [{ version: 2 }, /version 2, but only versions up to 1 are supported. Update/],
    [{ version: 'x' }, /"version" must be an integer; got "x"/],
    [{ engin: 'cpu' }, /unknown entry "engin". Did you mean "engine"\?/],
    [{ model: [] }, /"model" must be an object/],
    [{ engine: 3 }, /"engine" must be a non-empty string; got 3/],
    [{ createdAt: 'yesterday' }, /"createdAt" must be a date; got "yesterday"/],
    [{ seed: '1' }, /"seed" must be an integer; got "1"/],
    [{ versions: { node: 20 } }, /"versions" must map/],
  ])('rejects a configuration with %j', (change, words) => {
    const run = RunFolder.create(root, settings);
    expect(() => edited(run, change)).toThrow(RunError);
    expect(() => edited(run, change)).toThrow(words);
  });

  it('says that a configuration cut short is damaged', () => {
    const run = RunFolder.create(root, settings);
    fs.truncateSync(run.file('config'), 40);
    expect(() => RunFolder.open(root)).toThrow(/config.json is damaged: it is not JSON/);
  });
});

describe('metrics', () => {
  const log = () => new MetricsLog(path.join(root, RUN_FILES.metrics));

  it('come back as they were appended, a NaN as null', () => {
    expect(log().read()).toEqual([]);
    const metrics = log();
    metrics.append({ epoch: 1, loss: 813.8, note: 'a\nb' });
    metrics.append({ epoch: 2, loss: Number.NaN });
    expect(log().read()).toEqual([
      { epoch: 1, loss: 813.8, note: 'a\nb' },
      { epoch: 2, loss: null },
    ]);
  });

  it('lose at most the last line to a kill at any byte, and go on after it', () => {
    const lines = ['{"epoch":1,"who":"Jürgen"}\n', '{"epoch":2,"who":"Zoë"}\n'];
    const bytes = Buffer.from(lines.join(''));
    const first = Buffer.byteLength(lines[0]!);
    for (let length = 0; length <= bytes.length; length++) {
      fs.writeFileSync(log().file, bytes.subarray(0, length));
      const whole = length < first ? 0 : length < bytes.length ? 1 : 2;
      expect(log().read()).toHaveLength(whole);
      log().append({ epoch: 3 });
      expect(log().read()).toHaveLength(whole + 1);
      expect(log().read().at(-1)).toEqual({ epoch: 3 });
    }
  });

  it('name a damaged line before the last', () => {
    fs.writeFileSync(log().file, '{"epoch":1}\n{"epo\n{"epoch":3}\n');
    expect(() => log().read()).toThrow(/^Line 2 of .*metrics.jsonl is damaged/);
  });

  it('are made again from the history of a checkpoint, whatever became of the file', () => {
    const history = [{ epoch: 1 }, { epoch: 2, loss: Number.NaN }];
    for (const content of ['', '{"epoch":1}\n{"epo\n{"epoch":3}\n', '{"epoch":2,"loss":null}\n', '\0\0\0\n']) {
      fs.writeFileSync(log().file, content);
      const metrics = log();
      metrics.replace(history);
      metrics.append({ epoch: 3, again: true });
      expect(log().read()).toEqual([{ epoch: 1 }, { epoch: 2, loss: null }, { epoch: 3, again: true }]);
    }
    const before = fs.statSync(log().file, { bigint: true }).mtimeNs;
    log().replace([{ epoch: 1 }, { epoch: 2, loss: null }, { epoch: 3, again: true }]);
    expect(fs.statSync(log().file, { bigint: true }).mtimeNs).toBe(before);
  });

  it('survive a disk that is full for a while', () => {
    const metrics = log();
    metrics.append({ epoch: 1 });
    const half = vi.spyOn(fs, 'appendFileSync').mockImplementationOnce((file) => {
      fs.writeFileSync(file, '{"epoch":1}\n{"epo');
      throw systemError('ENOSPC');
    });
    expect(() => metrics.append({ epoch: 2 })).toThrow(/metrics.jsonl: the disk is full/);
    half.mockRestore();
    metrics.append({ epoch: 3 });
    expect(log().read()).toEqual([{ epoch: 1 }, { epoch: 3 }]);
  });
});

describe('pictures, report, summary', () => {
  it('are written whole and read back', () => {
    const run = RunFolder.create(root, settings);
    expect(fs.readFileSync(run.writePicture('loss.svg', '<svg/>'), 'utf8')).toBe('<svg/>');
    expect(fs.readFileSync(run.writePicture('a-1.png', Uint8Array.of(1, 2))).length).toBe(2);
    run.writeReport('<p>');
    run.writeSummary({ accuracy: 0.87, seed: 1 });
    expect(run.readSummary()).toEqual({ accuracy: 0.87, seed: 1 });
    expect(fs.readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('reject names that leave the folder, and figures that are not numbers', () => {
    const run = RunFolder.create(root, settings);
    for (const name of ['../x.png', 'a/b.png', '', '.hidden', 'a b.png'])
      expect(() => run.writePicture(name, '')).toThrow(/is not a valid name of a picture/);
    expect(() => run.writeSummary({ accuracy: Number.NaN })).toThrow(/summary.accuracy is NaN/);
    expect(() => run.readSummary()).toThrow(/summary.json: there is no such file/);
  });
});

describe('a disk that rejects', () => {
  it.each([
    ['ENOSPC', /the disk is full. Free some space/],
    ['EROFS', /the disk is read-only/],
    ['EACCES', /permission is denied/],
    ['EWEIRD', /the system reports EWEIRD/],
  ])('is put into words for %s, and the old file stays', (code, words) => {
    const run = RunFolder.create(root, settings);
    run.writeSummary({ accuracy: 0.5 });
    vi.spyOn(fs, 'fsyncSync').mockImplementation(() => {
      throw systemError(code);
    });
    expect(() => run.writeSummary({ accuracy: 0.9 })).toThrow(RunError);
    expect(() => run.writeSummary({ accuracy: 0.9 })).toThrow(words);
    expect(run.readSummary()).toEqual({ accuracy: 0.5 });
    expect(fs.readdirSync(root).sort()).toEqual(['config.json', 'summary.json']);
  });

  it('is found out before a training starts', () => {
    const run = RunFolder.create(root, settings);
    expect(() => run.assertWritable()).not.toThrow();
    fs.rmSync(root, { recursive: true });
    expect(() => run.assertWritable()).toThrow(/Could not write into/);
  });
});
