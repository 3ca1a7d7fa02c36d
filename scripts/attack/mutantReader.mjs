/** A process of `mutants.mjs`: reads the files that it is sent as the library does, and answers with what kind of error came of each. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '@pyro-ts/engine';
import { SpatialDecoderError } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { PyroError, readSafetensors } from 'pyro-ts';
import * as pyroved from 'pyroved';
import { StudyFolder } from 'pyroved/internal';
import { loadArray, loadImages, loadMicrographs, loadTemplates, openMicrograph, readFolder } from 'pyroved-data';
import { readStateDict } from 'pyroved-ts/node';

/** Up to the first step of the training. */
async function resumed(path) {
  const stop = new AbortController();
  await pyroved.resumeRun(dirname(path), { kernel: 'reference' }, { signal: stop.signal, onStep: () => stop.abort() });
}

async function micrograph(path) {
  const file = await openMicrograph(path);
  try {
    await file.read(file.frames - 1, file.channels - 1);
  } finally {
    file.close();
  }
}

/** The folder `mutant` in which a damaged file of a Zarr store lies. */
const storeOf = (path) => (basename(path) === 'mutant' ? path : storeOf(dirname(path)));

const readers = {
  micrograph,
  store: (path) => micrograph(storeOf(path)),
  config: resumed,
  metrics: resumed,
  checkpoint: async (path) => (await pyroved.loadModel(dirname(path))).model.dispose(),
  summary: async (path) => pyroved.RunFolder.open(dirname(path)).readSummary(),
  study: async (path) => StudyFolder.open(dirname(path)),
  labels: (path) => loadImages({ labels: path, unlabelled: join(dirname(path), 'images'), size: 8 }),
  factors: (path) =>
    pyroved.loadSets({ kind: 'images', unlabelled: join(dirname(path), 'images'), factors: path, size: 8 }),
  centres: (path) => loadMicrographs(join(dirname(path), 'images'), { patch: 8, centres: path }),
  // Beside the damaged labels, or the folder in which they are, lies the folder of micrographs.
  marks: (path) => loadMicrographs(join(dirname(path), 'images'), { patch: 20, labels: path }),
  labelImages: (path) => loadMicrographs(join(dirname(dirname(path)), 'images'), { patch: 20, labels: dirname(path) }),
  stringLabels: (path) => loadArray(path, { dataset: 'frames', labels: 'phase' }),
  image: (path) => readFolder(dirname(path), { size: 8 }),
  array: (path) => loadArray(path),
  pt: (path) => readStateDict(readFileSync(path), path),
  safetensors: (path) => readSafetensors(readFileSync(path), path),
  templates: (path) => loadTemplates(path),
};

process.on('message', async ({ kind, path }) => {
  const before = tf.memory().numTensors;
  let outcome = 'read';
  let why = '';
  try {
    await readers[kind](path);
  } catch (error) {
    const isTyped = error instanceof PyroError || error instanceof EngineError || error instanceof SpatialDecoderError;
    outcome = isTyped ? 'rejected' : 'untyped';
    why = isTyped ? '' : String(error?.stack ?? error).slice(0, 400);
  }
  const leaked = tf.memory().numTensors - before;
  process.send({ outcome, why, leaked });
});
process.send({});
