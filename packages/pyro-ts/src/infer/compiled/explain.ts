/** What a compiled step consists of, as a text. */
import type { CompiledStep } from './compiledStep.js';

/** Each kernel of a plan is repeated for so long, in seconds, but all of them together for no more than a second. */
const MEASURED = 2e-3;

/** The plan of one step: its sites, what it moves, its memory, and its kernels with their times; kernels of one label are one line. */
export function explainPlan({ plan, movedNames, sites }: CompiledStep): string {
  const times = plan.measure(Math.min(MEASURED, 1 / Math.max(1, plan.steps.length)));
  const rows = new Map<string, { calls: number; entries: number; seconds: number }>();
  for (const [i, { label, count, isVector }] of plan.steps.entries()) {
    const key = isVector ? `${label} (vectors)` : label;
    const row = rows.get(key) ?? { calls: 0, entries: 0, seconds: 0 };
    rows.set(key, { calls: row.calls + 1, entries: row.entries + count, seconds: row.seconds + times[i] });
  }
  const sorted = [...rows].sort((a, b) => b[1].seconds - a[1].seconds);
  const width = Math.max(6, ...sorted.map(([label]) => label.length));
  const line = (label: string, calls: string, entries: string, time: string) =>
    `${label.padEnd(width)} ${calls.padStart(8)} ${entries.padStart(12)} ${time.padStart(10)}`;
  const micro = (seconds: number) => (1e6 * seconds).toFixed(2);
  const total = times.reduce((a, b) => a + b, 0);
  return [
    `Sites: ${sites.join(', ') || 'none'}`,
    `Parameters that move: ${movedNames.join(', ') || 'none'}`,
    `${plan.steps.length} kernels over ${plan.bytes} bytes, ${micro(total)} microseconds`,
    line('kernel', 'calls', 'entries', 'us'),
    ...sorted.map(([label, { calls, entries, seconds }]) => line(label, `${calls}`, `${entries}`, micro(seconds))),
  ].join('\n');
}
