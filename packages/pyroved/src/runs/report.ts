/** The report of a run: figures, pictures and settings on one page, with the pictures also as files. */
import type { EpochRecord, Model } from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import type { ModelEvaluation } from '../kinds/evaluation.js';
import { kindOf } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import type { RunFolder } from '../storage/index.js';
import { type ReportAccuracy, type ReportData, type ReportTable, renderReport } from '../viz/index.js';
import { disentanglementTable } from './disentangled.js';
import type { RunSummary } from './finish.js';
import { invariancesText, reportFacts } from './reportFacts.js';
import { chartsOf, confusionOf } from './reportFigures.js';
import { dataSection } from './settings.js';
import { deformationsOf, imagesToShow, latentsOf, manifoldsOf, reconstructionsOf, samplesOf } from './show.js';
import { hasClassAngles } from './upright.js';
import { posesText } from './validation.js';

/** Optional additional content of a report. */
export interface ReportExtras {
  /** Tables, e.g. of the runs among which this one was selected. */
  readonly tables?: readonly ReportTable[];
}

interface Result extends ReportExtras {
  readonly summary: RunSummary;
  /** Evaluation on the validation images, if possible. */
  readonly evaluation: ModelEvaluation | undefined;
  readonly history: readonly EpochRecord[];
}

/** Writes `report.html` and the pictures into the run's folder. */
export async function writeReport(run: RunFolder, model: Model, sets: TrainingSets, result: Result): Promise<void> {
  const charts = chartsOf(model, sets, result.summary, result.evaluation);
  const { html, pictures } = renderReport({ ...reportData(run, model, sets, result), charts });
  for (const [name, content] of pictures) run.writePicture(name, content);
  run.writeReport(html);
}

function reportData(
  run: RunFolder,
  model: Model,
  sets: TrainingSets,
  { summary, history, tables }: Result,
): ReportData {
  // Only trained runs have reports, and they have a source of images.
  const source = dataSection(run.config).source as Source;
  const angles = sets.labelled && hasClassAngles(model) ? model.classAngles(sets.labelled) : undefined;
  const { classNames } = summary;
  const name = sets.found ? foundKind(model.numClasses) : kindOf(model).title;
  const shown = imagesToShow(model, sets);
  const deformations = deformationsOf(model, classNames, angles);
  const invariant = summary.invariances.length > 0 ? `, invariant to ${invariancesText(summary.invariances)}` : '';
  return {
    title: `${titles[source.kind]}: ${name}${invariant}`,
    subtitle: `${run.config.createdAt.slice(0, 10)}, ${run.path}`,
    ...headline(summary, sets, source),
    warnings: [
      ...(summary.problems ?? []).map(({ text, advice }) => ({ text: `${text} What to try:`, items: advice })),
      ...(sets.problems.length > 0
        ? [
            {
              text: `${sets.problems.length} ${sets.problems.length === 1 ? 'file was' : 'files were'} skipped:`,
              items: sets.problems.map((p) => `${p.file}: ${p.why}`),
            },
          ]
        : []),
    ],
    facts: reportFacts(run, summary, sets, history[0].lr),
    curves: [{ name: 'this model', epochs: history.map(figures) }],
    ...confusionOf(summary, sets.found?.test?.classNames ?? sets.classNames),
    ...(deformations && { deformations }),
    manifolds: manifoldsOf(model, classNames, { over: shown, ...(angles && { angle: [...angles] }) }),
    ...(shown.words !== '' && { shown: shown.words }),
    ...latentsOf(model, shown, classNames, angles),
    reconstructions: reconstructionsOf(model, shown, classNames, angles),
    samples: samplesOf(sets),
    ...(summary.disentanglement && { latentTable: disentanglementTable(summary.disentanglement) }),
    ...(tables && { tables }),
    notes: sets.notes.map((text) => ({ text })),
    commands: commands(run.path, model, source),
  };
}

const titles: Readonly<Record<Source['kind'], string>> = {
  cards: 'Card suits',
  glyphs: 'Glyphs',
  particles: 'Simulated nanoparticles',
  digits: 'Digits',
  peaks: 'Peaks',
  images: 'Images',
  array: 'Array',
  micrographs: 'Micrographs',
};

const foundKind = (numClasses: number): string =>
  numClasses === 1 ? 'deformable template' : `deformable templates of ${numClasses} classes found without labels`;

function headline(summary: RunSummary, { classNames }: TrainingSets, source: Source): { accuracy?: ReportAccuracy } {
  const value = summary.accuracy ?? summary.matchedAccuracy;
  if (value === undefined) return {};
  const matched = summary.accuracy === undefined ? ', each found class matched with the true class it fits best,' : '';
  const measuredOn =
    summary.validation?.poses === 'drawn'
      ? `validation images, shown ${posesText(summary.validation)},`
      : source.kind === 'cards'
        ? `validation images, rotated by up to ${source.angle}°, that training did not see`
        : 'labelled images that training did not see';
  const accuracy = {
    value,
    images: summary.testImages as number,
    measuredOn: `${measuredOn}${matched}`,
    chance: summary.chance ?? 1 / classNames.length,
    ...(summary.accuracyInterval && { interval: summary.accuracyInterval }),
    beside: besideOf(summary),
  };
  return { accuracy };
}

/** Accuracies to compare with: on the same images upright, and of a classifier without the unlabelled images. */
const besideOf = ({ uprightAccuracy, labelsOnlyAccuracy }: RunSummary) => [
  ...(uprightAccuracy === undefined ? [] : [{ label: 'on the same images, upright', value: uprightAccuracy }]),
  ...(labelsOnlyAccuracy === undefined
    ? []
    : [{ label: 'classifier trained on the labelled images only', value: labelsOnlyAccuracy }]),
];

const figures = ({ epoch, loss, labelledLoss, klWeight, evaluation }: EpochRecord) => ({
  epoch,
  loss,
  accuracy: evaluation?.accuracy ?? null,
  labelledLoss: labelledLoss ?? null,
  klWeight,
});

function commands(path: string, model: Model, { kind }: Source) {
  const pictures = kind === 'micrographs' ? '--micrographs new-micrographs' : '--images new-images';
  const images = kind === 'array' || kind === 'peaks' ? '--array new.npy' : pictures;
  const encode = {
    command: `npx pyroved encode ${path} ${images} --out latents.csv`,
    what: 'Write the latent variables and the pose of new images to a table.',
  };
  const manifold = {
    command: `npx pyroved manifold ${path} --grid 12 --coverage 0.98`,
    what: 'Draw the latent manifold over a wider range and in finer steps.',
  };
  const traverse = {
    command: `npx pyroved traverse ${path} --steps 10`,
    what: 'Draw images along each latent variable.',
  };
  if (!isClassifier(model)) return [encode, manifold, traverse];
  const harder = kind === 'cards' ? ' --angle "90 deg"' : ' --noise 0.1';
  return [
    {
      command: `npx pyroved classify ${path} ${images} --out classes.csv`,
      what: 'Write the class, probability and angle of new images to a table.',
    },
    encode,
    {
      command: `npx pyroved evaluate ${path}${harder}`,
      what: 'Measure the accuracy on harder images than in training.',
    },
    manifold,
    traverse,
  ];
}
