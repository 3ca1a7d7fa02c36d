/** The images that the lasso has selected: counted by class, and downloaded as a table. */
import type { JSX } from 'preact';
import { type Latents, rowOf } from './data.js';

interface SelectionProps {
  readonly latents: Latents;
  readonly images: readonly number[];
  /** Of the run. */
  readonly name: string;
}

export function Selection({ latents, images, name }: SelectionProps): JSX.Element {
  if (images.length === 0) return <p class="quiet">Select images with the lasso to count and export them.</p>;
  const counts = latents.classes && countsOf(latents.classes, images, latents.about.classNames);
  return (
    <p class="controls" role="status">
      <span>
        {images.length.toLocaleString('en')} selected{counts ? `: ${counts}` : ''}.
      </span>
      <button
        type="button"
        onClick={() => download(`${name.replace(/[^\w-]+/g, '-')}-selection.csv`, tableOf(latents, images))}
      >
        Download table
      </button>
    </p>
  );
}

function countsOf(classes: Int32Array, images: readonly number[], names: readonly string[]): string {
  const counts = names.map((name, k) => ({ name, n: images.filter((i) => classes[i] === k).length }));
  return counts
    .filter(({ n }) => n > 0)
    .map(({ name, n }) => `${n} ${name}`)
    .join(', ');
}

/** One row for each image: its number, file, class, angle and latents. */
function tableOf({ about, content, classes, angle }: Latents, images: readonly number[]): string {
  const latentNames = Array.from({ length: about.latentDim }, (_, k) => `z${k + 1}`);
  const header = ['image', 'file', ...(classes ? ['class'] : []), ...(angle ? ['angle_rad'] : []), ...latentNames];
  const rows = images.map((i) => [
    String(i + 1),
    about.names[i] ?? '',
    ...(classes ? [about.classNames[classes[i]] ?? String(classes[i] + 1)] : []),
    ...(angle ? [angle[i].toPrecision(6)] : []),
    ...Array.from(rowOf(content, i, about.count), (value) => value.toPrecision(6)),
  ]);
  return [header, ...rows].map((cells) => `${cells.map(cell).join(',')}\n`).join('');
}

/** A cell of CSV; text that a spreadsheet would take for a formula is quoted with an apostrophe. */
function cell(text: string): string {
  const safe = /^[=+@]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
