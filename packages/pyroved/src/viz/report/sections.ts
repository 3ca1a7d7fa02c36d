/** The sections of a report, rendered from `ReportData`, with captions. */
import { shareInterval } from 'pyroved-ts/internal';
import { type ClassScores, type ConfusionMatrix, classScores } from '../charts/confusion.js';
import type { TrainingChart } from '../charts/training.js';
import { formatCount, formatPercent } from '../format.js';
import type { FactGroup, ReportAccuracy, ReportData, ReportNote, ReportSection, ReportTable } from './data.js';
import { type Html, html, rawHtml } from './html.js';

/** The headline: accuracy, interval, and accuracies to compare with. */
export function headline(accuracy: ReportAccuracy): Html {
  const { value, images, measuredOn, baseline, chance, beside = [] } = accuracy;
  const [low, high] = accuracy.interval ?? shareInterval(value, images);
  const gain = baseline && Math.round(1000 * value - 1000 * baseline.value) / 10;
  const bars = [
    bar('this model', value, 'main'),
    ...beside.map((other) => bar(other.label, other.value)),
    ...(baseline ? [bar(baseline.label, baseline.value)] : []),
    ...(chance === undefined ? [] : [bar('chance', chance)]),
  ];
  return html`<div class="headline"><div class="figure">${formatPercent(value)}</div>
<div class="meaning"><p>of ${formatCount(images)} ${measuredOn} classified correctly.</p>
<p class="quiet">95% interval ${formatPercent(low)} to ${formatPercent(high)}${
    gain === undefined || baseline === undefined
      ? undefined
      : html`; ${Math.abs(gain).toFixed(1)} points ${gain < 0 ? 'below' : 'above'} ${baseline.label}`
  }.</p></div>
${bars.length > 1 ? html`<div class="bars">${bars}</div>` : undefined}</div>`;
}

const bar = (label: string, share: number, kind = ''): Html =>
  html`<span class="label">${label}</span><span class="bar ${kind}" style="width:${(100 * share).toFixed(1)}%"></span><span
class="share">${formatPercent(share)}</span>`;

/** Highlighted warnings. */
export const warnings = (notes: readonly ReportNote[]): Html =>
  html`${notes.map((note) => html`<div class="notice"><p><strong>Warning.</strong> ${note.text}</p>${itemList(note)}</div>`)}`;

/** Groups of labels and values. */
export function facts(groups: readonly FactGroup[]): Html {
  const value = (entry: string | number) => (typeof entry === 'number' ? formatCount(entry) : entry);
  return html`<div class="facts">${groups.map(
    ({ title, rows }) =>
      html`<div><h2>${title}</h2><dl>${rows.map(
        ([label, entry]) => html`<dt>${label}</dt><dd>${value(entry)}</dd>`,
      )}</dl></div>`,
  )}</div>`;
}

/** The confusion matrix and the scores of each class. */
export function confusion(matrix: ConfusionMatrix, svg: string): Html {
  const scores = classScores(matrix);
  return section(
    'Confusion matrix',
    html`<p class="quiet">${worstMistake(scores)}</p><div class="beside">${figure(
      svg,
      'Rows are true classes, columns predicted classes. Each cell shows the fraction of its row and the number of images.',
    )}<div class="scroll"><table><thead><tr><th>class</th><th>images</th><th>recall</th><th>precision</th>
<th>most frequent error</th></tr></thead><tbody>${scores.map(scoreRow)}</tbody></table>
<p class="quiet" style="margin-top:10px;font-size:.875rem;max-width:46ch">Recall: fraction of the images of a class that are classified correctly.
Precision: fraction of the images assigned to a class that belong to it.</p></div></div>`,
  );
}

function scoreRow({ name, images, recall, precision, mistakenFor }: ClassScores): Html {
  const share = (value: number) => (Number.isNaN(value) ? '–' : formatPercent(value));
  const mistakes = mistakenFor ? `${mistakenFor.name} (${formatCount(mistakenFor.images)})` : '–';
  return html`<tr><td>${name}</td><td>${formatCount(images)}</td><td>${share(recall)}</td><td>${share(precision)}</td>
<td>${mistakes}</td></tr>`;
}

function worstMistake(scores: readonly ClassScores[]): string {
  const mistakes = (score: ClassScores) => score.mistakenFor?.images ?? 0;
  const worst = scores.reduce((most, score) => (mistakes(score) > mistakes(most) ? score : most));
  if (!worst.mistakenFor) return 'All images were classified correctly.';
  const { name, images } = worst.mistakenFor;
  return `Most frequent error: ${worst.name} classified as ${name}, ${formatCount(images)} of ${formatCount(worst.images)} images.`;
}

/** Training curves. */
export const training = (charts: readonly TrainingChart[]): Html =>
  section('Training', html`<div class="pictures">${charts.map(({ svg }) => figure(svg))}</div>`);

/** One grid of decoded images per class. */
export const manifolds = (
  svgs: readonly string[],
  drawn = 'Images decoded over the plane of two latent variables where images are encoded (their 5% to 95% quantiles), upright and centred.',
): Html =>
  section(
    'Latent manifold',
    html`<p class="quiet">${drawn} Each axis shows what its latent variable encodes.</p>
<div class="pictures">${svgs.map((svg) => figure(svg))}</div>`,
  );

/** The latent plane and the inferred angles. */
export const latents = (scatter: string | undefined, angles: string | undefined, shown = ''): Html =>
  section(
    scatter ? 'Latent space' : 'Angles',
    html`<div class="beside">${
      scatter && figure(scatter, `Posterior means of the latent variables; each point is an image. ${shown}`)
    }${angles && figure(angles, `Inferred angles, counter-clockwise. ${shown}`)}</div>`,
  );

/** Inputs, straightened inputs (for models with poses) and reconstructions. */
export function reconstructions(svg: string, rows: readonly { readonly label: string }[], shown = ''): Html {
  const moved = rows.length > 2 ? rows[1]!.label : undefined;
  return section(
    'Reconstructions',
    wideFigure(
      svg,
      `Each column shows one image: input${moved ? `, ${moved} by its inferred pose,` : ''} and reconstruction. ${shown}`,
    ),
  );
}

/** The templates of a template model. */
export const deformations = (svg: string): Html =>
  section(
    'Templates of the classes',
    wideFigure(
      svg,
      'Each class has its own templates; the smooth deformations along each content latent are shared by all classes.',
    ),
  );

/** Samples of the data. */
export const samples = (svg: string, rows: number): Html =>
  section('Data', wideFigure(svg, rows > 1 ? 'Samples of each class.' : 'Samples.'));

/** Additional charts. */
export const moreCharts = (charts: NonNullable<ReportData['charts']>, heading = 'Further figures'): Html =>
  section(heading, pictures(charts));

const pictures = (charts: NonNullable<ReportData['charts']>): Html =>
  html`<div class="pictures">${charts.map(({ title, caption, svg }) => html`<div>${title && html`<h3>${title}</h3>`}${figure(svg, caption)}</div>`)}</div>`;

/** A section with text, charts and tables. */
export const own = ({ title, text = [], charts = [], tables: entries = [] }: ReportSection): Html =>
  section(
    title,
    html`${text.map((paragraph) => html`<p class="quiet">${paragraph}</p>`)}${
      charts.length > 0 ? pictures(charts) : undefined
    }${entries.map((entry) => html`<h3 style="margin-top:24px">${entry.title}</h3>${tableOf(entry)}`)}`,
  );

/** Tables; all columns but the first are numeric. */
export const tables = (entries: readonly ReportTable[]): Html =>
  html`${entries.map((entry) => section(entry.title, tableOf(entry)))}`;

const tableOf = ({ intro, header, rows }: ReportTable): Html =>
  html`${intro && html`<p class="quiet">${intro}</p>`}<div class="scroll"><table class="figures"><thead><tr>${header.map(
    (name) => html`<th>${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;

/** Notes, with long lists collapsed. */
export const notes = (entries: readonly ReportNote[]): Html =>
  section('Notes', html`${entries.map((note) => html`<div class="note"><p>${note.text}</p>${itemList(note)}</div>`)}`);

/** Suggested commands. */
export const commands = (entries: NonNullable<ReportData['commands']>): Html =>
  section(
    'Use the model',
    html`${entries.map(({ command, what }) => html`<div class="command"><p>${what}</p><pre>${command}</pre></div>`)}`,
  );

/** Longer lists are collapsed. */
const SHORT_LIST = 5;

function itemList({ items = [] }: ReportNote): Html | undefined {
  if (items.length === 0) return undefined;
  const list = html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
  if (items.length <= SHORT_LIST) return list;
  return html`<details><summary>${formatCount(items.length)} entries</summary>${list}</details>`;
}

const section = (title: string, body: Html): Html => html`<section><h2>${title}</h2>${body}</section>`;

/** A picture with its caption, no wider than its natural width. */
function figure(svg: string, caption?: string): Html {
  const width = /^<svg [^>]*?\bwidth="(\d+)/.exec(svg)?.[1] ?? '480';
  const words = caption && html`<figcaption>${caption}</figcaption>`;
  return html`<figure style="flex:0 1 ${width}px;max-width:${width}px">${rawHtml(svg)}${words}</figure>`;
}

/** A wide figure, which scrolls horizontally on narrow screens. */
const wideFigure = (svg: string, caption: string): Html =>
  html`<figure class="wide">${rawHtml(svg)}</figure><figcaption>${caption}</figcaption>`;
