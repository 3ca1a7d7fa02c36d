/** The settings and figures that a report lists: data, model, training, evaluation and machine. */
import type { Factor } from 'pyroved-ts';
import { lookUp, normalisationText, preprocessingText } from 'pyroved-ts/internal';
import { kindOf } from '../kinds/index.js';
import { trainOptionsOf } from '../kinds/shared.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import type { RunFolder } from '../storage/index.js';
import { type FactGroup, formatCount, formatDuration } from '../viz/index.js';
import type { RunSummary } from './finish.js';
import { kernelLabel } from './machine.js';
import { dataSection, modelSection, trainSection } from './settings.js';

const labels: Record<string, string> = { r: 'rotation', t: 'translation', s: 'scale', h: 'shear' };
/** "rotation and translation" */
export const invariancesText = (list: readonly string[]): string =>
  list.map((letter) => lookUp(labels, letter) ?? letter).join(' and ');

/** The groups of facts of a run. `lr` is the learning rate of its first epoch. */
export function reportFacts(run: RunFolder, summary: RunSummary, sets: TrainingSets, lr: number): FactGroup[] {
  const { config } = run;
  const { source, normalisation, preprocessing } = dataSection(config);
  const { unlabelled, labelled, test, classNames } = sets;
  const { kind: _, size: __, seed: ___, ...sourceOptions } = source as Source & { size?: number };
  const { kind, shape, channels = 1, ...model } = modelSection(config);
  const train = trainSection(config);
  return [
    {
      title: 'Data',
      rows: [
        ...(unlabelled === labelled ? [] : ([['unlabelled', unlabelled.count]] as const)),
        ...(labelled ? ([['labelled', labelled.count]] as const) : []),
        ...(test ? ([['validation', test.count]] as const) : []),
        ...(classNames.length > 0 ? ([['classes', classNames.join(', ')]] as const) : []),
        ['size', `${shape.join(' x ')}${channels > 1 ? `, ${channels} channels` : ''}`],
        ...(normalisation ? ([['pixel values', normalisationText(normalisation)]] as const) : []),
        ...(preprocessing ? ([['preprocessing', preprocessingText(preprocessing)]] as const) : []),
        ...described(sourceOptions, { unlabelled: 'unlabelled in', labelled: 'labelled in', labels: 'labels in' }),
      ],
    },
    {
      title: 'Model',
      rows: [
        ['kind', kind],
        ...described({ ...model, ...namesOf(model), numClasses: undefined, seed: undefined, invariances: undefined }),
        ['invariant to', summary.invariances.length > 0 ? invariancesText(summary.invariances) : 'nothing'],
      ],
    },
    {
      title: 'Training',
      rows: [
        ...(config.from ? ([['extends', `${config.from.run}, after ${config.from.epochs} epochs`]] as const) : []),
        ['epochs', summary.epochs],
        ['steps', summary.steps],
        ['time', formatDuration(summary.seconds)],
        ...described(
          { lr, ...trainOptionsOf(train, kindOf(modelSection(config)).trainOptions), epochs: undefined },
          { lr: 'learning rate', klWeight: 'KL weight' },
        ),
      ],
    },
    ...(summary.evidence
      ? [
          {
            title: 'Evidence (Laplace approximation of log p)',
            rows: [
              ['weight in the classification', summary.evidence.weight.toFixed(2)],
              ['temperature', summary.evidence.temperature],
              ['outlier threshold', summary.evidence.outlierThreshold.toFixed(2)],
              ...(summary.evidence.mean === undefined
                ? []
                : ([['mean over validation images', `${summary.evidence.mean.toFixed(1)} nats`]] as const)),
            ] as const,
          },
        ]
      : []),
    ...(summary.bounds
      ? [
          {
            title: 'Log-likelihood of validation images',
            rows: [
              ['ELBO', `${summary.bounds.elbo.toFixed(2)} nats per image`],
              [
                `importance-weighted bound, ${summary.bounds.particles} samples`,
                `${summary.bounds.importanceWeighted.toFixed(2)} nats per image`,
              ],
              ['images', summary.bounds.images],
            ] as const,
          },
        ]
      : []),
    ...(summary.targets
      ? [
          {
            title: 'Predictions on validation images',
            rows: summary.targets.flatMap(({ name, r2, meanSquaredError, meanAbsoluteError }): [string, string][] => [
              [`${name}: R2`, r2?.toFixed(3) ?? 'undefined'],
              [`${name}: mean squared error`, meanSquaredError.toPrecision(4)],
              [`${name}: mean absolute error`, meanAbsoluteError.toPrecision(4)],
            ]),
          },
        ]
      : []),
    {
      title: 'Machine',
      rows: [
        ['seed', String(config.seed)],
        ['engine', config.engine],
        ['kernel', kernelLabel(config)],
        ...Object.entries(config.versions),
      ],
    },
  ];
}

/** The names of the quantities that a model predicts or is conditioned on. */
function namesOf(model: object): Record<string, string[]> {
  const { targets, condition } = model as Partial<Record<'targets' | 'condition', readonly (string | Factor)[]>>;
  const names = (list: readonly (string | Factor)[]) => list.map((one) => (typeof one === 'string' ? one : one.name));
  return { ...(targets && { targets: names(targets) }), ...(condition && { condition: names(condition) }) };
}

const inDegrees = ['angle', 'labelledAngle', 'shear'];

const ranges = ['scale'];

/** "labelledAngle" as "labelled angle". */
const labelOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The value of an option; an object lists its entries, and one without entries stands for the defaults. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'number') {
    const unit = inDegrees.includes(name) ? '°' : '';
    return `${Number.isInteger(value) ? formatCount(value) : value}${unit}`;
  }
  if (Array.isArray(value)) {
    if (value.some(Array.isArray)) return JSON.stringify(value);
    return value.map((entry) => textOf('', entry)).join(ranges.includes(name) ? ' to ' : ', ');
  }
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  if (entries.length === 0) return 'default';
  return entries.map(([key, entry]) => `${labelOf(key)} ${textOf(key, entry)}`).join(', ');
}

/** Options as label and value: "labelledAngle: 5" becomes "labelled angle", "5°". */
export const described = (options: object, names: Readonly<Record<string, string>> = {}): [string, string][] =>
  Object.entries(options).flatMap(([name, value]): [string, string][] => {
    return value === undefined ? [] : [[lookUp(names, name) ?? labelOf(name), textOf(name, value)]];
  });
