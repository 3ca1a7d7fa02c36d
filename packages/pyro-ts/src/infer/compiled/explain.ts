/** What a compiled step consists of, as a text. */
import type { CompiledStep } from './compiledStep.js';

/** The plan of one step: what it moves, its memory, and its kernels. */
export function explainPlan({ plan, movedNames }: CompiledStep): string {
  const rows = new Map<string, { calls: number; entries: number }>();
  for (const { label, count } of plan.steps) {
    const row = rows.get(label) ?? { calls: 0, entries: 0 };
    rows.set(label, { calls: row.calls + 1, entries: row.entries + count });
  }
  const sorted = [...rows].sort((a, b) => b[1].entries - a[1].entries);
  const width = Math.max(6, ...sorted.map(([label]) => label.length));
  const line = (label: string, calls: string, entries: string) =>
    `${label.padEnd(width)} ${calls.padStart(8)} ${entries.padStart(12)}`;
  return [
    `Parameters that move: ${movedNames.join(', ') || 'none'}`,
    `${plan.steps.length} kernels over ${plan.bytes} bytes`,
    line('kernel', 'calls', 'entries'),
    ...sorted.map(([label, { calls, entries }]) => line(label, `${calls}`, `${entries}`)),
  ].join('\n');
}
