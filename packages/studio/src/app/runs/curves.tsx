/** Curves over epochs of one or several runs, drawn by uPlot, with a table of their last values for readers of the screen. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { EpochMetrics } from '../../api.js';
import { themeColour } from '../colours.js';
import { figure } from '../parts.js';

export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly metrics: readonly EpochMetrics[];
}

interface CurvesProps {
  /** The metric, as in `metrics.jsonl`. */
  readonly metric: string;
  readonly title: string;
  readonly curves: readonly Curve[];
}

export function Curves({ metric, title, curves }: CurvesProps): JSX.Element | null {
  const place = useRef<HTMLDivElement>(null);
  const shown = curves.filter(({ metrics }) => metrics.some((record) => typeof record[metric] === 'number'));
  useEffect(() => {
    const element = place.current;
    if (!element || shown.length === 0) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(optionsFor(shown, metric, element.clientWidth), dataOf(shown, metric), element);
    };
    draw();
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    addEventListener('themechange', draw);
    return () => {
      removeEventListener('themechange', draw);
      resized.disconnect();
      plot?.destroy();
    };
  });
  if (shown.length === 0) return null;
  const lasts = shown.map(({ name, metrics }) => `${name} ${figure(metrics.at(-1)?.[metric])}`);
  return (
    <figure class="curves">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title} by epoch. Last values: ${lasts.join('; ')}.`} />
    </figure>
  );
}

const HEIGHT = 220;
/** Distances between ticks: epochs are whole. */
const EPOCH_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

function optionsFor(curves: readonly Curve[], metric: string, width: number): uPlot.Options {
  const axis = { stroke: themeColour('--ink'), grid: { stroke: themeColour('--line'), width: 1 } };
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: false }, ...(metric === 'accuracy' && { y: { range: [0, 1.02] } }) },
    axes: [{ ...axis, label: 'epoch', labelSize: 16, incrs: EPOCH_STEPS }, axis],
    cursor: { drag: { x: true, y: false } },
    series: [
      { label: 'epoch' },
      ...curves.map(({ name, colour }) => ({
        label: name,
        stroke: colour,
        width: 2,
        points: { show: curves[0].metrics.length < 30, size: 5 },
        value: (_: uPlot, value: number | null) => figure(value),
      })),
    ],
  };
}

/** Values by epoch, null where a run has none. */
function dataOf(curves: readonly Curve[], metric: string): uPlot.AlignedData {
  const epochs = [...new Set(curves.flatMap(({ metrics }) => metrics.map(({ epoch }) => epoch)))].sort((a, b) => a - b);
  const rows = curves.map(({ metrics }) => {
    const values = new Map(metrics.map((record) => [record.epoch, record[metric] ?? null]));
    return epochs.map((epoch) => values.get(epoch) ?? null);
  });
  return [epochs, ...rows];
}
