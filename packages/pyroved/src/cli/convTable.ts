/** Command-line options for convolutional networks. */
import { InvalidArgumentError } from 'commander';
import { type ConvNet, type ConvOptions, convNet, PyrovedError } from 'pyroved-ts';
import { upsamplings } from 'pyroved-ts/internal';
import { type Given, picked } from './options.js';
import { setting } from './settings.js';

const nets = ['dense', 'conv'];

const netOf = (given: Given): ConvNet => convNet(picked(given, ['blocks', 'batchNorm']));

/** The decoder uses the encoder's blocks in reverse order. */
function decoderOf(given: Given): ConvNet {
  const { blocks: channels, upsampling } = given as Pick<ConvOptions, 'blocks' | 'upsampling'>;
  return { ...netOf(given), ...(channels && { blocks: reversed(channels) }), ...(upsampling && { upsampling }) };
}

/** For options that only modify the networks chosen by other options. */
const none = { model: () => ({}) };

export const convTable = [
  setting('--encoder <net>', 'dense: fully connected; conv: convolutional (default: dense)', nets, {
    model: (net: string, given) => (net === 'conv' ? { model: { encoder: netOf(given) } } : {}),
  }),
  setting('--classifier <net>', 'network of the classifier or regressor: dense or conv (default: dense)', nets, {
    model: (net: string, given) => (net === 'conv' ? { model: { predictor: netOf(given) } } : {}),
  }),
  setting(
    '--decoder <net>',
    'dense: a network evaluated at pixel coordinates (without coordinates if --invariances is none); conv: convolutional, requires --invariances none; template, with recognition: one template per class, warped by a smooth field (default: dense)',
    [...nets, 'template'],
    {
      model: (net: string, given) => {
        if (net === 'template') return { model: { decoder: net } };
        return net === 'conv' ? { model: { decoder: decoderOf(given) } } : {};
      },
    },
  ),
  setting(
    '--blocks <channels>',
    'channels of the convolutional layers, block by block; the image is halved between blocks, and the decoder uses the reverse order (default: "32 64,64 128,128")',
    blocks,
    none,
  ),
  setting('--batch-norm', 'batch normalisation of each channel', undefined, none),
  setting(
    '--upsampling <how>',
    'upsampling of the convolutional decoder (default: linear for images, nearest for signals)',
    upsamplings,
    none,
  ),
];

/** @throws {PyrovedError} for convolution options without a convolutional network, and for a convolutional decoder of an invariant model. */
export function checkConvolutions(given: Given): void {
  const { encoder, classifier, decoder, batchNorm, upsampling, blocks: channels, invariances } = given;
  const isConv = [encoder, classifier, decoder].includes('conv');
  if (!isConv && (channels !== undefined || batchNorm !== undefined)) {
    const flag = channels === undefined ? '--batch-norm' : '--blocks';
    throw new PyrovedError(
      `${flag} requires a convolutional network: add --encoder conv, --classifier conv or --decoder conv.`,
    );
  }
  if (upsampling !== undefined && decoder !== 'conv') {
    throw new PyrovedError(
      '--upsampling requires a convolutional decoder: add --decoder conv, or train a VED on pairs.',
    );
  }
  if (decoder === 'conv' && !(Array.isArray(invariances) && invariances.length === 0)) {
    throw new PyrovedError(
      'A convolutional decoder takes no coordinates and cannot be invariant to rotation or translation: use --invariances none with --decoder conv, or omit --decoder.',
    );
  }
}

/** The decoder's channels: blocks, and the channels within each, in reverse order. */
export const reversed = (channels: readonly (readonly number[])[]): number[][] =>
  channels.map((block) => block.toReversed()).toReversed();

function blocks(text: string): number[][] {
  const lists = text
    .trim()
    .split(/\s+/)
    .map((block) => block.split(',').map(Number));
  if (lists.every((block) => block.every((n) => Number.isInteger(n) && n > 0))) return lists;
  throw new InvalidArgumentError('Expected the channels of each block, e.g. "32 64,64 128,128".');
}
