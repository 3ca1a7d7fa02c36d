/** `report.html`: a self-contained page without scripts or external resources, and its pictures as files. */
import { confusionChart } from '../charts/confusion.js';
import { histogramChart } from '../charts/histogram.js';
import { scatterChart } from '../charts/scatter.js';
import { asSvgFile } from '../charts/svg.js';
import { trainingCharts } from '../charts/training.js';
import type { FramedPicture } from '../images/frame.js';
import { imageRowsPicture, manifoldPicture } from '../images/pictures.js';
import type { ReportData } from './data.js';
import { html, rawHtml } from './html.js';
import * as sections from './sections.js';
import { REPORT_STYLE } from './style.js';

/** A report, and its pictures by file name: SVG as text, PNG as bytes. */
export interface Report {
  readonly html: string;
  readonly pictures: Map<string, string | Uint8Array>;
}

/** Draws the pictures of `data` and renders the report. */
export function renderReport(data: ReportData): Report {
  const pictures: Report['pictures'] = new Map();
  const keep = (name: string, { svg, png }: FramedPicture): string => {
    pictures.set(`${name}.svg`, asSvgFile(svg));
    if (png) pictures.set(`${name}.png`, png);
    return svg;
  };
  const { accuracy, confusion, manifolds = [], reconstructions, samples, charts = [], predictions = [] } = data;
  const curves = trainingCharts(data.curves ?? [], accuracyLevels(data));
  for (const { key, svg } of curves) keep(key, { svg });
  const matrix = confusion && keep('confusion', { svg: confusionChart(confusion) });
  const scatter = data.latents && keep('latents', { svg: scatterChart(data.latents) });
  const angles = data.angles && keep('angles', { svg: histogramChart(data.angles) });
  const grids = manifolds.map((options, i) => keep(fileName('manifold', options.title, i), manifoldPicture(options)));
  const upright = reconstructions && keep('reconstructions', imageRowsPicture(reconstructions));
  const deformed = data.deformations && keep('deformations', imageRowsPicture(data.deformations));
  const shown = samples && keep('samples', imageRowsPicture(samples));
  predictions.forEach(({ key, svg }, i) => {
    keep(fileName('prediction', key, i), { svg });
  });
  charts.forEach(({ key, svg }, i) => {
    keep(fileName('chart', key, i), { svg });
  });
  const own = (data.sections ?? []).flatMap(({ charts: figures = [] }) => figures);
  own.forEach(({ key, svg, png }, i) => {
    keep(fileName('figure', key, i), { svg, ...(png && { png }) });
  });

  const page = html`${rawHtml('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${data.title}</title><style>${rawHtml(REPORT_STYLE)}</style></head><body><main>
<header><h1>${data.title}</h1>${data.subtitle && html`<p class="subtitle">${data.subtitle}</p>`}</header>
${accuracy && sections.headline(accuracy)}
${data.warnings && sections.warnings(data.warnings)}
${data.facts && sections.facts(data.facts)}
${data.tables && sections.tables(data.tables)}
${data.sections?.map((section) => sections.own(section))}
${confusion && matrix && sections.confusion(confusion, matrix)}
${predictions.length > 0 ? sections.moreCharts(predictions, 'Predictions') : undefined}
${upright && sections.reconstructions(upright, reconstructions.rows, data.shown)}
${deformed && sections.deformations(deformed)}
${grids.length > 0 ? sections.manifolds(grids, data.drawn) : undefined}
${scatter || angles ? sections.latents(scatter, angles, data.shown) : undefined}
${data.latentTable && sections.tables([data.latentTable])}
${curves.length > 0 ? sections.training(curves) : undefined}
${charts.length > 0 ? sections.moreCharts(charts) : undefined}
${shown && sections.samples(shown, samples.rows.length)}
${data.notes && data.notes.length > 0 ? sections.notes(data.notes) : undefined}
${data.commands && sections.commands(data.commands)}
<footer>Made by pyroved.</footer></main></body></html>
`;
  return { html: page.markup, pictures };
}

/** Reference lines for the chance level and for a baseline without a curve. */
function accuracyLevels({ accuracy, curves = [] }: ReportData) {
  if (!accuracy) return [];
  const { baseline, chance } = accuracy;
  return [
    ...(baseline && curves.length === 1 ? [{ value: baseline.value, label: baseline.label }] : []),
    ...(chance === undefined ? [] : [{ value: chance, label: 'chance' }]),
  ];
}

/** A portable file name; the number makes it unique. */
function fileName(kind: string, title: string | undefined, i: number): string {
  const plain = (title ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return [kind, String(i + 1), plain].filter(Boolean).join('-');
}
