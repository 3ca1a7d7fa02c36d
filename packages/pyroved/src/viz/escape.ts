/** Text from outside (file names, class names) made safe to stand in HTML and SVG, in a text or in an attribute. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` with what HTML and XML read as markup written as entities, and without control characters. */
export function escapeMarkup(text: string): string {
  return withoutControls(text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!));
}

/** `text` with control characters, which XML forbids, replaced by a sign that says so. */
export const withoutControls = (text: string): string => text.replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
