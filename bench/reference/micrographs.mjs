/**
 * From micrographs to a classified table, on simulated micrographs with truth: `node bench/reference/micrographs.mjs [--seeds 1,2,3,4,5]
 * [--labels 20] [--python python3]`. For each seed: objects are found in one micrograph (200 objects of three shapes, 10% touching), 20 of each class that
 * are neither crowded nor at the edge are labelled with class and angle, `pyroved train` and `pyroved classify` run with default options, and a fresh
 * micrograph is classified. With --python the rival runs on the same files (micrographs.py: scikit-image and a random forest).
 * An object is found where one lies within 6 pixels; objects that the border cuts off do not count. Angles are compared modulo the symmetry of the shape.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulatedMicrograph } from 'pyroved-data';
import { readTable } from 'pyroved-data/internal';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    labels: { type: 'string', default: '20' },
    python: { type: 'string' },
    'rival-only': { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const bin = join(here, '../../packages/pyroved/bin/pyroved.js');
const root = values.folder ?? mkdtempSync(join(tmpdir(), 'pyroved-micrographs-'));
const NEAR = 6;

/** A micrograph as 32-bit MRC with pixels of 1.3 nm. */
function writeMrc(path, { pixels, width, height }) {
  const head = Buffer.alloc(1024);
  for (const [i, value] of [width, height, 1, 2].entries()) head.writeInt32LE(value, 4 * i);
  for (const [i, value] of [width, height, 1].entries()) head.writeInt32LE(value, 28 + 4 * i);
  for (const [i, value] of [13 * width, 13 * height, 1].entries()) head.writeFloatLE(value, 40 + 4 * i);
  head.write('MAP ', 208, 'latin1');
  head.writeUInt8(0x44, 212);
  writeFileSync(path, Buffer.concat([head, Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)]));
}

const rowsOf = (path) => {
  const [header, ...rows] = readTable(path);
  return rows.map(({ cells }) => Object.fromEntries(header.cells.map((name, k) => [name, cells[k]])));
};

const distance = (row, object) => Math.hypot(row.x - object.x, row.y - object.y);

/** Labels the objects of a table by the truth, as a person would. */
function label(table, { objects, classNames }, perClass, out) {
  const counts = new Map();
  const rows = rowsOf(table);
  for (const row of rows) {
    const near = objects.reduce((a, b) => (distance(row, a) < distance(row, b) ? a : b));
    const name = classNames[near.label];
    const isClear = distance(row, near) < NEAR && !near.isCut && row.at_edge === 'no' && row.crowded === 'no';
    if (!isClear || (counts.get(name) ?? 0) >= perClass) continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    row.label = name;
    row.label_angle = near.angle.toFixed(0);
  }
  const columns = Object.keys(rows[0]);
  writeFileSync(
    out,
    [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((r) => r.join(',')).join('\n'),
  );
}

/** Recall, precision, accuracy of the found objects, and median error of the angle (degrees, modulo symmetry). */
function score(table, { objects, classNames, symmetry }) {
  const rows = rowsOf(table);
  const whole = objects.filter(({ isCut }) => !isCut);
  const used = new Map();
  for (const object of whole) {
    const free = rows.filter((row) => !used.has(row) && distance(row, object) < NEAR);
    if (free.length > 0)
      used.set(
        free.reduce((a, b) => (distance(a, object) < distance(b, object) ? a : b)),
        object,
      );
  }
  const atBorder = (row) => objects.some((object) => object.isCut && distance(row, object) < 20);
  const wrong = rows.filter((row) => !used.has(row) && !atBorder(row)).length;
  const pairs = [...used];
  const errors = pairs.map(([row, object]) => {
    const period = 360 / symmetry[object.label];
    const turned = (((row.angle_deg - object.angle) % period) + 1.5 * period) % period;
    return Math.abs(turned - period / 2);
  });
  return {
    recall: used.size / whole.length,
    precision: used.size / (used.size + wrong),
    accuracy: pairs.filter(([row, object]) => row.class === classNames[object.label]).length / pairs.length,
    angle: errors.sort((a, b) => a - b)[errors.length >> 1],
  };
}

function run(program, args) {
  const began = performance.now();
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return (performance.now() - began) / 1000;
}

const text = ({ recall, precision, accuracy, angle }, seconds) =>
  `recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}, accuracy ${accuracy.toFixed(3)}, median angle error ${angle.toFixed(1)} deg` +
  (seconds === undefined ? '' : `, ${seconds.toFixed(0)} s`);

const worstOf = (all) => ({
  recall: Math.min(...all.map(({ recall }) => recall)),
  precision: Math.min(...all.map(({ precision }) => precision)),
  accuracy: Math.min(...all.map(({ accuracy }) => accuracy)),
  angle: Math.max(...all.map(({ angle }) => angle)),
});

const results = { pyroved: [], rival: [] };
try {
  for (const seed of values.seeds.split(',').map(Number)) {
    const at = (name) => join(root, `seed-${seed}`, name);
    for (const folder of ['train', 'fresh']) mkdirSync(at(folder), { recursive: true });
    const [known, fresh] = [seed, 1000 + seed].map((s) => simulatedMicrograph({ seed: s }));
    writeMrc(at('train/a.mrc'), known.image);
    writeMrc(at('fresh/b.mrc'), fresh.image);
    run(process.execPath, [bin, 'find', at('train'), '--out', at('found')]);
    label(at('found/objects.csv'), known, Number(values.labels), at('labelled.csv'));
    if (!values['rival-only']) {
      const seconds =
        run(process.execPath, [
          bin,
          'train',
          '--micrographs',
          at('train'),
          '--objects',
          at('labelled.csv'),
          '--out',
          at('run'),
          '--no-report',
        ]) +
        run(process.execPath, [bin, 'classify', at('run'), '--micrographs', at('fresh'), '--out', at('classified')]);
      results.pyroved.push(score(at('classified/objects.csv'), fresh));
      console.log(`seed ${seed}: ${text(results.pyroved.at(-1), seconds)}`);
    }
    if (values.python) {
      const seconds = run(values.python, [
        join(here, 'micrographs.py'),
        at('train/a.mrc'),
        at('labelled.csv'),
        at('fresh/b.mrc'),
        at('rival.csv'),
        String(seed),
      ]);
      results.rival.push(score(at('rival.csv'), fresh));
      console.log(`seed ${seed}, scikit-image: ${text(results.rival.at(-1), seconds)}`);
    }
  }
  for (const [name, all] of Object.entries(results))
    if (all.length > 0) console.log(`${name}, worst: ${text(worstOf(all))}`);
} finally {
  if (values.folder === undefined) rmSync(root, { recursive: true, force: true });
}
