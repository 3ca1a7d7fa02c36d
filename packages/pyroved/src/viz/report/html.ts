/** HTML from templates that escape by themselves: only what was made by `html` or `rawHtml` goes in as it is. */
import { escapeMarkup } from '../escape.js';

/** A piece of HTML that is safe to insert. */
export class Html {
  constructor(readonly markup: string) {}
}

type Part = Html | string | number | undefined | readonly Part[];

/** The template with its values escaped; lists are joined, undefined is omitted. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < values.length ? markupOf(values[i]) : '')).join(''));
}

/** Markup that this library made itself, such as a chart. */
export const rawHtml = (markup: string): Html => new Html(markup);

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeMarkup(String(part));
  return part.map(markupOf).join('');
}
