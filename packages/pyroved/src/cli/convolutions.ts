/** The options that put convolutional networks into a model. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ConvNet, type ConvOptions, convNet, PyrovedError, upsamplings } from 'pyroved-ts';
import type { ModelSettings } from '../runs/index.js';
import { type Given, group, picked } from './options.js';

const nets = ['dense', 'conv'];

/** `without` names options, in the library's spelling, that a command has no use for. */
export const addConvOptions = (command: Command, without: readonly string[] = []): Command =>
  group(
    command,
    'Convolutional networks (a VED has them anyway):',
    convOptions().filter((option) => !without.includes(option.attributeName())),
  );

const convOptions = (): Option[] => [
  new Option(
    '--encoder <net>',
    'dense: every pixel has weights of its own; conv: convolutions (default: dense)',
  ).choices(nets),
  new Option('--classifier <net>', 'likewise, of the classifier or the regressor (default: dense)').choices(nets),
  new Option(
    '--decoder <net>',
    'dense: a network that is asked at coordinates, or at none with --invariances none; conv: convolutions, which know no coordinates and so go with --invariances none alone; template, with recognition: one picture per class, moved by a smooth field (default: dense)',
  ).choices([...nets, 'template']),
  new Option(
    '--blocks <channels>',
    'channels of the convolutions, block by block; the image is halved between blocks, and a decoder has the reverse (default: "32 64,64 128,128")',
  ).argParser(blocks),
  new Option('--batch-norm', 'normalise each channel over the batch'),
  new Option(
    '--upsampling <how>',
    'how a convolutional decoder doubles a size (default: linear for images, nearest for signals)',
  ).choices(upsamplings),
];

/** The networks of a model that was asked for. @throws {PyrovedError} for options of convolutions without one. */
export function convSettingsOf(given: Given): Pick<ModelSettings, 'encoder' | 'decoder' | 'predictor'> {
  const { encoder, classifier, decoder, batchNorm, upsampling, blocks: channels, invariances } = given as ConvGiven;
  const isConv = [encoder, classifier, decoder].includes('conv');
  if (!isConv && (channels !== undefined || batchNorm !== undefined)) {
    const flag = channels === undefined ? '--batch-norm' : '--blocks';
    throw new PyrovedError(
      `${flag} is for convolutions: give --encoder conv, --classifier conv or --decoder conv too.`,
    );
  }
  if (upsampling !== undefined && decoder !== 'conv') {
    throw new PyrovedError('--upsampling is for a convolutional decoder: give --decoder conv, or pairs for a VED.');
  }
  if (decoder === 'conv' && invariances?.length !== 0) {
    throw new PyrovedError(
      'A convolutional decoder knows no coordinates, so it cannot be asked at turned or moved ones: give --invariances none with --decoder conv, or omit --decoder.',
    );
  }
  const net: ConvNet = convNet(picked({ blocks: channels, batchNorm }, ['blocks', 'batchNorm']));
  return {
    ...(encoder === 'conv' && { encoder: net }),
    ...(classifier === 'conv' && { predictor: net }),
    ...(decoder === 'template' && { decoder }),
    ...(decoder === 'conv' && {
      decoder: {
        ...net,
        ...(channels && { blocks: reversed(channels) }),
        ...(upsampling && { upsampling }),
      },
    }),
  };
}

/** Channels block by block from the last to the first: a decoder's, which ends where the encoder begins. */
export const reversed = (channels: readonly (readonly number[])[]): number[][] =>
  channels.map((block) => block.toReversed()).toReversed();

interface ConvGiven extends Pick<ConvOptions, 'blocks' | 'batchNorm' | 'upsampling'> {
  readonly encoder?: string;
  readonly classifier?: string;
  readonly decoder?: string;
  readonly invariances?: readonly string[];
}

function blocks(text: string): number[][] {
  const lists = text
    .trim()
    .split(/\s+/)
    .map((block) => block.split(',').map(Number));
  if (lists.every((block) => block.every((n) => Number.isInteger(n) && n > 0))) return lists;
  throw new InvalidArgumentError('Give channels block by block, as in "32 64,64 128,128".');
}
