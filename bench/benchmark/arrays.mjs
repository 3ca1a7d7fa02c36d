/** The images of a task for one seed, as every method gets them, and their export for Python. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSets } from 'pyroved';
import { readFolder } from 'pyroved-data';
import { concatenated, encodeNpz } from 'pyroved-ts';
import { digitSets, digitsWithoutLabels, shiftedSets } from './shiftedSets.mjs';

/** The source of a run: the test folder replaces the validation set, so that all labels of a user's folder are used for training. */
export function sourceOf(task, seed) {
  const source = task.source(seed);
  return source.kind === 'images' ? { ...source, validationFraction: 0 } : source;
}

/** Sources that only the benchmark has; all others are those of a run. */
const ownSources = {
  shifted: shiftedSets,
  'held-out digit': digitSets,
  'digits without labels': digitsWithoutLabels,
};

/** Labelled, unlabelled and test images, and outliers in tasks that have some. If a folder has no unlabelled images, the labelled ones are used as unlabelled ones too. */
export async function taskSets(task, seed) {
  const source = sourceOf(task, seed);
  if (ownSources[source.kind]) return ownSources[source.kind](source);
  const sets = await loadSets(source);
  if (task.testFolder === undefined) return sets;
  const { channels } = source;
  const { classNames, normalisation, unlabelled } = sets;
  const read = { size: unlabelled.shape[0], normalisation, ...(channels !== undefined && { channels }) };
  const parts = await Promise.all(
    readdirSync(task.testFolder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const label = classNames.indexOf(name);
        if (label < 0) throw new Error(`${task.testFolder} has a class "${name}" without labelled images.`);
        const { set } = await readFolder(join(task.testFolder, name), read);
        return { ...set, classNames, labels: new Int32Array(set.count).fill(label) };
      }),
  );
  return { ...sets, test: concatenated(parts) };
}

/** Writes the arrays that bench/reference/rivals/task.py reads; without labels, no labelled images. Stored as they are: noisy images hardly shrink. */
export function exportTask(file, { labelled, unlabelled, test }, { angle, shift, scale, shear }) {
  const images = ({ images: data, count, channels, shape }) => ({
    data,
    shape: channels > 1 ? [count, channels, ...shape] : [count, ...shape],
  });
  const classes = ({ labels: data, count }) => ({ data, shape: [count] });
  const none = { ...test, count: 0, images: new Float32Array(0), labels: new Int32Array(0) };
  const arrays = {
    labelled: images(labelled ?? none),
    labelledClasses: classes(labelled ?? none),
    unlabelled: images(unlabelled),
    test: images(test),
    testClasses: classes(test),
    ranges: { data: Float32Array.of(angle, ...shift, ...scale, shear), shape: [6] },
  };
  writeFileSync(file, encodeNpz(arrays, { level: 0 }));
}
