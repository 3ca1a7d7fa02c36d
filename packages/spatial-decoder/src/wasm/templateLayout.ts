/**
 * Words of a job for deformable templates, besides those of `layout.ts` that every job has. Compiled by both TypeScript and
 * AssemblyScript.
 */

/** Kinds of jobs, besides those of `layout.ts` and `encoderLayout.ts`. */
export const TEMPLATE_DRAW = 8;
export const TEMPLATE_ERRORS = 9;
export const TEMPLATE_EQUATIONS = 10;
export const TEMPLATE_BACK = 11;

/** R, P, P rounded up to a multiple of 4, K, H, W, C, g. */
export const ROWS = 32;
export const POINTS = 33;
export const PADDED_POINTS = 34;
export const PLANES = 35;
export const HEIGHT = 36;
export const WIDTH = 37;
export const CONTENTS = 38;
export const GRID = 39;
/** Rows per piece of work; those of a chunk share a sum of gradients. */
export const PIECE_ROWS = 40;
/** [PADDED_POINTS] each: coordinates, the last repeated, and 1 for a pixel, 0 for padding. */
export const XS = 41;
export const YS = 42;
export const LIVE = 43;
/**
 * [G][K][(H + 1) (W + 1)][4]: an entry and its neighbours right, below, and below right (the last row and column
 * repeat); or, for the normal equations, an entry, its two slopes, and 0.
 */
export const PICTURES = 44;
/** Entries of a picture's plane and of a field's. */
export const PICTURE_ENTRIES = 45;
export const FIELD_ENTRIES = 46;
/** [C][(g + 1) (g + 1)][8]: the horizontal displacement of an entry and its neighbours, then the vertical. */
export const FIELD = 47;
/** [R][3 + C], and [R][2]: cosine and sine. */
export const THETA = 48;
export const DIRECTIONS = 49;
/** [R]: indices of pictures, and of targets [.][K][PADDED_POINTS]. */
export const PICTURE = 50;
export const SLOT = 51;
export const TARGETS = 52;
/** Drawn pixels [R][K][P], or the gradient upstream of them. */
export const DRAWN = 53;
/** Results [R], [R][3 + C], [R][3 + C][3 + C]; the gradient of theta goes where that of the normal equations goes. */
export const ERRORS = 54;
export const GRADIENT = 55;
export const HESSIAN = 56;
/** Pixels of a row of the Jacobian that are in memory at a time, a multiple of 4, and its rows, a multiple of 4. */
export const BLOCK_POINTS = 57;
export const JACOBIAN_ROWS = 58;
/** Bytes of a chunk's gradients that come before those of the fields. */
export const FIELD_SUMS = 59;
export const TEMPLATE_WORDS = 64;

/**
 * Bytes at the start of a thread's memory for values of one vector; the field of a row comes next, then what the job
 * needs.
 */
export const VALUES = 512;
