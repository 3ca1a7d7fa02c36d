/** What a release checks before it publishes, and the order of the packages. */
import { describe, expect, it } from 'vitest';
import { evaluate, runScript } from './child.js';

const manifest = (name: string, extra: object = {}) => ({
  name,
  version: '0.2.0',
  license: 'MIT',
  repository: {},
  bugs: {},
  homepage: '',
  ...extra,
});

function problems({ manifests = [manifest('a')], changelog = '## [0.2.0] - 2030-01-02', uncommitted = '', tag = '' }) {
  const given = { packages: manifests.map((one) => ({ manifest: one })), changelog, uncommitted };
  const tagged = tag === '' ? given : { ...given, tag };
  return evaluate('scripts/release.mjs', `script.releaseProblems(${JSON.stringify(tagged)})`);
}

describe('a release', () => {
  it('has nothing in its way if versions, changelog and tag agree', () => {
    const manifests = [manifest('a'), manifest('b', { dependencies: { a: '0.2.0', other: '^1.0.0' } })];
    expect(problems({ manifests, tag: 'v0.2.0' })).toEqual([]);
  });

  it('names uncommitted files', () => {
    expect(problems({ uncommitted: ' M README.md\n' })).toEqual(['There are uncommitted changes:\n M README.md']);
  });

  it('names versions that differ, also in dependencies', () => {
    const manifests = [
      manifest('a'),
      manifest('b', { version: '0.1.0' }),
      manifest('c', { dependencies: { a: '^0.1.0' } }),
    ];
    expect(problems({ manifests })).toEqual([
      'The packages have different versions: 0.2.0, 0.1.0.',
      'c depends on a ^0.1.0, not 0.2.0.',
    ]);
  });

  it('names fields that are missing, and private packages', () => {
    expect(problems({ manifests: [manifest('a', { bugs: undefined, private: true })] })).toEqual([
      'a is private.',
      'The package.json of a has no "bugs".',
    ]);
  });

  it('needs an entry in the changelog, with a date when it is published', () => {
    expect(problems({ changelog: '## [0.1.0] - 2030-01-02' })).toEqual([
      'CHANGELOG.md has no entry "## [0.2.0] - date".',
    ]);
    const undated = '# Changelog\n\n## [0.2.0] - unreleased\n';
    expect(problems({ changelog: undated })).toEqual([]);
    expect(problems({ changelog: undated, tag: 'v0.2.0' })).toEqual([
      'The entry of 0.2.0 in CHANGELOG.md has no date.',
    ]);
  });

  it('needs the tag of its version', () => {
    expect(problems({ tag: 'v0.3.0' })).toEqual(['The tag is v0.3.0, not v0.2.0.']);
  });

  it('is only published by the workflow', () => {
    const code = `process.argv[1] = ''; await (await import('./scripts/lib/process.mjs')).main(() => script.release(false));`;
    const { status, stderr } = runScript('scripts/release.mjs', code, { GITHUB_ACTIONS: '' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Packages are published by the workflow[\s\S]*--dry-run/);
  });
});

describe('the packages of this repository', () => {
  const packages = evaluate('scripts/lib/workspaces.mjs', 'script.workspaces()') as {
    readonly folder: string;
    readonly manifest: { readonly name: string; readonly dependencies?: Readonly<Record<string, string>> };
  }[];

  it('come after those that they depend on', () => {
    const names = packages.map(({ manifest: { name } }) => name);
    for (const [i, { manifest: one }] of packages.entries()) {
      for (const dependency of Object.keys(one.dependencies ?? {})) {
        if (names.includes(dependency)) expect(names.indexOf(dependency)).toBeLessThan(i);
      }
    }
  });

  it('could be released, apart from changes that are not committed', () => {
    const read = `(await import('node:fs')).readFileSync('CHANGELOG.md', 'utf8')`;
    const given = `{ packages: ${JSON.stringify(packages)}, changelog: ${read}, uncommitted: '' }`;
    expect(evaluate('scripts/release.mjs', `script.releaseProblems(${given})`)).toEqual([]);
  });
});
