/**
 * How the decoder's training pass grows: seconds, and bytes above the process before, against images, classes, pixels, width and threads, one varied at a
 * time. Each point is a process of its own, so that its memory is its own.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';
import { answer, inOwnProcess, whereItRuns } from './ownProcess.mjs';

const self = fileURLToPath(import.meta.url);

/** Where the others stand while one is varied; threads: all. */
const base = { images: 16, classes: 4, pixels: 48 * 48, width: 128 };

const axes = {
  images: [4, 8, 16, 32, 64],
  classes: [1, 2, 4, 8, 16],
  pixels: [288, 576, 1152, 2304, 4608, 9216],
  width: [32, 64, 128, 256, 512],
  threads: threadCounts(),
};

function threadCounts() {
  const cores = availableParallelism();
  return [1, 2, 4, 8, 16, 32].filter((n) => n < cores).concat(cores);
}

/** `growth` of the benchmark's JSON: { kernel, axis, value, seconds, bytes } for each point. With `plot`, an SVG of it is written there. */
export async function benchGrowth({
  kernels = ['native', 'wasm'],
  repeats = 5,
  plot,
  sizes = base,
  along = axes,
} = {}) {
  const settings = kernels.flatMap((kernel) =>
    Object.entries(along).flatMap(([axis, values]) => values.map((value) => ({ kernel, axis, value }))),
  );
  const points = whereItRuns(settings, ({ kernel, axis, value }) => ({
    ...{ kernel, axis, value },
    ...inOwnProcess(self, { kernel, repeats, ...sizes, [axis]: value }),
  }));
  if (plot && points.length > 0) await draw(points, plot);
  return points;
}

async function measure({ kernel, threads, repeats, ...sizes }) {
  const { selectKernel } = await import('@pyro-ts/spatial-decoder');
  const { decoderProblem, drawOperands, timePass } = await import('./kernels.mjs');
  const problem = decoderProblem(sizes);
  const before = process.memoryUsage().rss;
  const selected = await selectKernel({ kernel, ...(threads && { threads }) });
  const data = drawOperands(problem);
  const seconds = Array.from({ length: repeats }, () => timePass(hostKernelOf(selected), problem, data, true));
  selected.dispose();
  // maxRSS is in KiB.
  return { seconds: Math.min(...seconds), bytes: process.resourceUsage().maxRSS * 1024 - before };
}

/** Two rows of small charts, time above memory, a column for each axis; both scales are logarithmic, so proportional growth is a straight line. */
async function draw(points, file) {
  const { installTools } = await import('../scripts/lib/tools.mjs');
  const tools = createRequire(join(await installTools('plot'), 'tools.js'));
  const [vega, { compile }] = await Promise.all(
    ['vega', 'vega-lite'].map((name) => import(pathToFileURL(tools.resolve(name)).href)),
  );
  const chart = (axis, field, title) => ({
    data: { values: points.filter((point) => point.axis === axis).map((p) => ({ ...p, megabytes: p.bytes / 1e6 })) },
    width: 150,
    height: 150,
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        ...{ field: 'value', type: 'quantitative', scale: { type: 'log', base: 2, nice: false } },
        ...{ title: axis, axis: { values: axes[axis], grid: false } },
      },
      y: { field, type: 'quantitative', scale: { type: 'log' }, title, axis: { tickCount: 3 } },
      color: { field: 'kernel', type: 'nominal', title: null },
    },
  });
  const row = (field, title) => ({
    hconcat: Object.keys(axes).map((axis, i) => chart(axis, field, i === 0 ? title : null)),
  });
  const spec = {
    title: `A training pass of the decoder (otherwise ${Object.entries(base)
      .map(([k, v]) => `${v} ${k}`)
      .join(', ')})`,
    vconcat: [row('seconds', 'seconds'), row('megabytes', 'MB')],
  };
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await view.toSVG());
}

if (process.argv[1] === self) await answer(measure);
