/**
 * The documentation site: `npm run docs` builds docs/.vitepress/dist, a folder for any web server. VitePress is
 * installed apart from everything else when this first runs (scripts/tools/site).
 */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildApi } from './docs-api.mjs';
import { isMain, main, root, run, Stop, say } from './lib/process.mjs';
import { installTools } from './lib/tools.mjs';

const usage = `npm run docs -- [options]

Builds the documentation site into docs/.vitepress/dist, with the API reference.

  --no-api        without the API reference, unless docs/api has it already
  --base PATH     path of the site on its server, e.g. /pyro-ts/ (default: /)
  --serve         serve the built site on this machine
  --dev           serve the pages as they are edited, without building them
  --port N        port of --serve and --dev (default: 4173)
  --help          show this text`;

const options = {
  'no-api': { type: 'boolean', default: false },
  base: { type: 'string', default: '/' },
  serve: { type: 'boolean', default: false },
  dev: { type: 'boolean', default: false },
  port: { type: 'string', default: '4173' },
  help: { type: 'boolean', default: false },
};

/** The folder with the built site. */
export const site = join(root, 'docs', '.vitepress', 'dist');

/** Builds the site from docs, and from docs/api if that was built. @throws {Stop} if a page or a link is broken */
export async function buildSite({ base = '/', quiet = false } = {}) {
  const { code, stdout, stderr } = await vitepress(['build', 'docs'], { base, capture: quiet });
  if (code !== 0) throw new Stop(`${stdout}${stderr}\nThe site could not be built; VitePress says why above.`);
  const api = join(root, 'docs', 'api');
  rmSync(join(site, 'api'), { recursive: true, force: true });
  if (existsSync(join(api, 'index.html'))) cpSync(api, join(site, 'api'), { recursive: true });
}

async function vitepress(args, { base = '/', capture = false } = {}) {
  const tools = await installTools('site');
  const program = join(tools, 'vitepress', 'bin', 'vitepress.js');
  return run(process.execPath, [program, ...args], { capture, env: { DOCS_BASE: base } });
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options });
    if (values.help) return void say(usage);
    const { base, port } = values;
    if (!/^\/(.*\/)?$/.test(base)) throw new Stop(`--base is a path that starts and ends with "/"; got ${base}.`);
    const listen = ['docs', '--host', '127.0.0.1', '--port', port];
    if (values.dev) return (await vitepress(['dev', ...listen], { base })).code;
    if (!values['no-api']) await buildApi({ documentation: base });
    await buildSite({ base });
    say(`The site is in docs/.vitepress/dist.`);
    if (values.serve) return (await vitepress(['preview', ...listen], { base })).code;
  });
}
