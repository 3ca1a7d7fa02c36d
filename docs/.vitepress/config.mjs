/** The documentation site (`npm run docs`): VitePress over the Markdown of docs, which GitHub shows as well. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { diagrams } from './diagrams.mjs';
import { docs, repository, repositoryLinks, slugify } from './links.mjs';
import { sidebar, topBar } from './navigation.mjs';

const base = process.env.DOCS_BASE ?? '/';
const api = existsSync(join(docs, 'api', 'index.html'));

export default {
  title: 'pyro-ts',
  description: 'Probabilistic programming for TypeScript, and classification of images at any angle',
  lang: 'en-US',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  cacheDir: join(docs, '..', 'node_modules', '.cache', 'pyro', 'vitepress'),
  srcExclude: ['api/**'],
  lastUpdated: false,
  markdown: {
    anchor: { slugify },
    config(markdown) {
      repositoryLinks(markdown);
      diagrams(markdown);
    },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    nav: topBar({ api }),
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'MIT licence' },
  },
};
