/** Hostile names of classes, files and columns: from training to the report, and through every command that prints or writes them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';

export const name = 'names';
export const title = 'Hostile names of classes, files and columns';
export const bars = ['failed', 'stackTraces', 'hangs', 'escapes'];

const bin = fileURLToPath(new URL('../../packages/pyroved/bin/pyroved.js', import.meta.url));
const SIZE = 12;

/** Pairs of names; those that a file system takes are folders of classes, the others stand in a table. */
const pairs = [
  ['constructor', '__proto__'],
  ['toString', 'hasOwnProperty'],
  ['=HYPERLINK("http://x")', '-1+1'],
  ['\u001b[31mred\u001b]0;title\u0007', '<script>alert(1)</script>'],
  ['a"b\'c', 'x.y[0]'],
  ['a,b;c', '\u202eevil\u200b'],
  ['@SUM(1)', '%s%n$(id)`id`'],
  ['length', '0'],
];
export const units = (quick) => (quick ? 2 : pairs.length);

export async function open() {
  const root = join(tmpdir(), `pyro-attack-names-${process.pid}`);
  return {
    unit(index) {
      const folder = join(root, String(index));
      mkdirSync(folder, { recursive: true });
      const classes = pairs[index % pairs.length];
      writeImages(folder, classes);
      const work = { folder, figures: { commands: 0, failed: 0, stackTraces: 0, hangs: 0, escapes: 0 }, failures: [] };
      const sources = ['--unlabelled', 'unlabelled', '--labelled', 'labelled'];
      const quick = ['--size', '12', '--hidden', '8,8', '--batch-size', '10', '--recognition-steps', '2'];
      command(work, ['train', ...sources, ...quick, '--epochs', '2', '--validation-fraction', '0.3', '--out', 'run']);
      for (const file of ['run/report.html', 'run/summary.json']) {
        if (!existsSync(join(folder, file))) fail(work, 'failed', `${file} is missing`);
      }
      const images = ['--images', 'unlabelled'];
      command(work, ['classify', 'run', ...images, '--out', 'classes.csv']);
      command(work, ['classify', 'run', ...images]);
      command(work, ['evaluate', 'run']);
      command(work, ['encode', 'run', ...images, '--out', 'latents.csv']);
      command(work, ['manifold', 'run']);
      command(work, ['export', 'run', '--to', 'onnx', '--out', 'model']);
      command(work, ['cross-validate', ...sources, ...quick, '--epochs', '1', '--folds', '2', '--out', 'folds']);
      // More images and another split by a column of a table; several seeds; both runs together; a template model.
      writeTable(folder, classes);
      const table = [
        '--unlabelled',
        'unlabelled',
        '--labels',
        'labels.csv',
        '--split-by',
        'plate, "1"',
        '--validation-fraction',
        '0.5',
      ];
      command(work, ['train', ...table, ...quick, '--epochs', '1', '--out', 'split']);
      command(work, ['train', '--from', 'run', ...sources, '--epochs', '1', '--batch-size', '10', '--out', 'further']);
      command(work, ['train', ...sources, ...quick, '--epochs', '1', '--seeds', '2', '--out', 'seeds']);
      command(work, ['classify', 'run', 'further', ...images, '--out', 'both.csv']);
      const steps = ['--recognition-steps', '2', '--template-steps', '2', '--epochs', '1', '--batch-size', '10'];
      command(work, ['train', ...sources, '--size', '12', '--decoder', 'template', ...steps, '--out', 'template']);
      command(work, ['classify', 'template', ...images, '--out', 'template.csv']);
      for (const file of ['classes.csv', 'both.csv', 'template.csv']) checkCells(work, file);
      rmSync(folder, { recursive: true });
      return { figures: work.figures, failures: work.failures };
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Two shapes in folders of labelled and unlabelled images, whose files have the classes' names too. */
function writeImages(folder, classes) {
  classes.forEach((name, k) => {
    for (let i = 0; i < 16; i++) {
      const data = Uint8Array.from({ length: SIZE * SIZE }, (_, p) => {
        const [row, column] = [Math.floor(p / SIZE), p % SIZE];
        const isInk = k === 0 ? Math.abs(row - 5.5 - (i % 3)) < 1.5 : Math.abs(column - row + (i % 3)) < 1.5;
        return isInk && row > 1 && column > 1 ? 200 + i : (p * 7 + i) % 20;
      });
      const png = encode({ width: SIZE, height: SIZE, channels: 1, depth: 8, data });
      const plain = name.replaceAll('/', '_');
      mkdirSync(join(folder, 'labelled', plain), { recursive: true });
      mkdirSync(join(folder, 'unlabelled'), { recursive: true });
      if (i < 8) writeFileSync(join(folder, 'labelled', plain, `${plain}${i}.png`), png);
      writeFileSync(join(folder, 'unlabelled', `${plain}${i}.png`), png);
    }
  });
  writeFileSync(join(folder, 'unlabelled', `${classes[0].replaceAll('/', '_')}-damaged.png`), 'no image');
}

/** A table of labels with a column whose name and values are hostile too. */
function writeTable(folder, classes) {
  const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
  const rows = classes.flatMap((name, k) =>
    Array.from({ length: 8 }, (_, i) => [`${name.replaceAll('/', '_')}${i}.png`, name, classes[(k + i) % 2]]),
  );
  const lines = [['file', 'label', 'plate, "1"'], ...rows].map((row) => row.map(quoted).join(','));
  writeFileSync(join(folder, 'labels.csv'), `${lines.join('\n')}\n`);
}

/** Runs a command that has to succeed, and prints nothing that a terminal obeys. */
function command(work, args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [bin, ...args], {
    cwd: work.folder,
    encoding: 'utf8',
    // Long enough for a busy machine.
    timeout: 600_000,
  });
  work.figures.commands += 1;
  if (error?.code === 'ETIMEDOUT') return fail(work, 'hangs', args.join(' '));
  if (/\n\s+at .*:\d+:\d+|should not have/.test(stderr))
    return fail(work, 'stackTraces', `${args[0]}: ${stderr.slice(-600)}`);
  if (status !== 0) return fail(work, 'failed', `${args[0]}: ${stderr.slice(-300)}`);
  // What goes to a terminal is escaped; what goes into a file or a pipe is data.
  if (hasControls(stderr)) fail(work, 'escapes', `${args[0]}: ${JSON.stringify(stderr.slice(-300))}`);
  return stdout;
}

const hasControls = (text) => /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u.test(text);

/** No cell of a table begins as a formula of a spreadsheet does. */
function checkCells(work, file) {
  if (!existsSync(join(work.folder, file))) return;
  const text = readFileSync(join(work.folder, file), 'utf8');
  const bad = text.match(/(^|,|\n)"?[=+@\t\r-](?![0-9.]+(,|\n|$))/);
  if (bad) fail(work, 'failed', `${file} has a formula: ${JSON.stringify(text.slice(bad.index, bad.index + 40))}`);
}

function fail(work, kind, what) {
  work.figures[kind] += 1;
  work.failures.push(`${kind}: ${what}`);
}
