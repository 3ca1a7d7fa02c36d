/** docs/guides/command-line.md is what --help says, and no page of the documentation shows an option that does not exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { succeed } from '../e2e/helpers.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const run = async (...args: string[]): Promise<string> => (await succeed(args, root)).stdout;

/** All options of a command, also of one whose --help shows the common ones alone. */
const help = async (command: string): Promise<string> => {
  const short = await run(command, '--help');
  return short.includes('--help-all') ? run(command, '--help-all') : short;
};

const overview = await run('--help');
const commands = [...overview.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)]
  .map(([, name]) => name)
  .filter((name) => name !== 'help');
const texts = new Map<string, string>();
for (const name of commands) texts.set(name, await help(name));

const intro = `# The command line

What \`pyroved --help\` and, of commands with many options, \`--help-all\` say. \`npx pyroved\` runs it in a project that has the package; a first walk through the commands is in
[your-own-images.md](your-own-images.md).

Results (tables, accuracies, names of files) go to the output stream, everything else (progress, notes, errors) to the error stream. The exit status is
0 where the work was done, 1 where it was rejected or failed, 130 or 143 where Ctrl-C or a termination signal stopped it: a training has then kept its
state, and \`pyroved train --resume RUN\` goes on.

The variables \`PYRO_ENGINE\`, \`PYRO_KERNEL\` and \`PYRO_THREADS\` say the same as \`--engine\`, \`--kernel\` and \`--threads\`, which win over them.
`;
const block = (title: string, text: string): string => `\n## ${title}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;

it.each(['train', 'cross-validate', 'compare-priors'])(
  '%s --help shows what most runs need, --help-all all of it',
  async (name) => {
    const options = (text: string): string[] =>
      [...text.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, option]) => option);
    const [short, all] = [options(await run(name, '--help')), options(texts.get(name) ?? '')];
    expect(short.length).toBeGreaterThan(9);
    expect(short.length).toBeLessThan(18);
    expect(all.length).toBeGreaterThan(60);
    expect(all).toEqual(expect.arrayContaining(short));
  },
);

it('the reference page is up to date (vitest -u writes it anew)', async () => {
  const pages = [...texts].map(([name, text]) => block(`pyroved ${name}`, text));
  await expect(intro + block('pyroved', overview) + pages.join('')).toMatchFileSnapshot(
    join(root, 'docs/guides/command-line.md'),
  );
});

/** Every `pyroved COMMAND ...` in a page, up to the end of its line; a backslash joins lines. */
function shown(page: string): { command: string; options: string[] }[] {
  const text = page.replace(/\\\n\s*/g, ' ');
  return [...text.matchAll(/\bpyroved ([\w-]+)([^\n`|]*)/g)]
    .filter(([, name]) => texts.has(name))
    .map(([, command, rest]) => ({ command, options: [...rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([o]) => o) }));
}

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !file.endsWith('command-line.md'))
  .map((file) => join('docs', file));

describe('every option that a page shows exists', () => {
  it('in at least one page', () => {
    const options = pages.flatMap((file) => shown(readFileSync(join(root, file), 'utf8')).flatMap((s) => s.options));
    expect(new Set(options).size).toBeGreaterThan(8);
  });

  it('in the words of a guide, for one of the commands', () => {
    const all = [...texts.values()].join('');
    for (const file of pages.filter((page) => page.includes('guides')))
      for (const [, option] of readFileSync(join(root, file), 'utf8').matchAll(/`(--[a-z][a-z-]*)/g))
        expect(all, `${file}: ${option}`).toContain(`${option} `);
  });

  it.each([...pages, 'README.md'])('%s', (file) => {
    for (const { command, options } of shown(readFileSync(join(root, file), 'utf8')))
      for (const option of options) expect(texts.get(command), `pyroved ${command} ${option}`).toContain(`${option} `);
  });
});
