/** The report of a run: its figures, pictures and settings in one page, and the pictures as files. */
import type { IVAE, SSIVAE } from '../models/index.js';
import type { RunFolder } from '../run/index.js';
import type { EpochRecord } from '../train/index.js';
import {
  type FactGroup,
  formatDuration,
  type ReportAccuracy,
  type ReportData,
  renderReport,
  type TrainingCurve,
} from '../viz/index.js';
import type { RunSummary } from './finish.js';
import { dataSection, modelSection, trainSection } from './settings.js';
import { latentsOf, manifoldsOf, reconstructionsOf, samplesOf } from './show.js';
import type { TrainingSets } from './sources/sets.js';
import type { Source } from './sources/source.js';
import { hasClassAngles } from './upright.js';

/** What another run adds to a report: the baseline of the demo. */
export interface ReportBaseline {
  readonly label: string;
  readonly accuracy: number;
  readonly history: readonly EpochRecord[];
}

/** Writes `report.html` and the pictures into the run's folder. */
export async function writeReport(
  run: RunFolder,
  model: IVAE | SSIVAE,
  sets: TrainingSets,
  { summary, history, baseline }: { summary: RunSummary; history: readonly EpochRecord[]; baseline?: ReportBaseline },
): Promise<void> {
  const { html, pictures } = await renderReport(reportData(run, model, sets, { summary, history, baseline }));
  for (const [name, content] of pictures) run.writePicture(name, content);
  run.writeReport(html);
}

function reportData(
  run: RunFolder,
  model: IVAE | SSIVAE,
  sets: TrainingSets,
  { summary, history, baseline }: { summary: RunSummary; history: readonly EpochRecord[]; baseline?: ReportBaseline },
): ReportData {
  const { source } = dataSection(run.config);
  const angles = sets.labelled && hasClassAngles(model) ? model.classAngles(sets.labelled) : undefined;
  const { classNames } = summary;
  const name = model.kind === 'ssiVAE' ? 'semi-supervised VAE' : 'VAE';
  const invariant = summary.invariances.length > 0 ? `, invariant to ${invariances(summary.invariances)}` : '';
  return {
    title: `${source.kind === 'cards' ? 'Card suits' : 'Images'}: ${name}${invariant}`,
    subtitle: `${run.config.createdAt.slice(0, 10)}, ${run.path}`,
    ...(summary.accuracy !== undefined && { accuracy: headline(summary, source, baseline) }),
    ...(sets.problems.length > 0 && {
      warnings: [
        {
          text: `${sets.problems.length} file(s) were left out.`,
          items: sets.problems.map((p) => `${p.file}: ${p.why}`),
        },
      ],
    }),
    facts: facts(run, summary, sets),
    curves: curves(history, baseline),
    ...(summary.confusion && { confusion: { classNames, counts: summary.confusion } }),
    manifolds: manifoldsOf(model, classNames, angles ? { angle: [...angles] } : {}),
    ...latentsOf(model, sets, angles),
    reconstructions: reconstructionsOf(model, sets, angles),
    samples: samplesOf(sets),
    notes: sets.notes.map((text) => ({ text })),
    commands: commands(run.path, model, source),
  };
}

function headline(summary: RunSummary, source: Source, baseline: ReportBaseline | undefined): ReportAccuracy {
  const turned = source.kind === 'cards' ? `test images, turned by up to ${source.angle}°,` : 'labelled images';
  return {
    value: summary.accuracy as number,
    images: summary.testImages as number,
    measuredOn: `${turned} that training did not see`,
    chance: 1 / summary.classNames.length,
    ...(baseline && { baseline: { value: baseline.accuracy, label: baseline.label } }),
  };
}

const words: Record<string, string> = { r: 'rotation', t: 'translation', s: 'scale' };
const invariances = (list: readonly string[]): string => list.map((letter) => words[letter] ?? letter).join(' and ');

function curves(history: readonly EpochRecord[], baseline: ReportBaseline | undefined): TrainingCurve[] {
  const own = { name: 'this model', epochs: history.map(figures) };
  return baseline ? [own, { name: baseline.label, epochs: baseline.history.map(figures) }] : [own];
}

const figures = ({ epoch, loss, labelledLoss, scaleFactor, evaluation }: EpochRecord) => ({
  epoch,
  loss,
  accuracy: evaluation?.accuracy ?? null,
  auxiliaryLoss: labelledLoss ?? null,
  klWeight: scaleFactor,
});

function facts(run: RunFolder, summary: RunSummary, sets: TrainingSets): FactGroup[] {
  const { config } = run;
  const model = modelSection(config);
  const train = trainSection(config);
  const { source } = dataSection(config);
  const { unlabelled, labelled, test, classNames } = sets;
  const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const rows = (entries: Record<string, unknown>): [string, string][] =>
    Object.entries(entries).flatMap(([k, v]) => (v === undefined ? [] : [[k, plain(v)] as [string, string]]));
  const { kind: _, ...sourceOptions } = source;
  const {
    kind,
    shape,
    channels,
    numClasses: __,
    seed: ___,
    ...modelOptions
  } = model as Record<string, unknown> & typeof model & { numClasses?: number };
  return [
    {
      title: 'Data',
      rows: [
        ['unlabelled images', unlabelled.count],
        ...(labelled ? ([['labelled images', labelled.count]] as const) : []),
        ...(test ? ([['test images', test.count]] as const) : []),
        ...(classNames.length > 0 ? ([['classes', classNames.join(', ')]] as const) : []),
        ['size', `${shape.join(' x ')}${(channels ?? 1) > 1 ? `, ${channels} channels` : ''}`],
        ...rows(sourceOptions),
      ],
    },
    { title: 'Model', rows: [['kind', kind], ...rows(modelOptions)] },
    {
      title: 'Training',
      rows: [
        ['epochs', summary.epochs],
        ['steps', summary.steps],
        ['time', formatDuration(summary.seconds)],
        ...rows({ ...train, epochs: undefined }),
      ],
    },
    {
      title: 'Machine',
      rows: [
        ['seed', config.seed],
        ['engine', config.engine],
        ['kernel', config.kernel],
        ...Object.entries(config.versions),
      ],
    },
  ];
}

function commands(path: string, model: IVAE | SSIVAE, source: Source) {
  const folder = source.kind === 'images' ? 'new-images' : 'images';
  const encode = {
    command: `npx pyroved encode ${path} --images ${folder} --out latents.csv`,
    what: 'the latent variables and pose of each image',
  };
  if (model.kind === 'iVAE') return [encode];
  return [
    {
      command: `npx pyroved classify ${path} --images ${folder} --out classes.csv`,
      what: 'class, probability and angle of each image in a folder',
    },
    encode,
    { command: `npx pyroved evaluate ${path}`, what: 'the accuracy, and on cards with other angles, shears or noise' },
  ];
}
