/** Runs the test suite and counts what it did, from vitest's own report. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run } from './process.mjs';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/**
 * Runs vitest with `args` on the Node at `nodePath` and in the environment `env`. `passed`, `failed` and `skipped` count tests; a file that
 * does not even load counts as one that failed.
 */
export async function runTests(args, { env = {}, nodePath = process.execPath } = {}) {
  mkdirSync(cache, { recursive: true });
  const report = join(cache, `tests-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const began = Date.now();
  const { code } = await run(nodePath, [vitest, 'run', ...reporters, ...args], { env });
  const counts = existsSync(report)
    ? count(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  rmSync(report, { force: true });
  return { ...counts, code, seconds: (Date.now() - began) / 1000 };
}

function count(report) {
  const notLoaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + notLoaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
