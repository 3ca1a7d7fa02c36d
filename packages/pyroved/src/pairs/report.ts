/** The report of a run on pairs: predicted and measured outputs, latent plane and training curves. */
import {
  type EpochRecord,
  type ImageSet,
  inMemory,
  type PairedData,
  type Prediction,
  subset,
  type VED,
} from 'pyroved-ts';
import { normalisationText } from 'pyroved-ts/internal';
import { ved } from '../kinds/index.js';
import { described } from '../runs/reportFacts.js';
import { evenPlaces, manifoldsOf, stackOf } from '../runs/show.js';
import type { RunFolder } from '../storage/index.js';
import {
  formatDuration,
  imageRowsPicture,
  lineChart,
  type ReportChart,
  type ReportData,
  type ScatterOptions,
} from '../viz/index.js';
import type { PairsSummary } from './finish.js';
import { pairsSections } from './sections.js';
import type { PairedSets, PairsSource } from './source.js';

const SHOWN = 8;
const PLOTTED = 2000;

/** The content of the report. */
export function pairsReport(
  run: RunFolder,
  model: VED,
  sets: PairedSets,
  { summary, history }: { summary: PairsSummary; history: readonly EpochRecord[] },
): ReportData {
  const { train, test, problems } = sets;
  const some = evenly(test ?? train, SHOWN);
  const prediction = model.predict(some.inputs);
  const whose = test ? 'Validation pairs, evenly spaced.' : 'Training pairs, since there are no validation pairs.';
  return {
    title: `${titleOf(pairsSections(run).data.source)}: ${ved.title}`,
    subtitle: `${run.config.createdAt.slice(0, 10)}, ${run.path}`,
    ...(problems.length > 0 && {
      warnings: [
        { text: `${problems.length} item(s) were skipped.`, items: problems.map((p) => `${p.file}: ${p.why}`) },
      ],
    }),
    facts: facts(run, model, summary, sets),
    curves: [
      {
        name: 'this model',
        epochs: history.map(({ epoch, loss, klWeight }) => ({ epoch, loss, klWeight })),
      },
    ],
    predictions: [...predicted(some, prediction, whose), ...overlays(model, some, prediction)],
    charts: r2Chart(history),
    drawn: 'Outputs predicted over the plane of two latent variables.',
    manifolds: manifoldsOf(model, []),
    ...latentPlane(model, evenly(test ?? train, PLOTTED)),
    commands: [
      {
        command: `npx pyroved predict ${run.path} --array new.npy --out predictions.npz`,
        what: 'Predict outputs for new inputs, with the standard deviation at each point.',
      },
      { command: `npx pyroved traverse ${run.path}`, what: 'Draw outputs along each latent variable.' },
    ],
  };
}

const titleOf = (source: PairsSource): string => {
  if (source.kind === 'pairs') return 'Pairs';
  return source.reverse ? 'Nanorods, spectrum to image' : 'Nanorods, image to spectrum';
};

/** Pictures of inputs, outputs and predictions of a few pairs. */
function predicted({ inputs, outputs }: Pairs, { mean, deviation }: Prediction, caption: string): ReportChart[] {
  const rows = [
    { label: 'measured', images: stackOf(outputs) },
    { label: 'predicted', images: stackOf(mean) },
    { label: 'deviation', images: stackOf(deviation) },
  ];
  return [
    {
      key: 'inputs',
      title: 'Inputs',
      caption,
      svg: imageRowsPicture({ rows: [{ label: 'input', images: stackOf(inputs) }] }).svg,
    },
    {
      key: 'predictions',
      title: 'Measured and predicted outputs',
      caption: 'The deviation is the standard deviation over samples of the latents.',
      svg: imageRowsPicture({ rows }).svg,
    },
  ];
}

/** Charts of measured and predicted signals, with a band of two standard deviations. */
function overlays(model: VED, { inputs, outputs }: Pairs, { mean, deviation }: Prediction): ReportChart[] {
  const { outputShape, outputChannels } = model.options;
  if (outputShape.length > 1 || outputChannels > 1) return [];
  const [length] = outputShape;
  return Array.from({ length: Math.min(4, inputs.count) }, (_, i) => {
    const at = (values: Float32Array, p: number) => values[i * length + p];
    const points = Array.from({ length }, (__, p) => {
      const [y, band] = [at(mean.images, p), 2 * at(deviation.images, p)];
      return { measured: { x: p, y: at(outputs.images, p) }, found: { x: p, y, low: y - band, high: y + band } };
    });
    const svg = lineChart({
      series: [
        { name: 'measured', points: points.map(({ measured }) => measured) },
        { name: 'predicted ± 2 standard deviations', points: points.map(({ found }) => found) },
      ],
      title: `Input ${i + 1}`,
      xTitle: 'point of the signal',
      width: 340,
      height: 220,
    });
    return { key: `signal ${i + 1}`, svg };
  });
}

function r2Chart(history: readonly EpochRecord[]): ReportChart[] {
  const points = history.flatMap(({ epoch, evaluation }) =>
    evaluation?.r2 === undefined ? [] : [{ x: epoch, y: evaluation.r2 }],
  );
  if (points.length === 0) return [];
  const title = 'R² on validation pairs';
  const svg = lineChart({ series: [{ name: 'R²', points }], title, xTitle: 'epoch' });
  return [{ key: 'r2', svg }];
}

function latentPlane(model: VED, { inputs }: Pairs): { latents?: ScatterOptions } {
  const { latentDim } = model.options;
  if (latentDim < 2) return {};
  const { content } = model.encode(inputs);
  const column = (c: number) => Float32Array.from({ length: inputs.count }, (_, i) => content[i * latentDim + c]);
  return { latents: { x: column(0), y: column(1), xTitle: 'z₁', yTitle: 'z₂' } };
}

interface Pairs {
  readonly inputs: ImageSet;
  readonly outputs: ImageSet;
}

/** Up to `most` evenly spaced pairs. */
function evenly({ inputs, outputs }: PairedData, most: number): Pairs {
  const places = evenPlaces(inputs.count, most);
  return { inputs: inMemory(subset(inputs, places)), outputs: inMemory(subset(outputs, places)) };
}

function facts(run: RunFolder, model: VED, summary: PairsSummary, { train, test }: PairedSets): ReportData['facts'] {
  const { data, train: training } = pairsSections(run);
  const { inputShape, inputChannels: _, outputShape, outputChannels: __, seed: ___, ...options } = model.options;
  const { kind: ____, ...source } = data.source;
  return [
    {
      title: 'Result',
      rows: [
        ...(summary.r2 === undefined ? [] : ([['R²', summary.r2.toFixed(3)]] as const)),
        ...(summary.rmse === undefined ? [] : ([['RMSE', summary.rmse.toPrecision(3)]] as const)),
        ...(test ? ([['validation pairs', test.inputs.count]] as const) : []),
      ],
    },
    {
      title: 'Data',
      rows: [
        ['training pairs', train.inputs.count],
        ['inputs', inputShape.join(' x ')],
        ['outputs', outputShape.join(' x ')],
        ...Object.entries(data.normalisation ?? {}).map(
          ([of, range]) => [`values of ${of}`, normalisationText(range)] as const,
        ),
        ...described(source, { inputs: 'inputs in', outputs: 'outputs in' }),
      ],
    },
    { title: 'Model', rows: [['kind', model.kind], ...described(options)] },
    {
      title: 'Training',
      rows: [
        ['epochs', summary.epochs],
        ['steps', summary.steps],
        ['time', formatDuration(summary.seconds)],
        ...described({ ...training, epochs: undefined }, { lr: 'learning rate', klWeight: 'KL weight' }),
      ],
    },
    {
      title: 'Machine',
      rows: [['seed', String(summary.seed)], ['engine', summary.engine], ...Object.entries(run.config.versions)],
    },
  ];
}
