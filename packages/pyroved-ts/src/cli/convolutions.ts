/** The options that put convolutional networks into a model. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PyrovedError } from '../errors.js';
import { type ConvNet, type ConvOptions, convNet, upsamplings } from '../nets/index.js';
import type { ModelSettings } from '../recipes/index.js';
import { type Given, group, picked } from './options.js';

const nets = ['dense', 'conv'];

export const addConvOptions = (command: Command): Command =>
  group(command, 'Convolutional networks (a VED has them anyway):', [
    new Option(
      '--encoder <net>',
      'dense: every pixel has weights of its own; conv: convolutions (default: dense)',
    ).choices(nets),
    new Option('--classifier <net>', 'likewise, of the classifier or the regressor (default: dense)').choices(nets),
    new Option(
      '--blocks <channels>',
      'channels of the convolutions, block by block; the image is halved between blocks, and a VED\'s decoder has the reverse (default: "32 64,64 128,128")',
    ).argParser(blocks),
    new Option('--batch-norm', 'normalise each channel over the batch'),
    new Option(
      '--upsampling <how>',
      'of a VED: how its decoder doubles a size (default: linear for images, nearest for signals)',
    ).choices(upsamplings),
  ]);

/** The networks of a model that was asked for. @throws {PyrovedError} for options of convolutions without one. */
export function convSettingsOf(given: Given): Pick<ModelSettings, 'encoder' | 'classifier' | 'regressor'> {
  const { encoder, classifier, batchNorm, upsampling, blocks: channels } = given as ConvGiven;
  const isConv = [encoder, classifier].includes('conv');
  if (upsampling !== undefined) throw new PyrovedError('--upsampling is for a VED: give --targets, or "rods".');
  if (!isConv && (channels !== undefined || batchNorm !== undefined)) {
    const flag = channels === undefined ? '--batch-norm' : '--blocks';
    throw new PyrovedError(`${flag} is for convolutions: give --encoder conv or --classifier conv too.`);
  }
  const net: ConvNet = convNet(picked({ blocks: channels, batchNorm }, ['blocks', 'batchNorm']));
  return {
    ...(encoder === 'conv' && { encoder: net }),
    ...(classifier === 'conv' && { classifier: net, regressor: net }),
  };
}

interface ConvGiven extends Pick<ConvOptions, 'blocks' | 'batchNorm' | 'upsampling'> {
  readonly encoder?: string;
  readonly classifier?: string;
}

function blocks(text: string): number[][] {
  const lists = text
    .trim()
    .split(/\s+/)
    .map((block) => block.split(',').map(Number));
  if (lists.every((block) => block.every((n) => Number.isInteger(n) && n > 0))) return lists;
  throw new InvalidArgumentError('Give channels block by block, as in "32 64,64 128,128".');
}
