/** Run folders and studies written before entries were renamed: they load under the names of today. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resumeRun, trainRun } from 'pyroved';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../../packages/pyroved/dist/storage/checkpoint.js';
import { parseConfig } from '../../../packages/pyroved/dist/storage/config.js';
import { withCurrentNames } from '../../../packages/pyroved/dist/storage/formerNames.js';

const root = mkdtempSync(join(tmpdir(), 'pyroved-former-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('withCurrentNames', () => {
  it('renames options of models and trainers at any depth', () => {
    const before = {
      train: { scaleFactor: 2, earlyStopping: { on: 'accuracy', heldOut: 0.3 } },
      model: { discreteDim: 4 },
    };
    expect(withCurrentNames(before)).toEqual({
      train: { klWeight: 2, earlyStopping: { on: 'accuracy', validationFraction: 0.3 } },
      model: { numClasses: 4 },
    });
  });

  it('renames the outputs of pairs, not the targets of a regression', () => {
    const pairs = { source: { kind: 'pairs', inputs: 'a.npy', targets: 'b.npy', targetsDataset: 'x' } };
    expect(withCurrentNames(pairs)).toEqual({
      source: { kind: 'pairs', inputs: 'a.npy', outputs: 'b.npy', outputsDataset: 'x' },
    });
    const regression = { kind: 'ssRegIVAE', targets: [{ name: 'length' }] };
    expect(withCurrentNames(regression)).toEqual(regression);
  });

  it('leaves names alone that only look like members of an object', () => {
    expect(withCurrentNames({ constructor: 1, toString: [2, { hasOwnProperty: 3 }] })).toEqual({
      constructor: 1,
      toString: [2, { hasOwnProperty: 3 }],
    });
  });

  it('renames what a checkpoint keeps of the history and of the options', () => {
    const state = { history: [{ scaleFactor: 0.5 }], settings: { earlyStopping: '{"on":"loss","heldOut":0.2}' } };
    const { state: read } = decodeCheckpoint(encodeCheckpoint({ tensors: new Map(), state }), 'x');
    expect(read).toEqual({
      history: [{ klWeight: 0.5 }],
      settings: { earlyStopping: '{"on":"loss","validationFraction":0.2}' },
    });
  });
});

it('a run with the entries of before resumes to the same numbers', async () => {
  const request = {
    ...{ source: { kind: 'peaks', labelledPerClass: 4, unlabelledPerClass: 8, validationPerClass: 2 } as const },
    ...{ model: { kind: 'jiVAE', numClasses: 2, hiddenEncoder: [4], hiddenDecoder: [4] } as const, engine: 'cpu' },
  };
  const train = { epochs: 2, batchSize: 8, klWeight: 'epoch + 1' };
  const folder = (name: string): string => join(root, name);
  const whole = await trainRun({ ...request, folder: folder('whole'), train });
  const stop = new AbortController();
  const cut = await trainRun(
    { ...request, folder: folder('cut'), train },
    { signal: stop.signal, onEpoch: () => stop.abort() },
  );
  expect(cut.stopped).toBe(true);
  const text = JSON.stringify(cut.folder.config)
    .replace('"klWeight"', '"scaleFactor"')
    .replace('"numClasses"', '"discreteDim"');
  expect(text).toContain('"discreteDim":2');
  expect(parseConfig(text, 'x').model).toMatchObject({ numClasses: 2 });
  writeFileSync(join(folder('cut'), 'config.json'), text);
  const { history } = await resumeRun(folder('cut'));
  const numbers = (records: typeof history) => records.map(({ seconds: _, ...record }) => record);
  expect(numbers(history)).toEqual(numbers(whole.history));
  expect(history.map(({ klWeight }) => klWeight)).toEqual([1, 2]);
});
