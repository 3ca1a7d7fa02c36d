/** Command-line options of micrographs: how objects are found or given, and how files are read. */
import type { Option } from 'commander';
import { atLeast, type Given, parsed, wholeNumber } from './options.js';
import { entry, into, type SourceOption } from './sourceOption.js';

const micrographs = ['micrographs'] as const;

/** Limits on the size of a file's content, created for each command that has them, since commander stores the heading in them. */
export const limits = (): readonly SourceOption[] => [
  entry(
    '--max-pixels <n>',
    'largest number of pixels of an image; larger files are rejected (default: 100 million)',
    atLeast(1),
    into(['images', 'array', 'micrographs'], 'maxPixels'),
  ),
  entry(
    '--max-bytes <n>',
    'largest memory for the content of a file, in bytes; larger files are rejected (default: 400 million, or 32 times the file size)',
    atLeast(1),
    into(['images', 'array', 'micrographs'], 'maxBytes'),
  ),
];

/** How objects in micrographs are found or given, created for each command, as `limits`. */
export const micrographOptions = (): readonly SourceOption[] => [
  entry(
    '--patch-size <pixels>',
    'side of the square patch around each object (default: chosen from the sizes of the objects)',
    atLeast(8),
    into(micrographs, 'patch'),
  ),
  entry(
    '--objects <table>',
    'CSV table of the objects, such as find writes: x,y and optionally file, label and label_angle (default: objects are found)',
    undefined,
    into(micrographs, 'objects'),
  ),
  entry(
    '--polarity <which>',
    'whether objects are bright, dark, or either (default: bright or dark, whichever stands out more)',
    ['bright', 'dark', 'either'],
    into(micrographs, 'polarity'),
  ),
  entry(
    '--no-split',
    'keep touching objects together (default: split at narrow necks)',
    undefined,
    into(micrographs, 'split'),
  ),
  entry(
    '--min-area <pixels>',
    'ignore smaller regions, in pixels (default: a fifth of the typical area; 1% of the patch if --patch-size is given)',
    wholeNumber,
    into(micrographs, 'minArea'),
  ),
  entry(
    '--max-area <pixels>',
    'ignore larger regions, in pixels (default: eight typical areas; half the patch if --patch-size is given)',
    wholeNumber,
    into(micrographs, 'maxArea'),
  ),
  entry(
    '--channel <name>',
    'index or name of the channel of micrographs, or all to use all of them together (default: the only one)',
    channelOf,
    into(micrographs, 'channel'),
  ),
  entry(
    '--pixel-size <length>',
    'size of a pixel, e.g. "1.3 nm" or "1.3 x 1.2 um" (default: as in the files)',
    undefined,
    into(micrographs, 'pixelSize'),
  ),
  entry(
    '--common-pixel-size <length>',
    'pixel size to which all micrographs are resampled (default: the largest, if they differ)',
    undefined,
    into(micrographs, 'commonPixelSize'),
  ),
];

/** How many threads find objects, created for each command. */
export const threadsOption = (): Option =>
  parsed('--workers <n>', 'threads that find objects (default: as many as cores and memory allow)', atLeast(1));

/** The settings of `micrographOptions` and `limits` among the options of a command. */
export const micrographSettings = (given: Given): Record<string, unknown> =>
  Object.fromEntries(
    [...micrographOptions(), ...limits()].flatMap(({ option, places }) => {
      const value = given[option.attributeName()];
      // A flag that begins with "no-" is true unless it is given.
      const isDefault = value === undefined || (option.negate && value === true);
      return places.micrographs === undefined || isDefault ? [] : [[places.micrographs, value]];
    }),
  );

const channelOf = (text: string): number | string => (/^\d+$/.test(text.trim()) ? Number(text) : text);
