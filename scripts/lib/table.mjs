/** The table that closes a run of the suite in several settings. */
import { say } from './process.mjs';
import { closingLine } from './vitest.mjs';

/**
 * Prints a line for each setting, the names of what failed, and the sum of all as the closing line. A row is a name with the result of its
 * run, or with the words why it did not run. Returns the exit code: 1 where anything failed or nothing ran.
 */
export function printTable(heading, rows) {
  const width = Math.max(heading.length, ...rows.map(([name]) => name.length)) + 2;
  const cells = (name, ...numbers) => name.padEnd(width) + numbers.map((n) => String(n).padStart(9)).join('');
  say(`\n${cells(heading, 'passed', 'failed', 'skipped', 'seconds')}`);
  const ran = [];
  for (const [name, result] of rows) {
    if (typeof result === 'string') {
      say(`${name.padEnd(width)}did not run: ${result}`);
      continue;
    }
    ran.push(result);
    say(cells(name, result.passed, result.failed, result.skipped, Math.round(result.seconds)));
  }
  for (const [name, { failures = [] }] of rows) {
    for (const failure of failures) say(`failed on ${name}: ${failure}`);
  }
  const sum = (key) => ran.reduce((total, result) => total + result[key], 0);
  say(closingLine({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }));
  return ran.length > 0 && ran.every((result) => result.code === 0) ? 0 : 1;
}
