/** Words of a job of the convolutional encoder, besides those of `layout.ts` that every job has. Compiled by both TypeScript and AssemblyScript. */

/** Kinds of jobs, besides those of `layout.ts`: images through the blocks, through the dense layer, and back. */
export const ENCODER_BLOCKS = 4;
export const ENCODER_DENSE = 5;
export const ENCODER_DENSE_BACK = 6;
export const ENCODER_BLOCKS_BACK = 7;

/** Address of the batch's images [n, H, W, C], their number, and the bytes of one. */
export const IMAGES = 32;
export const COUNT = 33;
export const IMAGE_BYTES = 34;
/** Convolutions. */
export const BLOCKS = 35;
/** Outputs of the dense layer, rounded up to a multiple of 8, and its inputs with padded channels. */
export const FEATURES = 36;
export const DENSE_INPUTS = 37;
/** Images that share a sum of gradients, and those that go through the blocks together. */
export const CHUNK_IMAGES = 38;
export const GROUP = 39;
/** Rows before [n, DENSE_INPUTS] and after [n, FEATURES] the dense layer, then the gradients of both. */
export const INPUT_ROWS = 40;
export const OUTPUT_ROWS = 41;
export const INPUT_GRADS = 42;
export const OUTPUT_GRADS = 43;
/** Maps of each image, MAPS_BYTES apart; 0 if not kept. Mean and 1 / deviation of each follow at STATISTICS bytes. */
export const MAPS = 44;
export const MAPS_BYTES = 45;
export const STATISTICS = 46;
/** Dense weights in panels [FEATURES / 8][DENSE_INPUTS][8], the bias, and the gradient [DENSE_INPUTS][FEATURES]. */
export const DENSE = 47;
export const DENSE_BIAS = 48;
export const DENSE_GRAD = 49;
/** Bytes of an image's padded inputs, of the largest map, and of the largest padded one. */
export const INPUT_BYTES = 50;
export const WIDEST_MAP = 51;
export const WIDEST_PADDED = 52;
/** Address of the gradients of the images; 0 if not requested. */
export const IMAGE_GRADS = 53;
/** At least eight zeros: a row of gradients for pixels beyond the last. */
export const ZERO_ROW = 54;

export const BLOCK_TABLE = 64;
export const BLOCK_WORDS = 32;
/** The input map: its size, the floats of a pixel, the zeros on each side, the bytes of a padded row and of the padded map. */
export const HEIGHT = 0;
export const WIDTH = 1;
export const PITCH = 2;
export const HALF = 3;
export const PADDED_ROW = 4;
export const PADDED_BYTES = 5;
/** The output map, its floats of a pixel rounded up to a multiple of 8. */
export const OUT_HEIGHT = 6;
export const OUT_WIDTH = 7;
export const OUT_PITCH = 8;
/** Its normalised pixels: zeros on each side and bytes of a row. */
export const OUT_HALF = 9;
export const OUT_PADDED_ROW = 10;
/** Number of values of that map, without padding. */
export const NUMBERS = 11;
export const SIDE = 12;
/** Floats of a row of the filter, and the same rounded up to a multiple of 8. */
export const RUN = 13;
export const TURNED_RUN = 14;
/** Bytes from the padded map's start to the first input of each output pixel, and their number, a multiple of 4 (the last repeats). */
export const PIXEL_OFFSETS = 15;
export const PIXELS_UP = 16;
/** Bytes from there to each tap of the filter, and their number, a multiple of 4 (the last repeats). */
export const TAP_OFFSETS = 17;
export const TAPS_UP = 18;
/** Panels [OUT_PITCH / 8][tap][8], and for the gradient of the input [row of the filter][TURNED_RUN / 8][OUT_PITCH][8]. */
export const FILTER = 19;
export const TURNED = 20;
/** [OUT_PITCH]; LIVE is 1 for each channel and 0 in the padding. */
export const GAIN = 21;
export const BIAS_OF_MAP = 22;
export const LIVE = 23;
/** Floats into a chunk's gradients: [OUT_PITCH / 8][TAPS_UP][8], [OUT_PITCH], [OUT_PITCH]. */
export const FILTER_GRAD = 24;
export const GAIN_GRAD = 25;
export const BIAS_OF_MAP_GRAD = 26;
/** Bytes into an image's padded inputs, and into its maps. */
export const INPUT_AT = 27;
export const MAP_AT = 28;

/** Inputs of the dense layer per piece of work in the backward pass, and images per piece in the forward pass. */
export const DENSE_PIECE = 32;
export const DENSE_TILE = 16;
/** Images whose rows share the first-level cache. */
export const DENSE_IMAGES = 64;
