/**
 * Publishes all packages in the version that their package.json names. `npm run release -- --dry-run` does everything
 * but publishing: it checks that nothing is uncommitted, that versions agree and that CHANGELOG.md has an entry,
 * builds, packs, checks the tarballs, and prints what would be published. Without `--dry-run` it runs in the forge's
 * workflow only, which publishes with provenance: push a tag `v0.1.0` to start it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { checkPackages } from './check-packages.mjs';
import { npmProblem } from './lib/npmProblem.mjs';
import { packAll } from './lib/pack.mjs';
import { isMain, main, npm, root, run, Stop, say } from './lib/process.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

/**
 * What stands in the way of a release, one sentence each. `packages` are the workspaces, `changelog` is the text of
 * CHANGELOG.md, `uncommitted` the output of `git status --porcelain`, and `tag` the tag that the workflow runs for;
 * undefined in a dry run, in which the date may be missing.
 */
export function releaseProblems({ packages, changelog, uncommitted, tag }) {
  const versions = new Set(packages.map(({ manifest }) => manifest.version));
  const problems = [];
  if (uncommitted !== '') problems.push(`There are uncommitted changes:\n${uncommitted.trimEnd()}`);
  if (versions.size !== 1) problems.push(`The packages have different versions: ${[...versions].join(', ')}.`);
  const [version] = versions;

  const own = new Set(packages.map(({ manifest }) => manifest.name));
  for (const { manifest } of packages) {
    const { name, dependencies = {}, private: isPrivate } = manifest;
    if (isPrivate) problems.push(`${name} is private.`);
    for (const [other, range] of Object.entries(dependencies)) {
      if (own.has(other) && range !== version) problems.push(`${name} depends on ${other} ${range}, not ${version}.`);
    }
    for (const field of ['license', 'repository', 'bugs', 'homepage']) {
      if (manifest[field] === undefined) problems.push(`The package.json of ${name} has no "${field}".`);
    }
  }

  const entry = changelog.split('\n').find((line) => line.startsWith(`## [${version}]`));
  const isDated = entry !== undefined && / - \d{4}-\d{2}-\d{2}$/.test(entry);
  if (entry === undefined) problems.push(`CHANGELOG.md has no entry "## [${version}] - date".`);
  else if (tag !== undefined && !isDated) problems.push(`The entry of ${version} in CHANGELOG.md has no date.`);
  if (tag !== undefined && tag !== `v${version}`) problems.push(`The tag is ${tag}, not v${version}.`);
  return problems;
}

/**
 * The tag of the workflow's run; nothing is published anywhere else, because only there the provenance can be proved.
 */
function workflowTag() {
  const { GITHUB_ACTIONS, GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;
  if (GITHUB_ACTIONS === 'true' && GITHUB_REF_TYPE === 'tag') return GITHUB_REF_NAME;
  throw new Stop(
    'Packages are published by the workflow "publish", which a pushed tag starts: git tag v0.1.0 && git push --tags.\n' +
      'To see what it would publish: npm run release -- --dry-run',
  );
}

function printPacked(packed) {
  say('');
  for (const { name, version, entryCount, size, unpackedSize } of packed) {
    const [tarball, files] = [size, unpackedSize].map((bytes) => `${Math.round(bytes / 1e3)} kB`);
    say(`${name}@${version}: ${entryCount} files, ${tarball} packed, ${files} unpacked`);
  }
}

async function publish({ name, file }) {
  const args = ['publish', file, '--provenance', '--access', 'public', '--ignore-scripts', '--loglevel=error'];
  const { code, stderr } = await npm(args, { capture: true });
  if (code !== 0) throw new Stop(`${name} was not published. ${npmProblem(stderr)}`);
  say(`Published ${name}.`);
}

/** Checks, builds, packs and, unless it is a dry run, publishes. */
export async function release(isDryRun) {
  const tag = isDryRun ? undefined : workflowTag();
  const packages = workspaces();
  const { stdout: uncommitted } = await run('git', ['status', '--porcelain'], { capture: true });
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const problems = releaseProblems({ packages, changelog, uncommitted, tag });
  if (problems.length > 0) throw new Stop(problems.join('\n'));

  await setup();
  await build({ page: true });
  const packed = await packAll(packages);
  await checkPackages(packed);
  printPacked(packed);
  if (isDryRun) return say('Dry run: nothing was published.');
  // In order: a package is published before those that depend on it.
  for (const one of packed) await publish(one);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
    await release(values['dry-run']);
  });
}
