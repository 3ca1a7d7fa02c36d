/** Runs the test suite and counts what it did, from vitest's own report. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, root, run } from './process.mjs';

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/**
 * Runs vitest with `args` on the Node at `nodePath` and in the environment `env`. `passed` and `skipped` count tests; `failures` names each
 * test that failed, each file that does not even load, and a run that ended badly for any other reason (an error outside the tests, a crash).
 */
export async function runTests(args, { env = {}, nodePath = process.execPath } = {}) {
  mkdirSync(cache, { recursive: true });
  const report = join(cache, `tests-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const began = Date.now();
  const { code } = await run(nodePath, [vitest, 'run', ...reporters, ...args], { env });
  const counts = existsSync(report)
    ? count(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, skipped: 0, failures: [] };
  rmSync(report, { force: true });
  if (code !== 0 && counts.failures.length === 0) counts.failures.push(`the run itself, which ended with code ${code}`);
  return { ...counts, failed: counts.failures.length, code, seconds: (Date.now() - began) / 1000 };
}

/** The test files with tests that start processes (`processTest`, `processes` of test/slow.ts), but for those in a browser. */
export function filesWithProcesses() {
  const files = readdirSync(join(root, 'test'), { recursive: true }).filter((file) => file.endsWith('.test.ts'));
  const paths = files.map((file) => join('test', file)).filter((file) => !file.startsWith(join('test', 'browser')));
  return paths.filter((file) =>
    /import \{[^}]*\bprocess(Test|es)\b[^}]*\} from '[./]*slow\.js'/.test(readFileSync(join(root, file), 'utf8')),
  );
}

function count(report) {
  const failures = report.testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(root, name);
    if (status === 'failed' && assertionResults.length === 0) return [`${file}, which does not load`];
    return assertionResults.filter((test) => test.status === 'failed').map((test) => `${file}: ${test.fullName}`);
  });
  return { passed: report.numPassedTests, skipped: report.numPendingTests + report.numTodoTests, failures };
}

export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
