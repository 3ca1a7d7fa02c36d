/** Escaping of untrusted text, such as file names, for HTML and SVG. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes the markup characters of HTML and XML and replaces control characters. */
export function escapeMarkup(text: string): string {
  return withoutControls(text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!));
}

/** Replaces control characters, which XML forbids, by the replacement character. */
export const withoutControls = (text: string): string => text.replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
