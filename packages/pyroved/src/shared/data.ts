/** Images in a shared storage: by the hash of their contents, and copied once to each machine that needs them. */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { OptionError } from 'pyro-ts';
import { readLabelTable } from 'pyroved-data/internal';
import { canonical, fileOptions } from '../sources/contentHash.js';
import type { Source } from '../sources/source.js';
import { makeFolder } from '../storage/files.js';
import { explained, lockOfFolder } from '../storage/index.js';
import { type DataManifest, parseManifest } from './manifest.js';
import { blobKey, ContentError, isSha256, type SharedStore, StorageError, sha256 } from './store.js';

const manifestKey = (hash: string): string => `data/${hash}.json`;

/**
 * Copies the files of a source to the storage, unless they are there.
 * @returns the hash by which workers find them
 * @throws {OptionError} for files that a label table names outside of its folders
 */
export async function publishData(store: SharedStore, source: Source): Promise<string> {
  if ('outsidePaths' in source && source.outsidePaths)
    throw new OptionError(
      'Images outside of the folders of the label table (outsidePaths, --outside-paths) cannot be copied to workers. Move them into the folder of unlabelled images, or next to the table.',
    );
  const given: Readonly<Record<string, unknown>> = { ...source };
  const places = fileOptions[source.kind].flatMap((option) => {
    const place = given[option];
    // Within a file of several arrays, labels may be the name of another one.
    return typeof place === 'string' && fs.existsSync(place) ? [{ option, place: path.resolve(place) }] : [];
  });
  const root = commonFolder(places.map(({ place }) => path.dirname(place)));
  const relative = (file: string): string => path.relative(root, file).split(path.sep).join('/');
  const folders: string[] = [];
  const found = new Set<string>();
  for (const { place } of places) collect(place, found, folders);
  for (const file of tableFiles(source)) found.add(file);
  const files: DataManifest['files'][number][] = [];
  for (const file of [...found].sort()) {
    const hash = await fileHash(file);
    await store.upload(file, blobKey(hash));
    files.push({ place: relative(file), sha256: hash });
  }
  const manifest: DataManifest = {
    source: { ...source, ...Object.fromEntries(places.map(({ option, place }) => [option, relative(place)])) },
    options: places.map(({ option }) => option),
    files,
    folders: folders.map(relative).sort(),
  };
  const content = Buffer.from(canonical(manifest));
  const hash = sha256(content);
  await store.create(manifestKey(hash), content);
  return hash;
}

/**
 * The source with files of this machine, copied to `cache` unless another process has done so.
 * @throws {ContentError} when the storage lacks them, or they are not what `hash` says
 */
export async function fetchData(store: SharedStore, hash: string, cache: string): Promise<Source> {
  if (!isSha256(hash)) throw new ContentError(`${JSON.stringify(hash)} is not the hash of images.`);
  const content = await store.read(manifestKey(hash));
  if (content === undefined) throw new ContentError(`${store.name} has no images ${hash}.`);
  if (sha256(content) !== hash) throw new ContentError(`${store.name}: ${manifestKey(hash)} is damaged.`);
  const manifest = parseManifest(content);
  const folder = path.join(cache, 'data', hash);
  if (manifest.files.length > 0 && !fs.existsSync(folder)) await download(store, manifest, folder);
  const { source, options } = manifest;
  const given: Readonly<Record<string, unknown>> = { ...source };
  const local = options.map((option) => [option, path.join(folder, ...String(given[option]).split('/'))]);
  return { ...source, ...Object.fromEntries(local) };
}

/** Milliseconds between two looks at a download of another process. */
const POLL = 200;

async function download(store: SharedStore, { files, folders }: DataManifest, folder: string): Promise<void> {
  const claim = `${folder}.lock`;
  explained(`Could not create ${claim}`, () => makeFolder(claim));
  for (;;) {
    const lock = lockOfFolder(claim);
    if (!lock) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      continue;
    }
    using _lock = lock;
    if (fs.existsSync(folder)) return;
    const draft = `${folder}.${randomUUID()}`;
    try {
      for (const place of folders) explained(`Could not create ${draft}`, () => makeFolder(within(draft, place)));
      for (const { place, sha256: hash } of files) {
        const file = within(draft, place);
        explained(`Could not create ${path.dirname(file)}`, () => makeFolder(path.dirname(file)));
        if (!(await store.has(blobKey(hash)))) throw new ContentError(`${store.name} lacks the content ${hash}.`);
        await store.download(blobKey(hash), file);
        if ((await fileHash(file)) !== hash)
          throw new ContentError(`${store.name}: the content ${hash} is damaged. Remove ${blobKey(hash)}.`);
      }
      explained(`Could not create ${folder}`, () => fs.renameSync(draft, folder));
    } finally {
      fs.rmSync(draft, { recursive: true, force: true });
    }
    return;
  }
}

const within = (folder: string, place: string): string => path.join(folder, ...place.split('/'));

/** Files of a folder, with links followed, and its empty folders. */
function collect(place: string, files: Set<string>, folders: string[], above: readonly string[] = []): void {
  explained(`Could not read ${place}`, () => {
    if (!fs.statSync(place).isDirectory()) {
      files.add(place);
      return;
    }
    const real = fs.realpathSync(place);
    // A link to a folder above would not end.
    if (above.includes(real)) return;
    const names = fs.readdirSync(place);
    if (names.length === 0) folders.push(place);
    for (const name of names) collect(path.join(place, name), files, folders, [...above, real]);
  });
}

/** The images that a label table names, which need not lie in the folder of unlabelled ones. */
function tableFiles(source: Source): Iterable<string> {
  if (source.kind !== 'images' || source.labels === undefined) return [];
  const { labels, unlabelled } = source;
  return readLabelTable(labels, unlabelled === undefined ? [] : [unlabelled]).files.keys();
}

function commonFolder(folders: readonly string[]): string {
  const [first = path.sep, ...others] = folders;
  const isAbove = (folder: string, other: string) =>
    other === folder || other.startsWith(folder.replace(/[/\\]?$/, path.sep));
  let common = first;
  while (!others.every((other) => isAbove(common, other))) common = path.dirname(common);
  return common;
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const block of fs.createReadStream(file)) hash.update(block as Buffer);
  } catch (cause) {
    throw new StorageError(`Could not read ${file}: ${cause instanceof Error ? cause.message : cause}`, undefined, {
      cause,
    });
  }
  return hash.digest('hex');
}
