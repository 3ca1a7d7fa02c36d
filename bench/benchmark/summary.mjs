/** Finished cells, summarised by task and method: medians and worst values over seeds, and ours against the best rival. */
import { unpackClasses } from './cells.mjs';
import { pairedDifference } from './paired.mjs';
import { quantile } from './poseErrors.mjs';

const median = (values) => quantile(values, 0.5);

/**
 * @param cells of one task
 * @returns `{ task, rows, best, comparison }`: rows with ours first, then the rivals by median accuracy; `best` the name of the first rival, and `comparison`
 * ours minus each rival over the seeds that both have (see `pairedDifference`)
 */
export function summariseTask(task, cells) {
  const methods = [...new Set(cells.map(({ method }) => method))];
  const rows = methods.map((method) =>
    summariseMethod(
      method,
      cells.filter((cell) => cell.method === method),
    ),
  );
  const mostSeeds = Math.max(0, ...rows.filter(isRival).map(({ seeds }) => seeds));
  rows.sort(
    (a, b) =>
      Number(isRival(a)) - Number(isRival(b)) || b.median - a.median || b.mean - a.mean || a.seconds - b.seconds,
  );
  const ours = cells.filter(({ method }) => method === 'ours');
  return {
    task,
    rows: rows.map((row) => ({
      ...row,
      ...(isRival(row) && ours.length > 0 && { difference: pooledDifference(ours, cellsOf(cells, row.method)) }),
    })),
    best: rows.find((row) => isRival(row) && row.seeds >= Math.min(3, mostSeeds))?.method,
  };
}

const isRival = ({ method }) => method !== 'ours';
const cellsOf = (cells, method) => cells.filter((cell) => cell.method === method);

function summariseMethod(method, cells) {
  const all = (figure) => cells.map(figure).filter((value) => value !== undefined);
  const medianOf = (figure) => (all(figure).length > 0 ? median(all(figure)) : undefined);
  const accuracies = all(({ accuracy }) => accuracy);
  return {
    method,
    seeds: cells.length,
    median: median(accuracies),
    mean: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length,
    worst: Math.min(...accuracies),
    worstRecall: Math.min(...all(({ recall }) => Math.min(...recall))),
    seconds: median(all(({ seconds }) => seconds)),
    memoryMB: Math.max(...all(({ memoryMB }) => memoryMB)),
    angleError: medianOf(({ angleError }) => angleError?.median),
    shiftError: medianOf(({ shiftError }) => shiftError?.median),
    calibrationError: medianOf(({ calibrationError }) => calibrationError),
    angleCoverage: medianOf(({ angleCoverage }) => angleCoverage),
    // Of the template model and of recognition alone.
    ...Object.fromEntries(
      ['evidence', 'head', 'auroc', 'softmaxAuroc', 'falseAlarms', 'inferenceSeconds'].flatMap((name) => {
        const values = all((cell) => cell[name]);
        return values.length > 0 ? [[name, { median: median(values), worst: Math.min(...values) }]] : [];
      }),
    ),
  };
}

/** Ours minus a rival over the same test images, the seeds that both have pooled; undefined where they share none. */
export function pooledDifference(ours, rival) {
  const right = ({ predictions, truth }) => {
    const labels = unpackClasses(truth);
    return Array.from(unpackClasses(predictions), (found, i) => found === labels[i]);
  };
  const pairs = ours.flatMap((cell) => {
    const other = rival.find(({ seed, truth }) => seed === cell.seed && truth === cell.truth);
    return other ? [[right(cell), right(other)]] : [];
  });
  if (pairs.length === 0) return undefined;
  const difference = pairedDifference(
    pairs.flatMap(([first]) => first),
    pairs.flatMap(([, second]) => second),
  );
  return { ...difference, seeds: pairs.length };
}
