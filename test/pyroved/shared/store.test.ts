/** The shared storage: whole contents, some written once, and nothing outside of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSets, type Source } from 'pyroved';
import { inMemory } from 'pyroved-ts';
import { afterAll, describe, expect, it } from 'vitest';
import { fetchData, publishData } from '../../../packages/pyroved/dist/shared/data.js';
import { FolderStore } from '../../../packages/pyroved/dist/shared/folderStore.js';
import { parseManifest } from '../../../packages/pyroved/dist/shared/manifest.js';
import { sha256 } from '../../../packages/pyroved/dist/shared/store.js';
import { write, writeImages } from '../../e2e/helpers.js';
import { describeStore } from './contract.js';

const root = mkdtempSync(join(tmpdir(), 'pyroved-'));
const at = (...path: string[]) => join(root, ...path);
afterAll(() => rmSync(root, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);

describeStore('a folder as storage', async () => FolderStore.open(at('storage')));

describe('images in a storage', () => {
  const store = FolderStore.open(at('images'));
  writeImages(at('mine'), { labelled: 3, unlabelled: 6 });
  symlinkSync(at('mine', 'unlabelled', 'ell1.png'), at('mine', 'unlabelled', 'link.png'));
  write(at('mine', 'table', 'labels.csv'), 'file,label\nell1.png,ell\nflag1.png,flag\n');
  for (const name of ['ell1', 'flag1'])
    write(at('mine', 'table', `${name}.png`), readFileSync(at('mine', 'unlabelled', `${name}.png`)));
  const sources: [string, Source][] = [
    ['folders', { kind: 'images', labelled: at('mine', 'labelled'), unlabelled: at('mine', 'unlabelled'), size: 16 }],
    ['a table beside its images', { kind: 'images', labels: at('mine', 'table', 'labels.csv'), size: 16 }],
    ['generated', { kind: 'peaks', length: 16, labelledPerClass: 2, unlabelledPerClass: 4, validationPerClass: 2 }],
  ];

  it.each(sources)('are the same on another machine: %s', async (name, source) => {
    const hash = await publishData(store, source);
    const there = await fetchData(store, hash, at('cache', name));
    // The storage is not asked again.
    const again = await fetchData(store, hash, at('cache', name));
    expect(again).toEqual(there);
    const pixels = async (one: Source) => inMemory((await loadSets(one)).unlabelled).images;
    expect(await pixels(there)).toEqual(await pixels(source));
    expect(await publishData(store, there)).toBe(hash);
  });

  it('are copied once when two workers need them at the same time', async () => {
    const hash = await publishData(store, sources[0][1]);
    const [a, b] = await Promise.all([1, 2].map(() => fetchData(store, hash, at('cache', 'both'))));
    expect(a).toEqual(b);
    expect(readdirSync(at('cache', 'both', 'data')).sort()).toEqual([hash, `${hash}.lock`]);
  });

  it('are missing or damaged with a message', async () => {
    await expect(fetchData(store, '../../etc', at('cache'))).rejects.toThrow('not the hash of images');
    await expect(fetchData(store, sha256('x'), at('cache'))).rejects.toThrow('has no images');
    const hash = await publishData(store, { ...sources[0][1], size: 20 } as Source);
    writeFileSync(at('images', 'data', `${hash}.json`), '{}');
    await expect(fetchData(store, hash, at('cache'))).rejects.toThrow('is damaged');
  });

  it('do not travel from outside of their folders', async () => {
    const source: Source = { kind: 'images', labels: at('mine', 'table', 'labels.csv'), outsidePaths: true };
    await expect(publishData(store, source)).rejects.toThrow('--outside-paths');
  });

  const file = { place: 'a.png', sha256: 'a'.repeat(64) };
  it.each<[string, object]>([
    ['a file outside', { files: [{ ...file, place: '../a.png' }] }],
    ['an absolute file', { files: [{ ...file, place: '/etc/cron.d/a' }] }],
    ['a drive', { files: [{ ...file, place: 'C:/a' }] }],
    ['a backslash', { files: [{ ...file, place: '..\\a' }] }],
    ['a zero character', { files: [{ ...file, place: 'a\0' }] }],
    ['a folder outside', { folders: ['..'] }],
    ['no hash', { files: [{ place: 'a', sha256: 'x' }] }],
    ['a source outside', { source: { kind: 'images', unlabelled: '/etc' }, options: ['unlabelled'] }],
    ['a source that is not in the list', { source: { kind: 'images', unlabelled: 'etc' }, options: [] }],
    [
      'labels that are a file elsewhere',
      { source: { kind: 'array', file: 'a.npy', labels: '/etc/x' }, options: ['file'] },
    ],
    ['images outside', { source: { kind: 'images', unlabelled: 'a', outsidePaths: true }, options: ['unlabelled'] }],
    ['an unknown source', { source: { kind: '__proto__' } }],
    ['another option', { options: ['kind'] }],
    ['another entry', { url: 'https://example.org' }],
  ])('cannot be a list with %s', (_, changes) => {
    const list = { source: { kind: 'peaks' }, options: [], files: [], folders: [], ...changes };
    expect(() => parseManifest(bytes(JSON.stringify(list)))).toThrow();
  });
});
