/** The options that put convolutional networks into a model. */
import { InvalidArgumentError } from 'commander';
import { type ConvNet, type ConvOptions, convNet, PyrovedError, upsamplings } from 'pyroved-ts';
import { type Given, picked } from './options.js';
import { setting } from './settings.js';

const nets = ['dense', 'conv'];

const netOf = (given: Given): ConvNet => convNet(picked(given, ['blocks', 'batchNorm']));

/** A decoder has the blocks of an encoder in reverse. */
function decoderOf(given: Given): ConvNet {
  const { blocks: channels, upsampling } = given as Pick<ConvOptions, 'blocks' | 'upsampling'>;
  return { ...netOf(given), ...(channels && { blocks: reversed(channels) }), ...(upsampling && { upsampling }) };
}

/** Of options that only say how the networks of others are made. */
const none = { model: () => ({}) };

export const convTable = [
  setting('--encoder <net>', 'dense: every pixel has weights of its own; conv: convolutions (default: dense)', nets, {
    model: (net: string, given) => (net === 'conv' ? { model: { encoder: netOf(given) } } : {}),
  }),
  setting('--classifier <net>', 'likewise, of the classifier or the regressor (default: dense)', nets, {
    model: (net: string, given) => (net === 'conv' ? { model: { predictor: netOf(given) } } : {}),
  }),
  setting(
    '--decoder <net>',
    'dense: a network evaluated at coordinates, or at none with --invariances none; conv: convolutions, which take no coordinates and so need --invariances none; template, with recognition: one picture per class, moved by a smooth field (default: dense)',
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
    'channels of the convolutions, block by block; the image is halved between blocks, and a decoder has the reverse (default: "32 64,64 128,128")',
    blocks,
    none,
  ),
  setting('--batch-norm', 'normalise each channel over the batch', undefined, none),
  setting(
    '--upsampling <how>',
    'how a convolutional decoder doubles a size (default: linear for images, nearest for signals)',
    upsamplings,
    none,
  ),
];

/** @throws {PyrovedError} for options of convolutions without any, and a convolutional decoder that would need coordinates. */
export function checkConvolutions(given: Given): void {
  const { encoder, classifier, decoder, batchNorm, upsampling, blocks: channels, invariances } = given;
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
  if (decoder === 'conv' && !(Array.isArray(invariances) && invariances.length === 0)) {
    throw new PyrovedError(
      'A convolutional decoder takes no coordinates, so it cannot be evaluated at rotated or shifted ones: give --invariances none with --decoder conv, or omit --decoder.',
    );
  }
}

/** Channels block by block from the last to the first: a decoder's, which ends where the encoder begins. */
export const reversed = (channels: readonly (readonly number[])[]): number[][] =>
  channels.map((block) => block.toReversed()).toReversed();

function blocks(text: string): number[][] {
  const lists = text
    .trim()
    .split(/\s+/)
    .map((block) => block.split(',').map(Number));
  if (lists.every((block) => block.every((n) => Number.isInteger(n) && n > 0))) return lists;
  throw new InvalidArgumentError('Give channels block by block, as in "32 64,64 128,128".');
}
