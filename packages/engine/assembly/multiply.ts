/**
 * The matrix product, either operand read along rows or columns. Operands are packed into panels that stay in cache, and each register tile of 4 x 8
 * sums goes over the whole depth of a block (Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
 */

import { madd } from './simd';

/** Depth, rows and columns of a block. */
export const DEPTH: i32 = 256;
export const ROWS: i32 = 64;
const COLUMNS: i32 = 256;

/**
 * c [n, m] = a [n, k] times b [k, m]. Entry (i, l) of `a` lies at a + i aRow + l aColumn, entry (l, j) of `b` at b + l bRow + j bColumn, all in bytes;
 * `c` is row major. `scratch` has room for SCRATCH_FLOATS (src/wasm/heap.ts): both packed blocks and one tile.
 */
export function multiply(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  c: usize,
  n: i32,
  k: i32,
  m: i32,
  scratch: usize,
): void {
  const packedB = scratch + ((<usize>(DEPTH * ROWS)) << 2);
  const tile = packedB + ((<usize>(DEPTH * COLUMNS)) << 2);
  for (let j = 0; j < m; j += COLUMNS) {
    const columns = min(COLUMNS, m - j);
    for (let l = 0; l < k; l += DEPTH) {
      const depth = min(DEPTH, k - l);
      pack(b + <usize>l * bRow + <usize>j * bColumn, bColumn, bRow, columns, depth, 8, packedB, (<usize>depth) << 5);
      for (let i = 0; i < n; i += ROWS) {
        const rows = min(ROWS, n - i);
        pack(a + <usize>i * aRow + <usize>l * aColumn, aRow, aColumn, rows, depth, 4, scratch, (<usize>depth) << 4);
        multiplyBlocks(
          scratch,
          packedB,
          c + ((<usize>(i * m + j)) << 2),
          rows,
          depth,
          columns,
          (<usize>m) << 2,
          l > 0,
          tile,
        );
      }
    }
  }
}

/**
 * Panels of `width` lines, entry by entry of their depth: the layout that a tile reads in one run. Line i begins at from + i line, its entries are `step`
 * bytes apart. Lines that a last panel lacks are zeros. From one panel to the next it is `panel` bytes.
 */
export function pack(
  from: usize,
  line: usize,
  step: usize,
  lines: i32,
  depth: i32,
  width: i32,
  to: usize,
  panel: usize,
): void {
  const whole = (<usize>width) << 2;
  let first = 0;
  if (line === 4 && width === 4) {
    for (; first + 16 <= lines; first += 16, to += 4 * panel) {
      packFour(from + ((<usize>first) << 2), step, depth, to, panel);
    }
  }
  for (; first < lines; first += width, to += panel) {
    const start = from + <usize>first * line;
    const present = min(width, lines - first);
    if (present === width && line === 4) packAcross(start, step, depth, width, to);
    else if (present === width && step === 4) {
      for (let i = 0; i < width; i += 4) packAlong(start + <usize>i * line, line, depth, whole, to + ((<usize>i) << 2));
    } else {
      for (let i = 0; i < width; i++) {
        packLine(start + <usize>i * line, step, depth, i < present, whole, to + ((<usize>i) << 2));
      }
    }
  }
}

/** Four panels of 4 lines that lie one beside the other: whole cache lines are read at once. */
function packFour(from: usize, step: usize, depth: i32, to: usize, panel: usize): void {
  for (const end = to + ((<usize>depth) << 4); to < end; to += 16, from += step) {
    v128.store(to, v128.load(from));
    v128.store(to + panel, v128.load(from, 16));
    v128.store(to + 2 * panel, v128.load(from, 32));
    v128.store(to + 3 * panel, v128.load(from, 48));
  }
}

/** A panel whose lines lie one beside the other. */
function packAcross(from: usize, step: usize, depth: i32, width: i32, to: usize): void {
  for (let l = 0; l < depth; l++, from += step) {
    for (let i = 0; i < width; i += 4, to += 16) v128.store(to, v128.load(from + ((<usize>i) << 2)));
  }
}

/** Four lines of a panel, each in one run of memory: blocks of 4 x 4 are turned. */
function packAlong(from: usize, line: usize, depth: i32, whole: usize, to: usize): void {
  let l = 0;
  for (; l + 4 <= depth; l += 4, from += 16, to += 4 * whole) {
    const a = v128.load(from);
    const b = v128.load(from + line);
    const c = v128.load(from + 2 * line);
    const d = v128.load(from + 3 * line);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
    v128.store(to + whole, v128.shuffle<f64>(ab, cd, 1, 3));
    v128.store(to + 2 * whole, v128.shuffle<f64>(abHigh, cdHigh, 0, 2));
    v128.store(to + 3 * whole, v128.shuffle<f64>(abHigh, cdHigh, 1, 3));
  }
  for (let i: usize = 0; i < 4; i++) packLine(from + i * line, 4, depth - l, true, whole, to + (i << 2));
}

/** One line of a panel, or zeros in its place. */
function packLine(from: usize, step: usize, depth: i32, isPresent: bool, whole: usize, to: usize): void {
  for (let l = 0; l < depth; l++, from += step, to += whole) store<f32>(to, isPresent ? load<f32>(from) : 0);
}

/** All tiles of one pair of packed blocks: into `c`, or added to what `c` holds. */
export function multiplyBlocks(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  cRow: usize,
  onto: bool,
  tile: usize,
): void {
  const aPanel = (<usize>depth) << 4;
  const bPanel = (<usize>depth) << 5;
  for (let j = 0; j < columns; j += 8, b += bPanel) {
    let panel = a;
    for (let i = 0; i < rows; i += 4, panel += aPanel) {
      const to = c + <usize>i * cRow + ((<usize>j) << 2);
      if (i + 4 <= rows && j + 8 <= columns) {
        multiplyTile(panel, b, depth, to, cRow, onto);
        continue;
      }
      multiplyTile(panel, b, depth, tile, 32, false);
      addPart(tile, to, min(4, rows - i), min(8, columns - j), cRow, onto);
    }
  }
}

/** 4 rows and 8 columns at `c` = (4 packed rows at `a`) times (8 packed columns at `b`), or that added to them. */
function multiplyTile(a: usize, b: usize, depth: i32, c: usize, cRow: usize, onto: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (const end = a + ((<usize>depth) << 4); a < end; a += 16, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    const a1 = v128.load32_splat(a, 4);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    const a2 = v128.load32_splat(a, 8);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    const a3 = v128.load32_splat(a, 12);
    c30 = madd(a3, b0, c30);
    c31 = madd(a3, b1, c31);
  }
  putRow(c, c00, c01, onto);
  putRow(c + cRow, c10, c11, onto);
  putRow(c + 2 * cRow, c20, c21, onto);
  putRow(c + 3 * cRow, c30, c31, onto);
}

export function putRow(to: usize, left: v128, right: v128, onto: bool): void {
  v128.store(to, onto ? f32x4.add(v128.load(to), left) : left);
  v128.store(to, onto ? f32x4.add(v128.load(to, 16), right) : right, 16);
}

/** The part of a tile that lies within `c`. */
export function addPart(tile: usize, c: usize, rows: i32, columns: i32, cRow: usize, onto: bool): void {
  for (let i = 0; i < rows; i++, tile += 32, c += cRow) {
    for (let j = 0; j < columns; j++) {
      const at = (<usize>j) << 2;
      store<f32>(c + at, onto ? load<f32>(c + at) + load<f32>(tile + at) : load<f32>(tile + at));
    }
  }
}
