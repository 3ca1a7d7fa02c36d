/**
 * The benchmarks, one run: `npm run bench`. Prints a table for each section and writes all figures with `--json FILE`. A section is a line of the list
 * below: the part of the JSON that it fills, the module under bench/ with its function, and the columns to print.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { isMain, main, root, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const sections = [
  { name: 'peak', run: 'benchPeak', title: 'Peak of a core, GFLOP/s', columns: ['fp32', 'simd128', 'bfloat16'] },
  {
    name: 'decoder',
    run: 'benchDecoder',
    title: 'Decoder, forward and backward, 64 images x 4 classes, 48x48, width 128',
    columns: ['kernel', 'precision', 'activations', 'threads', 'seconds', 'gflops', 'ofPeak', 'speedup'],
  },
  {
    name: 'step',
    run: 'benchSteps',
    title: 'A whole training step, batch 64, 4 classes, 48x48',
    columns: ['kernel', 'engine', 'threads', 'seconds', 'otherMs', 'extraMB'],
  },
  {
    name: 'growth',
    run: 'benchGrowth',
    title: 'How the decoder grows',
    columns: ['kernel', 'axis', 'value', 'seconds', 'bytes'],
  },
  {
    name: 'core',
    run: 'benchCore',
    title: 'The core alone, SVI steps a second',
    columns: ['model', 'engine', 'stepsPerSecond', 'pyro', 'ratio'],
  },
  {
    name: 'reference',
    run: 'benchReference',
    title: "PyTorch's time for a step over ours",
    columns: ['native', 'wasm', 'nativeTuned', 'wasmTuned'],
  },
];

const usage = `npm run bench -- [options] [section ...]

Sections: ${sections.map(({ name }) => name).join(', ')}. Without any, all but reference.
  --json FILE   writes the figures
  --plot FILE   where the picture of the section growth goes (default runs/bench/growth.svg)
  --reference   adds the original, pyroVED and Pyro from PyPI, to what is compared
  --help        this text`;

async function bench(args) {
  const { values: options, positionals } = parsed(args);
  if (options.help) return say(usage);
  const wanted = chosen(positionals, options.reference);
  await setup();
  await build();
  if (loadavg()[0] > 0.5) say(`Other processes are at work (load ${loadavg()[0].toFixed(1)}); the figures suffer.`);
  const figures = {};
  for (const { name, run, title, columns } of wanted) {
    say(`\n${title}`);
    const module = await import(pathToFileURL(join(root, 'bench', `${name}.mjs`)).href);
    figures[name] = await module[run]({
      peak: figures.peak,
      reference: options.reference,
      plot: resolve(options.plot ?? join(root, 'runs', 'bench', 'growth.svg')),
    });
    printFigures(figures[name], columns);
  }
  if (options.json === undefined) return;
  mkdirSync(dirname(resolve(options.json)), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
}

function parsed(args) {
  const flag = { type: 'boolean', default: false };
  const text = { type: 'string' };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { json: text, plot: text, reference: flag, help: flag },
    });
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`);
  }
}

/** The sections to run, in the list's order: later ones are quoted against the peak. */
function chosen(names, reference) {
  const unknown = names.find((name) => !sections.some((section) => section.name === name));
  if (unknown) throw new Stop(`There is no section "${unknown}".\n\n${usage}`);
  const asked = ({ name }) => (names.length > 0 ? names.includes(name) : name !== 'reference' || reference);
  return sections.filter((section) => asked(section) || (section.name === 'peak' && names.includes('decoder')));
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
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

if (isMain(import.meta.url)) await main(() => bench(process.argv.slice(2)));
