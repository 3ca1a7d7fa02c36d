/**
 * The API reference: `npm run docs:api` writes docs/api (which git ignores), a page for each exported name of each
 * package. TypeDoc needs an older TypeScript than the build's; both are installed apart from everything else when
 * this first runs (scripts/tools/api).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { cache, isMain, main, root, run, Stop, say } from './lib/process.mjs';
import { installTools } from './lib/tools.mjs';
import { workspaces } from './lib/workspaces.mjs';
import { setup } from './setup.mjs';

const output = join('docs', 'api');

/**
 * Builds the packages, whose types TypeDoc reads, and writes docs/api. `documentation` is the address of the site that
 * the reference becomes a part of, for a link back.
 */
export async function buildApi({ documentation } = {}) {
  await setup();
  await build();
  const tools = await installTools('api');
  mkdirSync(cache, { recursive: true });
  const config = join(cache, 'typedoc.json');
  writeFileSync(config, JSON.stringify(options(workspaces(), documentation)));
  const { code } = await run(process.execPath, [join(tools, 'typedoc', 'bin', 'typedoc'), '--options', config]);
  if (code !== 0) throw new Stop('TypeDoc found the errors above.');
  say(`The API reference is in ${join(output, 'index.html')}.`);
}

/** TypeDoc's options; it finds the entry points of a package in the `exports` of its package.json. */
function options(packages, documentation) {
  return {
    name: 'pyro-ts',
    out: join(root, output),
    readme: 'none',
    ...(documentation !== undefined && { navigationLinks: { Documentation: documentation } }),
    entryPointStrategy: 'packages',
    entryPoints: packages.map(({ folder }) => join(root, folder)),
    packageOptions: {
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true,
      disableSources: true,
      // The build has checked the types, with the TypeScript that they are written for.
      skipErrorChecking: true,
      validation: false,
    },
    logLevel: 'Warn',
  };
}

if (isMain(import.meta.url)) await main(() => buildApi());
