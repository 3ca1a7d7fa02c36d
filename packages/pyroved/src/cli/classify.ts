/** `pyroved classify`: a table with the class, probability and angle of each image. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { classifyArchive } from '../archives/classifyArchive.js';
import { queueAddress } from '../queue/address.js';
import {
  averagedClassifications,
  type ClassifyOptions,
  classifierOf,
  classifyImages,
  classifyMicrographs,
  type RunClassification,
} from '../runs/index.js';
import { classificationCsv } from '../storage/index.js';
import { defaultWorkers } from '../sweep/sweep.js';
import { formatCount } from '../viz/index.js';
import { interruptible, say, sayProblems } from './messages.js';
import { micrographSettings } from './micrographTable.js';
import { addMachineOptions, atLeast, decimal, type Given, group, machineOf, parsed, picked, share } from './options.js';
import { addImagesOptions, newImages, whereOf, withRun, withRuns, writeTable } from './trained.js';

export function classifyCommand(): Command {
  const command = new Command('classify')
    .summary('classify images with a trained model, or with several')
    .description(
      'Write one row per image: file, class, probability, whether the class is unsure, angle_deg (degrees counter-clockwise from the mean pose of the ' +
        "class's labelled images) and the probability of each class; how typical the image is of the training images (outlier_score, 0 or less) and whether it is an outlier; with templates, also its evidence (nats). " +
        'With several runs of the same classes, the probabilities are averaged and the angle is that of the most confident run. ' +
        'With --micrographs, one row per object with its position, and if --out is a folder also the counts and densities of the classes with intervals ' +
        '(counts.json), a picture of each micrograph, and its objects as regions (GeoJSON, for QuPath and napari).',
    )
    .argument('<run...>', 'one or more run folders created by train');
  addImagesOptions(
    command,
    'output file (default: standard output); with --micrographs, a table or a folder',
  ).addOption(parsed('--threshold <p>', 'images below this probability are marked unsure', decimal).default(0.8));
  command.addOption(
    new Option(
      '--answer <by>',
      'with templates: classify by the evidence, by the classifier (the recognition network), or by both (gated), weighted by the accuracy of the evidence on the labelled images',
    )
      .choices(['evidence', 'classifier', 'gated'])
      .default('gated'),
  );
  command.addOption(
    parsed(
      '--false-alarms <rate>',
      'fraction of the images of known classes that may be marked as outliers (default: 0.05)',
      share,
    ),
  );
  group(command, 'Archives:', [
    new Option(
      '--shards <folder>',
      'classify an archive by shards: write one Parquet file per shard to this folder or s3://BUCKET/PREFIX, and only those that are missing; --images may also be a text file with one file name per line, and --array a TIFF, Zarr or MRC stack (requires the package hyparquet-writer)',
    ),
    parsed('--shard-size <n>', 'entries of the archive per shard (default: 10000)', atLeast(1)),
    parsed(
      '--workers <n>',
      'processes that classify shards, or threads that find objects in micrographs (default: as many as cores and memory allow)',
      atLeast(1),
    ),
    new Option(
      '--queue [address]',
      'share the shards with every machine that runs the same command, through Redis, Valkey or PostgreSQL; see pyroved worker',
    ),
  ]);
  group(command, 'Micrographs:', [
    new Option('--latents', 'add the content latents and their standard deviations to the table'),
    new Option(
      '--parquet',
      'with a folder as --out: also write objects.parquet (requires the package hyparquet-writer)',
    ),
    new Option('--no-pictures', 'with a folder as --out: do not draw pictures'),
    new Option('--resume', 'with a folder as --out: continue where the same command was stopped'),
  ]);
  addMachineOptions(command);
  return command.action(async (runs: string[], given: Given) => {
    const threshold = given.threshold as number;
    if (!(threshold >= 0 && threshold <= 1))
      throw new PyrovedError(`--threshold must be a probability between 0 and 1; got ${threshold}.`);
    const { answer, falseAlarms } = given as ClassifyOptions;
    const options = { ...(answer !== 'gated' && { answer }), ...(falseAlarms !== undefined && { falseAlarms }) };
    if (given.shards !== undefined) return byShards(runs, given, { ...options, threshold });
    const stray = (['shardSize', 'queue'] as const).find((name) => given[name] !== undefined);
    if (stray !== undefined)
      throw new PyrovedError(`--${stray === 'shardSize' ? 'shard-size' : stray} requires --shards.`);
    if (given.micrographs !== undefined) return inMicrographs(runs, given, { ...options, threshold });
    const parts: RunClassification[] = [];
    for (const run of runs) {
      await withRun(run, given, async (trained) => {
        classifierOf(trained);
        const { set } = await newImages(trained, given);
        parts.push({ run, classNames: trained.classNames, rows: classifyImages(trained, set, threshold, options) });
      });
    }
    const [{ classNames, rows: own }] = parts;
    const rows = parts.length === 1 ? own : averagedClassifications(parts, threshold);
    writeTable(classificationCsv(rows, classNames), given);
    const unsure = rows.filter((row) => row.unsure).length;
    const counts = classNames.map((name, c) => `${rows.filter((row) => row.classIndex === c).length} ${name}`);
    const where = given.out === undefined ? '' : ` Table: ${given.out}`;
    const by = parts.length === 1 ? '' : ` with ${parts.length} runs, averaged`;
    const outliers = rows.filter((row) => row.outlier).length;
    const outlierText = rows.some((row) => row.outlier !== undefined) ? `; ${outliers} outliers` : '';
    say(
      `${formatCount(rows.length)} classified${by}: ${counts.join(', ')}; ${unsure} unsure (below ${threshold})${outlierText}.${where}`,
    );
  });
}

/** Classifies an archive by shards, together with other machines if there is a queue. */
async function byShards(
  runs: readonly string[],
  given: Given,
  options: ClassifyOptions & { readonly threshold: number },
): Promise<void> {
  const {
    images,
    array,
    dataset,
    shards,
    shardSize,
    queue,
    workers = defaultWorkers(),
  } = given as Record<string, string> & Record<'shardSize' | 'workers', number>;
  if (runs.length !== 1) throw new PyrovedError(`--shards takes one run; got ${runs.length}.`);
  const stray = ['out', 'micrographs'].find((name) => given[name] !== undefined);
  if (stray !== undefined) throw new PyrovedError(`--${stray} and --shards exclude each other.`);
  if ((images === undefined) === (array === undefined))
    throw new PyrovedError('--shards requires one of --images and --array.');
  const { threads = Math.max(1, Math.floor(os.availableParallelism() / workers)), ...machine } = machineOf(given);
  const request = {
    ...{ run: runs[0], archive: images ?? array, out: shards, ...options },
    ...defined({ dataset, shardSize }),
    ...picked(given, ['maxPixels', 'maxBytes']),
  };
  const address = queue === undefined ? {} : { queue: queueAddress(typeof queue === 'string' ? queue : true) };
  const found = await interruptible(say, (signal) =>
    classifyArchive(request, { ...machine, threads, workers, ...address }, { say, signal }),
  );
  const rate = found.images === 0 ? '' : `, ${formatCount(Math.round(found.imagesPerSecond))} per second and process`;
  const left =
    found.missing === 0
      ? ''
      : ` ${formatCount(found.missing)} of ${formatCount(found.total)} shards are missing; repeat the command to classify them.`;
  say(
    `${formatCount(found.images)} images classified here in ${formatCount(found.shards)} shards${rate}. Tables: ${shards}${left}`,
  );
}

/** Classifies the objects of micrographs. A table for standard output goes through a temporary file. */
async function inMicrographs(
  runs: readonly string[],
  given: Given,
  options: ClassifyOptions & { readonly threshold: number },
): Promise<void> {
  const { micrographs, out, latents, parquet, pictures, resume } = given as {
    readonly micrographs: string;
    readonly out?: string;
  } & Record<string, boolean | undefined>;
  whereOf(given);
  const scratch = out === undefined ? fs.mkdtempSync(path.join(os.tmpdir(), 'pyroved-')) : undefined;
  try {
    await interruptible(say, (signal) =>
      withRuns(runs, given, async (trained) => {
        const request = {
          ...{ micrographs, ...micrographSettings(given), ...options },
          ...picked(given, ['dataset', 'workers']),
          ...defined({ latents, parquet, pictures, resume }),
          out: scratch === undefined ? String(out) : path.join(scratch, 'objects.csv'),
        };
        const found = await classifyMicrographs(trained, request, { say, signal });
        sayProblems(found.problems);
        if (scratch !== undefined) writeTable(fs.readFileSync(found.table, 'utf8'), {});
        const where = scratch === undefined ? ` Table: ${found.table}` : '';
        say(
          `${formatCount(found.objects)} objects classified in ${formatCount(found.counts.length)} micrograph(s).${where}`,
        );
      }),
    );
  } finally {
    if (scratch !== undefined) fs.rmSync(scratch, { recursive: true, force: true });
  }
}
