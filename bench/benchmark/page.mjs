/** The page docs/benchmark.md and its pictures, from finished cells alone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { asSvgFile, lineChart } from 'pyroved';
import { describeMethod } from './methods.mjs';
import { summariseTask } from './summary.mjs';

/**
 * Writes the page and, beside it in `pictures/`, a picture for each family of tasks that differ in the number of labels.
 * @param file path of the page
 * @param tasks in the order of the page; those without a cell are omitted
 * @param cells from `CellStore.all`
 */
export async function writePage(file, tasks, cells) {
  const shown = tasks
    .map((task) => ({
      task,
      summary: summariseTask(
        task,
        cells.filter((cell) => cell.task === task.name),
      ),
    }))
    .filter(({ summary }) => summary.rows.length > 0);
  const pictures = await writePictures(join(dirname(file), 'pictures'), shown);
  const links = pictures.map(
    ({ title, path }) => `![${title}](${relative(dirname(file), path).replaceAll('\\', '/')})\n`,
  );
  const sections = shown.map(({ task, summary }) => section(task, summary));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, [intro(shown, cells), ...links, ...sections].join('\n'));
}

function intro(shown, cells) {
  const used = cells.filter((cell) => shown.some(({ task }) => task.name === cell.task));
  const machines = [...new Set(used.map(({ machine }) => machine))];
  const methods = [...new Set(used.map(({ method }) => method))].filter((method) => method !== 'ours');
  const versions = new Set(used.filter(({ method }) => method === 'ours').map(({ version }) => version));
  const epochs = new Set(used.map(({ method, settings }) => (method === 'ours' ? settings?.train?.epochs : undefined)));
  epochs.delete(undefined);
  return `# Benchmark

How well rotated and shifted images are classified from a few upright labelled ones, beside what one would use instead. All methods get the same labelled,
unlabelled and test images and the same ranges of the poses.

\`\`\`
npm run benchmark                                # all tasks; continues where it was stopped
npm run benchmark -- --quick                     # one seed of a few tasks and rivals
npm run benchmark -- --data FOLDER               # your own labelled/CLASS/*, unlabelled/*, test/CLASS/*
npm run benchmark -- --page docs/benchmark.md    # writes this page from the finished cells
\`\`\`

Machine: ${machines.join('; ')}. Rivals run on one core each, ours on all cores.${
    versions.size > 1 ? ` Figures of ours come from ${versions.size} versions of the code.` : ''
  }${
    epochs.size > 0
      ? ` Ours ran with \`--epochs ${[...epochs].join(', ')}\`: all steps of recognition, and little of the generative part: class probabilities are those of a whole run, angles and shifts less exact.`
      : ''
  }

Each seed draws labelled, unlabelled and test images anew. \`median\` and \`worst\` are accuracies over the seeds, \`recall\` that of the worst class and seed,
\`seconds\` the median time of training (for rivals with prediction), and the last column is ours minus the rival: images are paired, seeds pooled, with the
95% interval.

| rival | |
|---|---|
${methods
  .sort()
  .map((method) => `| ${method} | ${describeMethod(method)} |`)
  .join('\n')}
`;
}

function section(task, { rows, best }) {
  const ours = rows.find(({ method }) => method === 'ours');
  const lines = rows.map((row) => {
    const name = row.method === 'ours' ? '**ours**' : row.method === best ? `**${row.method}**` : row.method;
    const cells = [name, row.seeds, share(row.median), share(row.worst), share(row.worstRecall)];
    return `| ${[...cells, row.seconds.toFixed(0), row.memoryMB, difference(row.difference)].join(' | ')} |`;
  });
  return `## ${task.title}

| | seeds | median | worst | recall | seconds | MB | ours minus it |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}
${ours ? poseSentence(ours) + templateSentence(rows) : ''}`;
}

function poseSentence({ angleError, shiftError, calibrationError, angleCoverage }) {
  const parts = [
    ...(angleError === undefined ? [] : [`median angle error ${angleError.toFixed(1)}°`]),
    ...(shiftError === undefined ? [] : [`median shift error ${shiftError.toFixed(2)} pixels`]),
    ...(calibrationError === undefined ? [] : [`expected calibration error ${calibrationError.toFixed(3)}`]),
    ...(angleCoverage === undefined
      ? []
      : [`${Math.round(100 * angleCoverage)}% of the angles in the regions that state 90%`]),
  ];
  return parts.length > 0 ? `\nOurs: ${parts.join(', ')}.\n` : '';
}

/** The template model's answers one by one, and how well outliers are told apart. */
function templateSentence(rows) {
  const [ours, alone] = ['ours', 'recognition'].map((name) => rows.find(({ method }) => method === name));
  if (!ours.evidence) return '';
  const figure = ({ median, worst }) => `${share(median)} (worst ${share(worst)})`;
  const parts = [
    `by evidence alone ${figure(ours.evidence)}, by the classifier within the model ${figure(ours.head)}`,
    `inference ${ours.inferenceSeconds.median.toFixed(1)} s per 1,000 images`,
    ...(ours.auroc
      ? [
          `outliers: area under the ROC curve ${figure(ours.auroc)} by evidence, ${figure(ours.softmaxAuroc)} by the largest softmax probability${
            alone?.auroc ? `, ${figure(alone.auroc)} by that of recognition alone` : ''
          }; false alarms at a stated 5%: ${share(ours.falseAlarms.median)}`,
        ]
      : []),
  ];
  return `\nTemplate model: ${parts.join('; ')}.\n`;
}

const share = (value) => value.toFixed(4).replace(/^0/, '');
const signed = (value) => `${value < 0 ? '-' : '+'}${share(Math.abs(value))}`;
const difference = (found) =>
  found === undefined ? '' : `${signed(found.difference)} [${signed(found.low)}, ${signed(found.high)}]`;

async function writePictures(folder, shown) {
  const families = Map.groupBy?.(shown, ({ task }) => task.family) ?? grouped(shown);
  const pictures = [];
  for (const [family, members] of families) {
    if (members.filter(({ task }) => task.labels !== undefined).length < 2) continue;
    const title = members[0].task.title.replace(/, \d+ labels?.*/, '');
    const path = join(folder, `benchmark-${family}.svg`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, asSvgFile(await accuracyChart(title, members)));
    pictures.push({ title, path });
  }
  return pictures;
}

/** Map.groupBy for Node 20. */
function grouped(shown) {
  const groups = new Map();
  for (const entry of shown) groups.set(entry.task.family, [...(groups.get(entry.task.family) ?? []), entry]);
  return groups;
}

/** Median accuracy against the number of labels, the band down to the worst seed: ours and the rivals that are best at any number. */
function accuracyChart(title, members) {
  const names = ['ours', ...new Set(members.map(({ summary }) => summary.best).filter((name) => name !== undefined))];
  const series = names.map((name) => ({
    name,
    points: members
      .flatMap(({ task, summary }) => {
        const row = summary.rows.find(({ method }) => method === name);
        return row ? [{ x: Math.log10(task.labels), y: row.median, low: row.worst, high: row.median }] : [];
      })
      .sort((a, b) => a.x - b.x),
  }));
  return lineChart({
    series: series.filter(({ points }) => points.length > 0),
    title: `Accuracy: ${title}`,
    xTitle: 'log10 of the labels per class',
    yFormat: 'percent',
  });
}
