/** Links between pages and into them: the file exists, and so does the heading of the anchor, in a clone and in the site. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

interface Links {
  readonly repository: string;
  slugify(heading: string): string;
  resolveLink(href: string, page: string): string;
}
interface Entry {
  readonly text: string;
  readonly link?: string;
  readonly items?: readonly Entry[];
}
interface Navigation {
  readonly sidebar: readonly Entry[];
  topBar(parts: { readonly api: boolean }): readonly Entry[];
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const docs = join(root, 'docs');
const moduleOf = (name: string) => pathToFileURL(join(docs, '.vitepress', name)).href;
const { slugify, resolveLink, repository }: Links = await import(moduleOf('links.mjs'));
const { sidebar, topBar }: Navigation = await import(moduleOf('navigation.mjs'));

const markdownIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(folder, entry.name));
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const sitePages = [docs, join(docs, 'guides'), join(docs, 'tutorials')].flatMap(markdownIn);
const pages = [...markdownIn(root), ...packages.flatMap(markdownIn), ...sitePages];

/** The text of a page without code, in which nothing is a link or a heading. */
const prose = (file: string): string => readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '');

/** The anchors of the headings; a repeated one is numbered. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose(file).matchAll(/^#{1,6} (.*)$/gm)) {
    const anchor = slugify(heading.replace(/`|\*|\[([^\]]*)\]\([^)]*\)/g, '$1'));
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

it.each(pages.map((file) => relative(root, file)))('%s links to files and headings that exist', (name) => {
  const file = join(root, name);
  const text = prose(file).replace(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href);
  const broken = links.filter((href) => {
    if (/^(https?|mailto):/.test(href)) return false;
    const [path, anchor] = href.split('#');
    const target = path === '' ? file : resolve(dirname(file), decodeURI(path));
    if (!existsSync(target)) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
  expect(broken).toEqual([]);
});

it('every page is once in the sidebar, and no other', () => {
  const entries = (list: readonly Entry[]): string[] =>
    list.flatMap(({ link, items = [] }) => [...(link === undefined ? [] : [link]), ...entries(items)]);
  const expected = sitePages.map((file) => `/${relative(docs, file).split(sep).join('/').slice(0, -'.md'.length)}`);
  const inSidebar = entries(sidebar).map((link) => (link === '/' ? '/index' : link));
  expect(inSidebar.sort()).toEqual(expected.sort());
  expect(entries(topBar({ api: false })).filter((link) => !expected.includes(link))).toEqual([]);
});

it('anchors are those of GitHub', () => {
  expect(slugify('What the accuracy is')).toBe('what-the-accuracy-is');
  expect(slugify("From Pyro's `plate` (and why): 2.0, a & b")).toBe('from-pyros-plate-and-why-20-a--b');
  expect(slugify('Größe_x')).toBe('größe_x');
});

it('in the site, a link to a file that is not a page leads to the repository', () => {
  expect(resolveLink('training.md#seeds', 'guides/vae.md')).toBe('training.md#seeds');
  expect(resolveLink('#seeds', 'guides/vae.md')).toBe('#seeds');
  expect(resolveLink('../examples/vae.mjs', 'guides/vae.md')).toBe(`${repository}/blob/main/docs/examples/vae.mjs`);
  expect(resolveLink('../CONTRIBUTING.md#style', 'engines.md')).toBe(`${repository}/blob/main/CONTRIBUTING.md#style`);
  expect(resolveLink('curves', 'results.md')).toBe(`${repository}/tree/main/docs/curves`);
  expect(() => resolveLink('missing.md', 'results.md')).toThrow(
    'docs/results.md links to missing.md, which does not exist.',
  );
});
