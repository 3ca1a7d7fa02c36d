/** The style sheet of reports: responsive, light or dark, and printable. */
import { FONT } from '../theme.js';

export const REPORT_STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d9dee3; --panel: #f6f8fa;
  --accent: #4a84c4; --warn: #9a6700; --warn-page: #fff8e5; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15181c; --ink: #e6e8eb; --quiet: #9aa4af; --line: #30363d; --panel: #1c2025; --accent: #5b94d3;
    --warn: #d9a53f; --warn-page: #2a2314; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 ${FONT}; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 72px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 4px; }
h3 { font-size: 0.95rem; margin: 0 0 8px; }
p { margin: 0 0 12px; max-width: 72ch; }
section { margin-top: 44px; }
.quiet, figcaption { color: var(--quiet); }
.subtitle { color: var(--quiet); margin-top: 6px; overflow-wrap: anywhere; }
.headline { display: flex; flex-wrap: wrap; gap: 16px 40px; align-items: center; margin-top: 32px; padding: 24px 28px;
  background: var(--panel); border-radius: 10px; }
.headline .figure { font-size: 3.5rem; line-height: 1; font-weight: 650; letter-spacing: -0.03em;
  font-variant-numeric: tabular-nums; }
.headline .meaning { flex: 1 1 250px; }
.headline .meaning p { margin: 0; }
.bars { flex: 1.5 1 340px; display: grid; grid-template-columns: max-content 1fr max-content; gap: 8px 12px;
  align-items: center; font-size: 0.875rem; }
.bars .label { max-width: 180px; text-align: right; line-height: 1.25; overflow-wrap: anywhere; }
.bars .bar { height: 14px; border-radius: 3px; background: color-mix(in srgb, var(--ink) 28%, transparent); }
.bars .bar.main { background: var(--accent); }
.bars .share { font-variant-numeric: tabular-nums; }
.notice { margin-top: 20px; padding: 14px 18px; border-left: 3px solid var(--warn); background: var(--warn-page);
  border-radius: 0 6px 6px 0; }
.notice p { margin: 0; }
.notice strong { color: var(--warn); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 28px 44px; margin-top: 40px; }
.facts h2 { font-size: 1rem; padding-bottom: 6px; border-bottom: 1px solid var(--line); margin-bottom: 8px; }
dl { display: grid; grid-template-columns: fit-content(55%) minmax(0, 1fr); gap: 4px 16px; margin: 0; font-size: 0.9rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 28px 32px;
  margin-top: 16px; }
.beside { display: flex; flex-wrap: wrap; gap: 28px 44px; align-items: flex-start; margin-top: 16px; }
.beside > * { min-width: 0; max-width: 100%; }
figure { margin: 0; min-width: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figure.wide { overflow-x: auto; margin-top: 16px; }
figure.wide svg { min-width: min(100%, 560px); }
figcaption { font-size: 0.875rem; margin-top: 8px; max-width: 68ch; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 14px 6px 0; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--quiet); white-space: nowrap; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
th:last-child, td:last-child { padding-right: 0; padding-left: 10px; }
table.figures th:last-child, table.figures td:last-child { text-align: right; }
td:first-child { min-width: 6em; font-weight: 500; overflow-wrap: anywhere; }
.note { margin-bottom: 14px; }
.note p { margin: 0; }
ul { margin: 6px 0 0; padding-left: 1.25em; font-size: 0.9rem; overflow-wrap: anywhere; }
details summary { cursor: pointer; color: var(--quiet); font-size: 0.9rem; }
pre { margin: 0; padding: 10px 14px; background: var(--panel); border-radius: 6px; overflow-x: auto;
  font: 0.875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.command { margin-top: 14px; }
.command p { margin-bottom: 4px; }
footer { margin-top: 56px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.85rem; }
@media (max-width: 600px) { main { padding: 24px 16px 48px; } figure.wide svg { min-width: 560px; max-width: none; } }
@media print { main { max-width: none; padding: 0; } section, figure, .headline { break-inside: avoid; } }
`;
