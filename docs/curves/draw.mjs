/**
 * Draws docs/pictures/paper-curves.svg: accuracy by epoch of the runs whose metrics lie beside this file, with the two runs that the paper reports.
 * `node docs/curves/draw.mjs`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { lineChart } from 'pyroved';

const at = (name) => new URL(name, import.meta.url);

/** Epoch and accuracy of a run, from the metrics.jsonl of its folder. */
const curve = (file) =>
  readFileSync(at(file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ epoch, accuracy }) => ({ x: epoch, y: accuracy }));

/** Read off the training logs that accompany the paper. */
const paper = {
  'paper, run A': [0.292, 0.467, 0.554, 0.59, 0.68, 0.819, 0.844, 0.865],
  'paper, run B': [0.292, 0.474, 0.57, 0.596, 0.713, 0.828, 0.861, 0.87],
};
const paperEpochs = [1, 2, 5, 10, 15, 20, 30, 50];

const series = [
  { name: 'templates', points: curve('templates.jsonl') },
  { name: 'templates, binned guide', points: curve('templates-binned.jsonl') },
  { name: 'own suits', points: curve('suits.jsonl') },
  { name: 'own suits, binned guide', points: curve('suits-binned.jsonl') },
  ...Object.entries(paper).map(([name, values]) => ({
    name,
    points: values.map((y, i) => ({ x: paperEpochs[i], y })),
  })),
];
const picture = lineChart({
  series,
  title: 'Accuracy on 4,000 turned test images',
  xTitle: 'epoch',
  yFormat: 'percent',
  width: 560,
  height: 320,
});
writeFileSync(at('../pictures/paper-curves.svg'), picture);
