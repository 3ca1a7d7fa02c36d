/** Damaged files for every reader: each is read, or rejected by a typed error, in seconds and without a tensor left over. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { encode as encodeBmp } from 'fast-bmp';
import { encode as encodePng } from 'fast-png';
import h5wasm from 'h5wasm/node';
import { encode as encodeJpeg } from 'jpeg-js';
import { RandomStream, writeSafetensors } from 'pyro-ts';
import { trainRun } from 'pyroved';
import { StudyFolder } from 'pyroved/internal';
import { encodeNpy, encodeNpz } from 'pyroved-ts';
import { mutateBytes, mutateJson, mutateTable } from './mutate.mjs';

export const name = 'mutants';
export const title = 'Damaged files for every reader';
export const units = (quick) => (quick ? 2 : 20);
export const bars = ['untyped', 'hangs', 'crashes', 'leaked'];
const PER_READER = 10;
/** Long enough for a busy machine; a reader that hangs never answers. */
const MOST_MILLISECONDS = 120_000;

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const fixtures = join(here('.'), '..', '..', 'test');

export async function open() {
  const root = join(tmpdir(), `pyro-attack-mutants-${process.pid}`);
  const seeds = await seedsIn(root);
  let reader;
  const started = async () => {
    reader = fork(here('mutantReader.mjs'), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    await once(reader, 'message');
  };
  await started();
  const read = async (kind, path) => {
    const done = new AbortController();
    const { signal } = done;
    const answers = [
      once(reader, 'message', { signal }).then(([found]) => found),
      once(reader, 'exit', { signal }).then(([code, by]) => ({ outcome: 'crashes', why: by ?? `exit ${code}` })),
      sleep(MOST_MILLISECONDS, { outcome: 'hangs', why: `no answer in ${MOST_MILLISECONDS} ms` }, { signal }),
    ];
    reader.send({ kind, path });
    const found = await Promise.race(answers);
    done.abort();
    await Promise.allSettled(answers);
    if (found.outcome === 'hangs') reader.kill('SIGKILL');
    if (found.outcome === 'hangs' || found.outcome === 'crashes') await started();
    return found;
  };
  return {
    async unit(index) {
      const figures = { mutants: 0, read: 0, rejected: 0, untyped: 0, hangs: 0, crashes: 0, leaked: 0 };
      const failures = [];
      for (const [s, { kind, folder, file, damage }] of seeds.entries()) {
        for (let i = 0; i < PER_READER; i++) {
          const number = index * PER_READER + i;
          const stream = new RandomStream(`mutant/${file}/${s}/${number}`);
          const at = join(root, 'mutant');
          rmSync(at, { recursive: true, force: true });
          cpSync(folder, at, { recursive: true });
          const path = join(at, file);
          writeFileSync(
            path,
            damage(() => stream.next(), readFileSync(path, damage === mutateBytes ? null : 'utf8')),
          );
          const { outcome, why, leaked = 0 } = await read(kind, path);
          figures.mutants += 1;
          figures[outcome] += 1;
          figures.leaked += Math.max(0, leaked);
          if (['untyped', 'hangs', 'crashes'].includes(outcome) || leaked > 0) {
            failures.push(
              `${file} ${s}/${number} (${kind}): ${outcome} ${why} ${leaked > 0 ? `${leaked} tensors left` : ''}`,
            );
            if (process.env.PYRO_ATTACK_KEEP)
              cpSync(at, join(process.env.PYRO_ATTACK_KEEP, `${file}-${s}-${number}`), { recursive: true });
          }
        }
      }
      return { figures, failures };
    },
    close() {
      reader.kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Folders of sound files, of which one is damaged. */
async function seedsIn(root) {
  const put = (folder, file, content) => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, file), content);
    return join(root, folder);
  };
  const picture = (i, size = 12) => Uint8Array.from({ length: size * size }, (_, p) => (p * (7 + i)) % 251);
  const png = (i) => encodePng({ width: 12, height: 12, channels: 1, depth: 8, data: picture(i) });
  for (let i = 0; i < 8; i++) for (const folder of ['tables', 'source']) put(`${folder}/images`, `u${i}.png`, png(i));
  const tables = join(root, 'tables');
  const rows = Array.from({ length: 8 }, (_, i) => i);
  put('tables', 'labels.csv', `file,label\n${rows.map((i) => `u${i}.png,${i % 2 ? 'a' : 'b'}`).join('\n')}\n`);
  put('tables', 'factors.csv', `file,length\n${rows.map((i) => `u${i}.png,${i / 2}`).join('\n')}\n`);
  put('tables', 'centres.csv', `x,y,file\n${rows.map((i) => `6,6,u${i}.png`).join('\n')}\n`);

  const marks = join(root, 'marks');
  const grey = (data) => encodePng({ width: 32, height: 32, channels: 1, depth: 8, data });
  for (const i of rows) {
    put('marks/images', `u${i}.png`, grey(squareOf(200, 20 + i)));
    put('marks/masks', `u${i}.png`, grey(squareOf(1 + (i % 2), 0)));
  }
  const marked = rows.map((i) => `u${i}.png,16,16,${i % 2 ? 'a' : 'b'},${i}`);
  put('marks', 'marks.csv', `file,x,y,label,label_angle\n${marked.join('\n')}\n`);
  put('marks', 'marks.geojson', JSON.stringify(regions(rows)));

  const runFolder = join(root, 'run');
  await trainRun({
    folder: runFolder,
    source: { kind: 'images', unlabelled: join(root, 'source/images'), size: 8 },
    model: { kind: 'iVAE', hiddenEncoder: [4], hiddenDecoder: [4] },
    train: { epochs: 2, batchSize: 4 },
    kernel: 'reference',
  });
  const cards = join(root, 'cards');
  const stop = new AbortController();
  await trainRun(
    {
      folder: cards,
      source: { kind: 'cards', labelledPerClass: 2, unlabelledPerClass: 2, validationPerClass: 2, size: 12 },
      model: { hiddenEncoder: [4], hiddenDecoder: [4], hiddenClassifier: [4] },
      train: { epochs: 2, batchSize: 4 },
      kernel: 'reference',
    },
    { signal: stop.signal, onStep: () => stop.abort() },
  );
  StudyFolder.create(join(root, 'study'), {
    kind: 'seeds',
    parts: ['seed-1'],
    plan: { seeds: [1, 2], source: { kind: 'cards' } },
  });
  const images = JSON.parse(readFileSync(join(fixtures, 'pyroved-data/fixtures/images.json'), 'utf8'));
  const arrays = JSON.parse(readFileSync(join(fixtures, 'pyroved-data/fixtures/arrays.json'), 'utf8'));
  const kept = [
    ...Object.entries(images).map(([file, text]) => ['image', `i-${file}`, file, Buffer.from(text, 'base64')]),
    ...Object.entries(arrays).map(([file, text]) => ['array', `a-${file}`, file, Buffer.from(text, 'base64')]),
  ];
  const data = Float32Array.from({ length: 4 * 144 }, (_, i) => (i * 7) % 11);
  const rgba = Buffer.from(Uint8Array.from({ length: 4 * 144 }, (_, i) => (i * 37) % 256));
  const made = [
    ['image', 'i-jpg', 'a.jpg', encodeJpeg({ data: rgba, width: 12, height: 12 }, 80).data],
    [
      'image',
      'i-bmp',
      'a.bmp',
      encodeBmp({ width: 12, height: 12, data: picture(1), bitsPerPixel: 8, components: 1, channels: 1 }),
    ],
    ['array', 'a-npy', 'a.npy', encodeNpy(data, [4, 12, 12])],
    ['array', 'a-npz', 'a.npz', encodeNpz({ a: { data, shape: [4, 12, 12] } })],
    ['safetensors', 'st', 'a.safetensors', writeSafetensors(new Map([['w', { shape: [4, 144], data }]]), { a: 'b' })],
    ['pt', 'pt', 'a.pt', readFileSync(join(fixtures, 'fixtures/pyrovedWeights/float32.pt'))],
  ];
  const seeds = [...kept, ...made].map(([kind, folder, file, content]) => ({
    kind,
    folder: put(folder, file, content),
    file,
    damage: mutateBytes,
  }));
  const formats = JSON.parse(readFileSync(join(fixtures, 'pyroved-data/fixtures/formats.json'), 'utf8'));
  const instruments = Object.entries(formats).map(([path, text]) => {
    const [store, ...inside] = path.split('/');
    const folder = join(root, `f-${store}`);
    mkdirSync(dirname(join(folder, inside.join('/') || store)), { recursive: true });
    writeFileSync(join(folder, inside.join('/') || store), gunzipSync(Buffer.from(text, 'base64')));
    // A file is opened itself; of a store, one of its files is damaged and the folder is opened.
    return inside.length > 0
      ? { kind: 'store', folder, file: inside.join('/'), damage: mutateBytes }
      : { kind: 'micrograph', folder, file: store, damage: mutateBytes };
  });
  const json = (kind, folder, file, times = 1) => Array(times).fill({ kind, folder, file, damage: mutateJson });
  return [
    ...json('config', runFolder, 'config.json', 6),
    ...json('config', cards, 'config.json', 6),
    ...json('summary', runFolder, 'summary.json'),
    ...json('study', join(root, 'study'), 'study.json'),
    { kind: 'checkpoint', folder: runFolder, file: 'checkpoint.safetensors', damage: mutateBytes },
    { kind: 'metrics', folder: runFolder, file: 'metrics.jsonl', damage: mutateBytes },
    ...['labels', 'factors', 'centres'].flatMap((kind) =>
      Array(2).fill({ kind, folder: tables, file: `${kind}.csv`, damage: mutateTable }),
    ),
    { kind: 'marks', folder: marks, file: 'marks.csv', damage: mutateTable },
    { kind: 'marks', folder: marks, file: 'marks.geojson', damage: mutateBytes },
    ...json('marks', marks, 'marks.geojson', 3),
    ...Array(2).fill({ kind: 'labelImages', folder: marks, file: 'masks/u1.png', damage: mutateBytes }),
    {
      kind: 'stringLabels',
      folder: await stringLabels(join(root, 'h-labels')),
      file: 'labels.h5',
      damage: mutateBytes,
    },
    ...seeds,
    ...instruments,
  ];
}

/** Regions of every kind with classes, around the middle of images of 32 x 32 pixels. */
function regions(rows) {
  const ring = [
    [4, 4],
    [28, 4],
    [28, 28],
    [4, 28],
    [4, 4],
  ];
  const geometries = [
    { type: 'Polygon', coordinates: [ring] },
    { type: 'MultiPolygon', coordinates: [[ring]] },
    { type: 'Point', coordinates: [16, 16] },
    { type: 'MultiPoint', coordinates: [[16, 16]] },
  ];
  const features = rows.map((i) => ({
    type: 'Feature',
    geometry: geometries[i % geometries.length],
    properties: {
      file: `u${i}.png`,
      ...(i % 2 ? { classification: { name: 'a' } } : { label: 'b', label_angle: 10 * i }),
    },
  }));
  return { type: 'FeatureCollection', features };
}

/** An image of 32 x 32 pixels with a square of one value on another one. */
const squareOf = (inside, outside) =>
  Uint8Array.from({ length: 1024 }, (_, p) => {
    const [x, y] = [p % 32, p >> 5];
    return (Math.max(Math.abs(x - 16), Math.abs(y - 16)) < 6 ? inside : outside) + (inside > 99 ? (p * 7) % 5 : 0);
  });

/** Writes an HDF5 file of four images with a label each; its folder. */
async function stringLabels(folder) {
  await h5wasm.ready;
  mkdirSync(folder, { recursive: true });
  const file = new h5wasm.File(join(folder, 'labels.h5'), 'w');
  const data = Float32Array.from({ length: 4 * 144 }, (_, i) => (i * 7) % 11);
  file.create_dataset({ name: 'frames', data, shape: [4, 12, 12] });
  file.create_dataset({ name: 'phase', data: ['fcc', 'bcc', 'unknown', 'fcc'] });
  file.close();
  return folder;
}
