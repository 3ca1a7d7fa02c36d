/** The first step in a fresh clone: plain words where Node is too old, the registry is out of reach or npm fails. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, processTest } from '../slow.js';
import { evaluate, root } from './child.js';

const scratch = mkdtempSync(join(tmpdir(), 'pyro-setup-test-'));
const link = `${scratch}-link`;
afterAll(() => {
  for (const path of [link, scratch]) rmSync(path, { recursive: true, force: true });
});

describe('a fresh clone without a network', () => {
  beforeAll(() => {
    for (const name of ['package.json', 'package-lock.json', '.npmrc', 'scripts']) {
      cpSync(join(root, name), join(scratch, name), { recursive: true });
    }
    for (const name of readdirSync(join(root, 'packages'))) {
      const folder = join(scratch, 'packages', name);
      mkdirSync(folder, { recursive: true });
      cpSync(join(root, 'packages', name, 'package.json'), join(folder, 'package.json'));
    }
    symlinkSync(scratch, link, 'junction');
  });

  processTest.each([
    ['npm test', join(scratch, 'scripts', 'test.mjs')],
    ...(all ? [['npm run demo, in a folder reached through a link', join(link, 'scripts', 'demo.mjs')]] : []),
  ])('%s says that the registry is out of reach, and what to do', (_, script) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      env: { ...process.env, npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(scratch, 'cache') },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Installing the npm packages/);
    const words = stderr.trim().split('\n');
    expect(words[0]).toBe(
      'The npm registry (http://127.0.0.1:9) could not be reached (ECONNREFUSED), so the packages were not installed.',
    );
    expect(words.length).toBeLessThan(6);
    expect(stderr).toContain('HTTPS_PROXY');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(scratch, 'node_modules', '.cache', 'pyro', 'installed'))).toBe(false);
  });
});

describe('the version of Node', () => {
  it('is rejected with an explanation where the project does not run on it', () => {
    const words = (version: string) => evaluate('scripts/setup.mjs', `script.nodeProblem('${version}')`);
    expect(words('18.20.4')).toMatch(/^This is Node 18\.20\.4; the project needs 20\.19 or newer/);
    for (const old of ['20.18.3', '21.7.0', '22.11.0']) expect(words(old)).toContain(old);
    for (const good of ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.0.0', '26.10.0']) expect(words(good)).toBeNull();
  });
});

describe('npm’s failures', () => {
  const words = (...lines: string[]) =>
    evaluate('scripts/lib/npmProblem.mjs', `script.npmProblem(${JSON.stringify(lines.join('\n'))})`);

  it('become advice', () => {
    expect(words('npm error code ENOSPC', 'npm error syscall write')).toBe(
      'The disk is full.\n  syscall write\nThe packages need about 700 MB.',
    );
    expect(
      words('npm ERR! code SELF_SIGNED_CERT_IN_CHAIN', 'npm ERR! request to https://registry.example/x failed'),
    ).toMatch(
      /^The npm registry \(https:\/\/registry\.example\) showed a certificate that Node does not trust[\s\S]*NODE_EXTRA_CA_CERTS/,
    );
    expect(
      words('npm warn old', 'npm error code E404', 'npm error 404 Not Found - x', 'npm error A complete log of'),
    ).toBe(
      'The npm registry lacks a package.\n  404 Not Found - x\nA mirror may be behind: try again with the public registry.',
    );
  });

  it('that nobody foresaw keep npm’s own words', () => {
    expect(words('npm error code EODD', 'npm error something odd')).toBe('npm failed (EODD).\n  something odd');
    expect(words('')).toBe('npm failed.');
  });
});

describe('the closing line', () => {
  it('sums the runs of a table, after the names of what failed, and fails where any run failed', () => {
    const result = (passed: number, failures: string[], skipped: number, code: number) => ({
      passed,
      failed: failures.length,
      failures,
      skipped,
      code,
      seconds: 1.4,
    });
    const rows = JSON.stringify([
      ['wasm', result(5, [], 1, 0)],
      ['cpu', result(4, ['test/x.test.ts: adds'], 1, 1)],
      ['tensorflow', 'not installed'],
    ]);
    const file = join(scratch, 'table.mjs');
    const url = pathToFileURL(join(root, 'scripts', 'lib', 'table.mjs')).href;
    writeFileSync(
      file,
      `import { printTable } from ${JSON.stringify(url)}; process.exitCode = printTable('engine', ${rows});`,
    );
    const { status, stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout.trim().split('\n')).toEqual([
      'engine         passed   failed  skipped  seconds',
      'wasm                5        0        1        1',
      'cpu                 4        1        1        1',
      'tensorflow  did not run: not installed',
      'failed on cpu: test/x.test.ts: adds',
      '9 passed, 1 failed, 2 skipped',
    ]);
  });
});
