/**
 * The benchmarks, one run: `npm run bench`. Prints a table for each section and writes all figures with `--json FILE`, anew after each section, so that
 * one that cannot run costs no other its figures. A section is an entry of the list below: the part of the JSON that it fills, the module under bench/ with
 * its function, the columns to print, and what `--quick` asks of it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { isMain, main, root, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const few = { images: 2, classes: 2, pixels: 64, width: 16 };

export const sections = [
  {
    name: 'peak',
    run: 'benchPeak',
    title: 'Peak of a core, GFLOP/s',
    columns: ['fp32', 'simd128', 'bfloat16', 'by'],
    quick: { repeats: 1, rounds: 1e5 },
  },
  {
    name: 'decoder',
    run: 'benchDecoder',
    title: 'Decoder, forward and backward, 64 images x 4 classes, 48x48, width 128',
    columns: ['kernel', 'precision', 'activations', 'threads', 'seconds', 'gflops', 'ofPeak', 'speedup'],
    quick: { repeats: 1, seconds: 0, sizes: few },
  },
  {
    name: 'encoder',
    run: 'benchEncoder',
    title: 'Convolutional encoder, forward and backward, 384 views',
    columns: ['kernel', 'side', 'threads', 'seconds', 'gflops', 'ofPeak'],
    quick: { repeats: 1, seconds: 0, views: 4, sides: [16] },
  },
  {
    name: 'template',
    run: 'benchTemplate',
    title: 'Deformable templates, 4 pictures of 48x48, 4 content latents, a field of 4x4',
    columns: ['kernel', 'job', 'threads', 'seconds', 'nsPerPixel', 'gflops', 'ofPeak'],
    quick: { repeats: 1, seconds: 0, images: 2 },
  },
  {
    name: 'step',
    run: 'benchSteps',
    title: 'A whole training step, batch 64, 4 classes, 48x48',
    columns: ['kernel', 'engine', 'threads', 'compiled', 'seconds', 'otherMs', 'overArithmetic', 'extraMB'],
    quick: { steps: 1, sizes: { images: 2, side: 8 } },
  },
  {
    name: 'defaultStep',
    run: 'benchDefaultStep',
    title: 'Steps of a training with default options, batch 64, 4 classes, 48x48',
    columns: ['step', 'kernel', 'threads', 'compiled', 'ms', 'otherMs', 'overArithmetic'],
    quick: { steps: 1, threads: [1], sizes: { images: 4, side: 12 } },
  },
  {
    name: 'growth',
    run: 'benchGrowth',
    title: 'How the decoder grows',
    columns: ['kernel', 'axis', 'value', 'seconds', 'bytes'],
    quick: { repeats: 1, sizes: few, along: { images: [1], threads: [1] } },
  },
  {
    name: 'core',
    run: 'benchCore',
    title: 'The core alone, SVI steps per second of processor time',
    columns: [
      ...['model', 'engine', 'kernel', 'stepsPerSecond', 'compiled', 'compileSeconds'],
      ...['jitted', 'loop', 'overLoop', 'theirCompileSeconds', 'pyro', 'overPyro', 'versions'],
    ],
    quick: { seconds: 0.05, models: ['gaussian mixture', 'hidden Markov, 20 steps'] },
  },
  {
    name: 'reference',
    run: 'benchReference',
    title: "PyTorch's time for a step over ours",
    columns: ['native', 'wasm', 'nativeTuned', 'wasmTuned', 'versions'],
    quick: { turns: 1, steps: 1, sizes: { images: 2, side: 8 } },
  },
];

const usage = `npm run bench -- [options] [section ...]

Sections: ${sections.map(({ name }) => name).join(', ')}. Without any, all but reference.
  --json FILE   writes the figures, anew after each section
  --plot FILE   where the picture of the section growth goes (default runs/bench/growth.svg)
  --reference   adds pyroVED, Pyro and NumPyro from PyPI to what is compared
  --quick       tiny sizes: shows in seconds what runs here; its figures mean nothing
  --help        this text`;

async function bench(args) {
  const { values: options, positionals } = parsed(args);
  if (options.help) return say(usage);
  const wanted = chosen(positionals, options.reference);
  await setup();
  await build();
  if (loadavg()[0] > 0.5) say(`Other processes are at work (load ${loadavg()[0].toFixed(1)}); the figures suffer.`);
  return runSections(wanted, options);
}

/** Runs the sections in turn; what has been measured is written after each. Resolves to the exit code, 1 where one of them could not run. */
export async function runSections(
  wanted,
  { json, plot = join(root, 'runs', 'bench', 'growth.svg'), reference, quick },
) {
  if (quick) say('Tiny sizes: the figures mean nothing.');
  const figures = {};
  const failed = [];
  for (const { name, run, title, columns, quick: tiny } of wanted) {
    say(`\n${title}`);
    try {
      const module = await import(pathToFileURL(join(root, 'bench', `${name}.mjs`)).href);
      const given = { peak: figures.peak, reference, plot: resolve(plot), ...(quick && tiny) };
      figures[name] = await module[run](given);
    } catch (error) {
      say(`The section ${name} could not run: ${error.message}`);
      failed.push(name);
      continue;
    }
    printFigures(figures[name], columns);
    if (json !== undefined) write(resolve(json), figures);
  }
  if (failed.length > 0) say(`\nWithout figures: ${failed.join(', ')}.`);
  return failed.length > 0 ? 1 : 0;
}

function write(file, figures) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

export function parsed(args) {
  const flag = { type: 'boolean', default: false };
  const text = { type: 'string' };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { json: text, plot: text, reference: flag, quick: flag, help: flag },
    });
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`);
  }
}

/** The sections to run, in the list's order: later ones are quoted against the peak. */
export function chosen(names, reference) {
  const unknown = names.find((name) => !sections.some((section) => section.name === name));
  if (unknown) throw new Stop(`There is no section "${unknown}".\n\n${usage}`);
  const asked = ({ name }) => (names.length > 0 ? names.includes(name) : name !== 'reference' || reference);
  return sections.filter(
    (section) =>
      asked(section) ||
      (section.name === 'peak' && ['decoder', 'encoder', 'template'].some((name) => names.includes(name))),
  );
}

/** One line a figure, or for a lone object its one line. */
function printFigures(figures, columns) {
  const rows = Array.isArray(figures) ? figures : [figures];
  const cells = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  for (const line of cells) say(line.map((text, i) => text.padStart(widths[i])).join('  '));
}

function cell(value) {
  if (value === undefined) return '-';
  if (typeof value === 'object') return Object.entries(value).flat().join(' ');
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

if (isMain(import.meta.url)) await main(() => bench(process.argv.slice(2)));
