/** Text from outside (file names, class names) made safe to stand in HTML and SVG, in a text or in an attribute. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` with what HTML and XML read as markup written as entities, and without control characters, which XML forbids. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!).replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
}
