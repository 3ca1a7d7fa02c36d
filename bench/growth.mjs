/**
 * How the decoder's training pass grows: seconds, and bytes above the process before, against images, classes, pixels, width and threads, one varied at a
 * time. Each point is a process of its own, so that its memory is its own.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostKernelOf } from '@pyro-ts/spatial-decoder/internal';
import {
  baseline,
  bottomLabels,
  bottomTitle,
  horizontalGrid,
  leftLabels,
} from '../packages/pyroved/dist/viz/charts/axes.js';
import { colourOf, lineLegend } from '../packages/pyroved/dist/viz/charts/legend.js';
import { linearScale, shortNumber, spanOf } from '../packages/pyroved/dist/viz/charts/scales.js';
import {
  asSvgFile,
  canvas,
  element,
  marks,
  moved,
  pathThrough,
  text,
} from '../packages/pyroved/dist/viz/charts/svg.js';
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
  if (plot && points.length > 0) draw(points, plot);
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

const PANEL = { width: 150, height: 150 };
const PITCH = { x: 205, y: 225 };
const MARGIN = { left: 50, top: 75 };

/** Two rows of small charts, time above memory, a column for each axis; both scales are logarithmic, so proportional growth is a straight line. */
function draw(points, file) {
  const names = Object.keys(axes);
  const kernels = [...new Set(points.map(({ kernel }) => kernel))];
  const fixed = Object.entries(base).map(([name, value]) => `${value} ${name}`);
  const rows = [
    { title: 'seconds', of: ({ seconds }) => seconds },
    { title: 'MB', of: ({ bytes }) => bytes / 1e6 },
  ];
  const panels = rows.flatMap((row, r) =>
    names.map((axis, c) => {
      const some = points.filter((point) => point.axis === axis);
      return moved(MARGIN.left + c * PITCH.x, MARGIN.top + r * PITCH.y, panel(some, axis, row, kernels));
    }),
  );
  const size = { width: MARGIN.left + names.length * PITCH.x, height: MARGIN.top + rows.length * PITCH.y };
  const title = `A training pass of the decoder (otherwise ${fixed.join(', ')})`;
  const legend = moved(MARGIN.left, 40, lineLegend(kernels, size.width).markup);
  const heading = text(title, { x: MARGIN.left, y: 18, 'font-size': 13, 'font-weight': 600 });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, asSvgFile(canvas({ description: title, ...size }, heading, legend, ...panels)));
}

function panel(points, axis, { title, of }, kernels) {
  // A process may have grown by nothing that can be seen.
  const shown = points.map((point) => ({ ...point, y: of(point) })).filter(({ y }) => y > 0);
  const [low, high] = spanOf(shown.map(({ y }) => Math.log10(y)));
  const y = linearScale([Math.floor(low), Math.ceil(high)], [PANEL.height, 0]);
  const x = linearScale(spanOf(axes[axis].map(Math.log2)), [0, PANEL.width]);
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const yTicks = powers.map((power) => ({ at: y(power), label: shortNumber(10 ** power) }));
  const xTicks = axes[axis].map((value) => ({ at: x(Math.log2(value)), label: String(value) }));
  const lines = kernels.map((kernel, i) => {
    const own = shown.filter((point) => point.kernel === kernel);
    const places = own.map((point) => [x(Math.log2(point.value)), y(Math.log10(point.y))]);
    const dots = places.map(([cx, cy]) => element('circle', { cx, cy, r: 2.5, fill: colourOf(i) }));
    const line = { d: pathThrough([places]), fill: 'none', stroke: colourOf(i), 'stroke-width': 2 };
    return places.length > 0 ? element('path', line) + dots.join('') : '';
  });
  return [
    horizontalGrid(yTicks, PANEL),
    baseline(PANEL),
    marks('line', {}, lines),
    leftLabels(yTicks),
    bottomLabels(xTicks, PANEL),
    bottomTitle(axis, PANEL.width / 2, PANEL.height + 40),
    text(title, { x: 0, y: -8, 'fill-opacity': 0.72 }),
  ].join('');
}

if (process.argv[1] === self) await answer(measure);
