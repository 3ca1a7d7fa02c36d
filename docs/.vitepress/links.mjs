/**
 * Links of the documentation, which have to work in a clone, on GitHub and in the site: anchors are made as GitHub
 * makes them, and a link to a file that is no page of the site leads to the repository.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the pages. */
export const docs = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(docs);

const { url } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository;

/** The repository's address on GitHub. */
export const repository = url.replace(/^git\+/, '').replace(/\.git$/, '');

/** GitHub's anchor of a heading: lower case, without punctuation, with hyphens for spaces. */
export function slugify(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Where a link of the page `page` (relative to docs) leads in the site.
 *
 * @returns the link itself where it is an address, an anchor or a page of the site
 * @throws {Error} if it names a file that does not exist
 */
export function resolveLink(href, page) {
  if (/^([a-z]+:|#|\/)/i.test(href)) return href;
  const [path, anchor] = decodeURI(href).split('#');
  const file = join(docs, dirname(page), path);
  if (!existsSync(file)) throw new Error(`docs/${page} links to ${href}, which does not exist.`);
  const inDocs = !relative(docs, file).startsWith('..');
  if (inDocs && file.endsWith('.md')) return href;
  const kind = statSync(file).isDirectory() ? 'tree' : 'blob';
  const address = `${repository}/${kind}/main/${relative(root, file).split(sep).join(posix.sep)}`;
  return anchor === undefined ? address : `${address}#${anchor}`;
}

/** Rule of markdown-it for links. */
export function repositoryLinks(markdown) {
  markdown.core.ruler.push('repository-links', (state) => {
    for (const block of state.tokens) {
      for (const token of block.children ?? []) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null;
        if (href !== null) token.attrSet('href', resolveLink(href, state.env.relativePath ?? ''));
      }
    }
  });
}
