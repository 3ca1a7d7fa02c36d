/** The page docs/benchmark.md and its pictures, written from finished cells. */
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

Accuracy on rotated and shifted images after training with a few upright labelled ones, for our classifier ("ours") and for the methods that one would use
instead ("rivals"). All methods get the same labelled, unlabelled and test images, and the same ranges of the poses.

\`\`\`
npm run benchmark                                # all tasks; resumes after a stop
npm run benchmark -- --quick                     # one seed of a few tasks and rivals
npm run benchmark -- --data FOLDER               # your own labelled/CLASS/*, unlabelled/*, test/CLASS/*
npm run benchmark -- --page docs/benchmark.md    # writes this page from the finished cells
\`\`\`

Machine: ${machines.join('; ')}. Rivals run on one core each, ours on all cores.${
    versions.size > 1 ? ` Our figures come from ${versions.size} versions of the code.` : ''
  }${
    epochs.size > 0
      ? ` Ours ran with \`--epochs ${[...epochs].join(', ')}\`, which completes the training of recognition but little of the generative model's: class probabilities are those of a full run, angles and shifts are less exact.`
      : ''
  }

Each seed draws new labelled, unlabelled and test images. \`median\` and \`worst\` are the median and lowest accuracy over the seeds, \`recall\` is the lowest over classes and seeds,
\`seconds\` is the median training time (for rivals, including prediction), and the last column is the difference in accuracy, ours minus the rival's, with its 95% interval:
images are paired and seeds pooled.

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

| | seeds | median | worst | recall | seconds | MB | ours − rival |
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

/** The accuracies of the template model's parts, and how well outliers are detected. */
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

/** Median accuracy against the number of labels, with a band down to the worst seed: ours, and each rival that is best at some number. */
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
