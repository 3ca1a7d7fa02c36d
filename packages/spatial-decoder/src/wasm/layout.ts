/**
 * The layout of the shared memory. This file is compiled by TypeScript and by AssemblyScript, so both sides agree by construction. Word
 * indices count 32-bit words; control words that several threads write are on separate cache lines.
 */

/** Control words, from address 0. */
/** Counts jobs; idle workers sleep on it. */
export const EPOCH = 16;
/** Number of workers that joined the job, plus OPEN while more may join. */
export const STATE = 32;
/** Number of workers that finished the job; the main thread sleeps on it. */
export const FINISHED = 48;
/** Not 0 once a worker failed in a job. */
export const FAILED = 64;
/** The next unclaimed piece of work. */
export const NEXT = 80;
/** What to do: FORWARD, BACKWARD, REDUCE or STOP. */
export const KIND = 96;
/** Address of the job's words. */
export const JOB = 97;
/** One word per thread, BEAT_STRIDE apart, which counts up while the thread works. */
export const BEAT = 128;
export const BEAT_STRIDE = 16;
export const MAX_THREADS = 64;

export const OPEN = 0x40000000;

export const STOP = 0;
export const FORWARD = 1;
export const BACKWARD = 2;
export const REDUCE = 3;

/** First byte of the allocator: the control words and the module's constants (from CONSTANTS on) come before. */
export const HEAP = 16384;
export const CONSTANTS = 8192;

/** Job words, from the address in JOB. R, P, d, C and the number L of hidden layers. */
export const PIXELS = 0;
export const DIMS = 1;
export const CHANNELS = 2;
export const LAYERS = 3;
export const FIRST_ACTIVATION = 4;
export const ACTIVATION = 5;
/** A unit is one row's pixels from part * PART_PIXELS on; each row has PARTS of them. */
export const PARTS = 6;
export const PART_PIXELS = 7;
/** A unit is computed in tiles of at most this many pixels (a multiple of 4). */
export const TILE = 8;
export const UNITS = 9;
/** Chunks are runs of units with one set of weight gradients each; the split depends on the sizes only, not on the number of threads. */
export const CHUNKS = 10;
export const GRID = 11;
export const POSE = 12;
export const CODE = 13;
export const OUTPUT = 14;
export const UPSTREAM = 15;
/** Gradients [unit][d + 1][padded H0]: pose, then code. */
export const POSE_GRAD = 16;
/** Activations of the first KEPT_UNITS units, KEPT_BYTES each. */
export const KEPT = 17;
export const KEPT_UNITS = 18;
export const KEPT_BYTES = 19;
/** Weight gradients [chunk][PARTIAL_FLOATS]. */
export const PARTIALS = 20;
export const PARTIAL_FLOATS = 21;
/** Working memory [thread][SCRATCH_BYTES]. */
export const SCRATCH = 22;
export const SCRATCH_BYTES = 23;
/** Zeros, as many as the widest layer. */
export const ZEROS = 24;
/** The largest padded width. */
export const WIDEST = 25;

/** Records of LAYER_WORDS words: 0 the coordinate layer, 1 to L the hidden layers, L + 1 the output. */
export const LAYER_TABLE = 32;
export const LAYER_WORDS = 8;
export const WIDTH = 0;
/** The width rounded up to a multiple of 8; lanes beyond the width hold zeros. */
export const PADDED = 1;
/** Panels of 8 columns, [padded out / 8][padded in][8]; of the output layer, [C][padded in]. */
export const WEIGHT = 2;
/** The transposed weight in the same form. */
export const TRANSPOSED = 3;
export const BIAS = 4;
/** Offsets in floats into a chunk's gradients: blocks [out / 8][in / 4][4][8]; of the output layer, [C][padded in]. */
export const WEIGHT_GRAD = 5;
export const BIAS_GRAD = 6;

/** Number of floats that a REDUCE processes at a time. */
export const SLICE = 4096;

/** Activations, in the order of `activations` in kernel.ts. */
export const TANH = 0;
export const RELU = 1;
export const LEAKY_RELU = 2;
export const SOFTPLUS = 3;
export const GELU = 4;
