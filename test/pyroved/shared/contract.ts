/** What every shared storage does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobKey,
  ContentError,
  checkKey,
  getBlob,
  putBlob,
  type SharedStore,
  sha256,
} from '../../../packages/pyroved/dist/shared/store.js';
import { slow } from '../../slow.js';

const bytes = (text: string) => Buffer.from(text);
const text = (content: Uint8Array | undefined) => content && Buffer.from(content).toString();

/** @param open opens the storage again, as another process would. Its tests are skipped if there is a `problem`. */
export function describeStore(name: string, open: () => Promise<SharedStore>, problem?: string): void {
  describe.skipIf(problem !== undefined)(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyroved-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    let store: SharedStore;
    beforeAll(async () => {
      store = await open();
    });

    it('replaces, lists and removes contents', async () => {
      expect(await store.read('a/b.json')).toBeUndefined();
      await store.write('a/b.json', bytes('1'));
      await store.write('a/b.json', bytes('2'));
      await store.write('a/c.json', bytes('3'));
      await store.write('a/inner/d.json', bytes('4'));
      expect(text(await store.read('a/b.json'))).toBe('2');
      expect(await store.list('a')).toEqual(['b.json', 'c.json', 'inner']);
      await store.remove('a/b.json');
      await store.remove('a/b.json');
      expect(await store.has('a/b.json')).toBe(false);
      expect(await store.has('a/c.json')).toBe(true);
      expect(await store.list('nothing')).toEqual([]);
    });

    it('creates once, whoever is first', async () => {
      const attempts = Array.from({ length: 10 }, async (_, i) => (await open()).create('once', bytes(`${i}`)));
      const created = await Promise.all(attempts);
      expect(created.filter(Boolean)).toHaveLength(1);
      expect(text(await store.read('once'))).toBe(String(created.indexOf(true)));
    });

    it('copies files', async () => {
      const [file, copy] = ['file', 'copy'].map((one) => join(folder, one));
      writeFileSync(file, new Uint8Array(3e6).fill(7));
      await store.upload(file, 'files/one');
      writeFileSync(file, 'other');
      await store.upload(file, 'files/one');
      await store.download('files/one', copy);
      expect(readFileSync(copy).equals(new Uint8Array(3e6).fill(7))).toBe(true);
      await expect(store.download('files/two', copy)).rejects.toThrow('files/two');
    });

    slow('lists more than a thousand contents', async () => {
      const names = Array.from({ length: 1005 }, (_, i) => `n${String(i).padStart(4, '0')}`);
      for (let start = 0; start < names.length; start += 50)
        await Promise.all(names.slice(start, start + 50).map((one) => store.create(`many/${one}`, bytes(one))));
      expect(await store.list('many')).toEqual(names);
    });

    it('detects damaged contents', async () => {
      const hash = await putBlob(store, bytes('content'));
      expect(text(await getBlob(store, hash))).toBe('content');
      await store.write(blobKey(hash), bytes('damaged'));
      await expect(getBlob(store, hash)).rejects.toThrow(ContentError);
      await expect(getBlob(store, sha256('other'))).rejects.toThrow('lacks the content');
    });

    it.each(['', '/etc/passwd', '../x', 'a/../../x', 'a//b', 'a\\b', 'a\0', '.hidden', 'C:x', 'x'.repeat(501)])(
      'has no key "%s"',
      async (key) => {
        expect(() => checkKey(key)).toThrow('not a key');
        await expect(store.write(key, bytes('x'))).rejects.toThrow('not a key');
      },
    );
  });
}
