/**
 * The rule of language, part of `npm run lint`: identifiers that have a better name, and phrases that a reader would
 * stumble over, in code, comments, docs and file names. A line that matches is printed with what to write instead.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMain, main, root, Stop, say } from './lib/process.mjs';

/** Identifiers, whole and in this case; the value says what to write. */
const identifiers = {
  inWords: 'describeValue, or a name for the message',
  kernelInWords: 'kernelLabel',
  ownEncoder: 'resolveEncoder',
  ownDecoder: 'resolveDecoder',
  discreteDim: 'numClasses',
  occupied: 'outputFolder',
  writeWhole: 'writeFileAtomic',
  lasting: 'detachConstraint',
  doubled: 'upsample2x',
  turnA: 'transposeA',
  biject: 'bijectTo',
  judge: 'evaluate',
  judgement: 'evaluation',
  Lesson: 'RunContext',
  Course: 'RunContext',
  Lane: 'MultiProgress',
  refuse: 'reject',
  refuseUnknownKeys: 'rejectUnknownKeys',
  Told: 'a name with Condition',
};

/** Phrases, in either case; each a regular expression that is found within a line. */
const phrases = {
  'the mend': 'the fix',
  'in words': 'error message, typed error',
  "one['’]s own": 'custom, your own',
  'left out': 'omitted, skipped; default ...',
  'unless told': 'default ...',
  'as far as': 'say what is meant',
  'which for what': 'how to choose',
  'refused by name': 'rejected, is not supported',
  'is worth': 'accuracy, evaluation metrics; is useful',
  'held aside': 'validation set',
  'kept back': 'validation set',
  '(?:go|goes|going|gone) on with': 'continue with',
  'is there': 'exists, is available',
};

/** Options of the command line under former names. */
const formerFlags = /(?<![\w-])--(?:kl|given|quantities|race|held-out|discrete-kl)(?![\w-])/;

/** Not ours to word: this list itself, and what others wrote or programs made. */
const excluded = [
  'scripts/words.mjs',
  'test/scripts/words.test.ts',
  'CHANGELOG.md', // names what was renamed
  'packages/pyroved/src/storage/formerNames.ts',
  'test/pyroved/storage/formerNames.test.ts',
  'scripts/tools/',
  'test/fixtures/',
];

const isText = (file) => /\.(?:[cm]?[jt]s|cc|h|md|ya?ml)$/.test(file);
const startsWithAny = (file, starts) => starts.some((start) => file.startsWith(start));

/**
 * What a line says, apart from comments; "doubled" is a good word in prose. Of Markdown: what stands between
 * backticks.
 */
function codeOf(line, file) {
  if (file.endsWith('.md')) return [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code).join(' ');
  return /^\s*(?:\/\/|\/?\*)/.test(line) ? '' : line.replace(/(?:^|\s)\/\/ .*$/, '').replace(/\/\*.*?\*\//g, '');
}

/** Every use of a listed word in `text`, as `{ line, word, instead }`. */
export function findWords(text, file) {
  const found = [];
  const names = new RegExp(`\\b(?:${Object.keys(identifiers).join('|')})\\b`, 'g');
  const inFileName = basename(file).split('.')[0];
  if (inFileName in identifiers) found.push({ line: 0, word: inFileName, instead: identifiers[inFileName] });
  for (const [i, line] of text.split('\n').entries()) {
    for (const [word] of codeOf(line, file).matchAll(names)) {
      found.push({ line: i + 1, word, instead: identifiers[word] });
    }
    for (const [phrase, instead] of Object.entries(phrases)) {
      const match = new RegExp(`\\b${phrase}\\b`, 'i').exec(line);
      if (match) found.push({ line: i + 1, word: match[0], instead });
    }
    const flag = formerFlags.exec(line);
    if (flag) found.push({ line: i + 1, word: flag[0], instead: 'the present name of the option, see CHANGELOG.md' });
  }
  return found;
}

function trackedFiles() {
  const { stdout, status } = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) throw new Stop('The rule of language needs git, to list the files of the project.');
  return stdout.split('\n').filter((file) => isText(file) && !startsWithAny(file, excluded));
}

function readIfThere(file) {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return ''; // deleted, but not yet committed
  }
}

/** Checks all files and prints what it finds. Returns the number of problems. */
export function checkWords() {
  const problems = trackedFiles().flatMap((file) =>
    findWords(readIfThere(file), file).map((use) => ({ ...use, file })),
  );
  for (const { file, line, word, instead } of problems) say(`${file}:${line}: "${word}"; write: ${instead}`);
  return problems.length;
}

if (isMain(import.meta.url)) {
  await main(() => {
    const count = checkWords();
    if (count > 0) throw new Stop(`${count} uses of words that CONTRIBUTING.md advises against: see above.`);
  });
}
