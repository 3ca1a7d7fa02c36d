/** The results of a reproduction: the report as a self-contained page, and a Markdown page with its pictures as files. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { recordOf, type StartedMachine } from '../runs/machine.js';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';
import { versions } from '../version.js';
import { asSvgFile } from '../viz/charts/svg.js';
import { formatDuration, type ReportChart, type ReportTable, renderReport } from '../viz/index.js';
import type { ComparisonRow, FigureResult, RunStatus } from './figure.js';
import type { PlanOptions, RunSpec } from './plan.js';

export interface PageContent {
  readonly options: PlanOptions;
  readonly machine: StartedMachine;
  readonly figures: readonly { readonly id: string; readonly title: string; readonly result: FigureResult }[];
  readonly runs: readonly { readonly spec: RunSpec; readonly status: RunStatus | undefined }[];
}

const sizeText: Readonly<Record<PlanOptions['size'], string>> = {
  full: 'full size',
  savings: 'full size, with savings in the decoder',
  quick: 'QUICK: few images and epochs, to test the program. The numbers say nothing about the methods.',
};

/** Differences from the paper that hold throughout. */
const differences = [
  "The paper's recipe: `--recipe paper`, with its labelled poses fixed, unimodal guide of the angle, schedule and second optimiser step. The default recipe knows that labelled images are upright, and shows them at random poses.",
  'Curves over the range of the angles are of runs with 40 epochs and unbiased savings (288 of 2,304 pixels, and the likeliest class and one other per step), which end higher than exact runs.',
  'The particles are simulated: the micrographs of the paper are not public.',
  'Runs on noisy images with the paper’s recipe have a Gaussian likelihood with a learned standard deviation.',
];

/** Writes `report.html`, `figures.md` with its pictures, and `results.json`. Returns the path of the report. */
export function writePages(folder: string, content: PageContent): string {
  const pictures = path.join(folder, 'pictures');
  explained(`Could not create ${pictures}`, () => fs.mkdirSync(pictures, { recursive: true }));
  const rows = content.figures.flatMap(({ result }) => result.rows);
  const { html } = renderReport({
    title: "The paper's figures, reproduced",
    subtitle: `${statusText(content)} ${sizeText[content.options.size]}`,
    facts: factsOf(content),
    tables: [comparisonTable(rows)],
    sections: content.figures.map(({ result }) => result.section),
    notes: [{ text: 'What differs from the paper:', items: differences.map((line) => line.replaceAll('`', '')) }],
  });
  const report = path.join(folder, 'report.html');
  writeFileAtomic(report, html);
  for (const { result } of content.figures) {
    for (const chart of result.section.charts ?? []) {
      writeFileAtomic(path.join(pictures, pictureFile(chart)), chart.png ?? asSvgFile(chart.svg));
    }
  }
  writeFileAtomic(path.join(folder, 'figures.md'), markdownOf(content, rows));
  writeFileAtomic(path.join(folder, 'results.json'), `${JSON.stringify({ ...content.options, rows }, null, 2)}\n`);
  return report;
}

function statusText({ runs }: PageContent): string {
  const finished = runs.filter(({ status }) => status?.isFinished);
  return finished.length === runs.length
    ? `All ${runs.length} runs finished.`
    : `${finished.length} of ${runs.length} runs finished.`;
}

function machineText({ machine }: PageContent): string {
  const { engine, kernel, isa } = recordOf(machine);
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpu}, ${os.cpus().length} cores; engine ${engine}, kernel ${kernel}${isa === undefined ? '' : ` (${isa})`}`;
}

const secondsOf = ({ runs }: PageContent): number => runs.reduce((sum, { status }) => sum + (status?.seconds ?? 0), 0);

function factsOf(content: PageContent) {
  const { options, runs } = content;
  const seeds = [...new Set(runs.map(({ spec }) => spec.request.seed))].sort((a, b) => a - b);
  return [
    {
      title: 'Reproduction',
      rows: [
        ['size', sizeText[options.size]],
        ['templates', options.templates === undefined ? "this project's suits" : path.basename(options.templates)],
        ['runs', statusText(content)],
        ['seeds', seeds.join(', ')],
        ['time of training', formatDuration(secondsOf(content))],
        ['machine', machineText(content)],
        [
          'version',
          Object.entries(versions())
            .map(([name, version]) => `${name} ${version}`)
            .join(', '),
        ],
      ] as const,
    },
  ];
}

function comparisonTable(rows: readonly ComparisonRow[]): ReportTable {
  return {
    title: 'Our numbers beside the paper’s',
    header: ['figure', 'what', 'paper', "paper's recipe", 'default recipe'],
    rows: rows.map(({ figure, what, paper = '–', recipe = '–', ours = '–' }) => [figure, what, paper, recipe, ours]),
  };
}

const pictureFile = ({ key, png }: ReportChart): string => `${key}.${png ? 'png' : 'svg'}`;

/** Text in a cell of a Markdown table. */
const cell = (text: string | number): string => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

function markdownTable({ header, rows }: Pick<ReportTable, 'header' | 'rows'>): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** The page for the documentation. */
function markdownOf(content: PageContent, rows: readonly ComparisonRow[]): string {
  const { options, figures, runs } = content;
  const flag = { full: '', savings: ' --savings', quick: ' --quick' }[options.size];
  const templates = options.templates === undefined ? '' : ' --templates FILE';
  const unfinished = runs.filter(({ status }) => !status?.isFinished);
  return [
    "# The paper's figures, reproduced",
    `Written by \`npx pyroved reproduce${flag}${templates}\`: ${sizeText[options.size]} ${statusText(content)}`,
    `Machine: ${machineText(content)}. Training took ${formatDuration(secondsOf(content))}.`,
    markdownTable(comparisonTable(rows)),
    '## What differs from the paper',
    differences.map((text) => `- ${text}`).join('\n'),
    ...figures.flatMap(({ result: { section } }) => [
      `## ${section.title}`,
      ...(section.text ?? []),
      ...(section.charts ?? []).map((chart) => {
        const { title = '', caption = '' } = chart;
        return [title && `**${title}**`, `![${title || section.title}](pictures/${pictureFile(chart)})`, caption]
          .filter(Boolean)
          .join('\n\n');
      }),
      ...(section.tables ?? []).map((table) => `**${table.title}**\n\n${markdownTable(table)}`),
    ]),
    '## Runs',
    markdownTable({
      header: ['run', 'recipe', 'seed', 'epochs', 'accuracy', 'time of training'],
      rows: runs.flatMap(({ spec, status }) => {
        if (!status) return [];
        const { epoch, epochs, curve, seconds } = status;
        const accuracy = curve[curve.length - 1].accuracy?.toFixed(3) ?? '–';
        return [
          [spec.name, spec.column, spec.request.seed, `${epoch} of ${epochs}`, accuracy, formatDuration(seconds)],
        ];
      }),
    }),
    ...(unfinished.length > 0 ? [`Not finished: ${unfinished.map(({ spec }) => spec.name).join(', ')}.`] : []),
    '',
  ].join('\n\n');
}
