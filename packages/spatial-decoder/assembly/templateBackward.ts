/** The gradient of drawn pixels to pictures, field, pose and content. */
import { PARTIAL_FLOATS, PARTIALS } from '../src/wasm/layout';
import {
  CONTENTS,
  DRAWN,
  FIELD,
  FIELD_ENTRIES,
  FIELD_SUMS,
  GRADIENT,
  GRID,
  HEIGHT,
  PADDED_POINTS,
  PICTURE,
  PICTURE_ENTRIES,
  PLANES,
  POINTS,
  VALUES,
  WIDTH,
} from '../src/wasm/templateLayout';
import { address, scratch, stillHere, word } from './job';
import { madd } from './simd';
import {
  CONTROL,
  cos,
  endOf,
  fieldBytes,
  firstOf,
  inside,
  interpolateSloped,
  locate,
  openRow,
  PLACE,
  picture,
  planeBytes,
  SEEN,
  SLOPES,
  sin,
  theta,
  total,
  U,
  V,
  X,
  Y,
} from './templatePlace';

/** A chunk adds its rows to sums of its own: pictures [G][K][entries], then fields [C][2][entries]. */
export function drawBackwardRows(chunk: i32): void {
  const sums = address(PARTIALS) + ((<usize>chunk * address(PARTIAL_FLOATS)) << 2);
  memory.fill(sums, 0, address(PARTIAL_FLOATS) << 2);
  for (let row = firstOf(chunk); row < endOf(chunk); row++) {
    backwardRow(row, sums);
    stillHere();
  }
}

function backwardRow(row: i32, sums: usize): void {
  openRow(row);
  const planes = word(PLANES);
  const contents = word(CONTENTS);
  const points = (<usize>word(POINTS)) << 2;
  const padded = (<usize>word(PADDED_POINTS)) << 2;
  const entries = (<usize>word(PICTURE_ENTRIES)) << 2;
  const controls = (<usize>word(FIELD_ENTRIES)) << 2;
  const grid = word(GRID);
  const index = load<u32>(address(PICTURE) + ((<usize>row) << 2));
  const pictureSums = sums + <usize>index * <usize>planes * entries;
  const upstream = address(DRAWN) + <usize>(row * planes) * points;
  const rowField = scratch + VALUES + fieldBytes();
  const values = scratch;
  const width = word(WIDTH);
  const height = word(HEIGHT);
  memory.fill(rowField, 0, 2 * controls);
  let ofAngle = f32x4.splat(0);
  let ofX = ofAngle;
  let ofY = ofAngle;
  for (let pixel: usize = 0; pixel < padded; pixel += 16) {
    locate(pixel, true);
    let gx = f32x4.splat(0);
    let gy = gx;
    for (let k = 0; k < planes; k++) {
      const weight = upstreamAt(upstream + <usize>k * points, pixel, points);
      interpolateSloped(picture + <usize>k * planeBytes(), values + PLACE);
      gx = madd(weight, v128.load(values + SEEN, 16), gx);
      gy = madd(weight, v128.load(values + SEEN, 32), gy);
      spread(values + PLACE, weight, 2, width, pictureSums + <usize>k * entries);
    }
    const scaleX = f32x4.splat(<f32>0.5 * <f32>width);
    const scaleY = f32x4.splat(<f32>0.5 * <f32>height);
    gx = f32x4.mul(gx, f32x4.mul(scaleX, inside(v128.load(values + U), width - 1)));
    gy = f32x4.mul(gy, f32x4.mul(scaleY, inside(v128.load(values + V), height - 1)));
    if (contents > 0) {
      spread(values + CONTROL, gx, 3, grid, rowField);
      spread(values + CONTROL, gy, 3, grid, rowField + controls);
    }
    const sx = madd(gx, v128.load(values + SLOPES), f32x4.mul(gy, v128.load(values + SLOPES, 32)));
    const sy = madd(gx, v128.load(values + SLOPES, 16), f32x4.mul(gy, v128.load(values + SLOPES, 48)));
    const turn = f32x4.sub(f32x4.mul(sy, v128.load(values + X)), f32x4.mul(sx, v128.load(values + Y)));
    ofAngle = f32x4.add(ofAngle, turn);
    ofX = f32x4.add(ofX, sx);
    ofY = f32x4.add(ofY, sy);
  }
  const own = address(GRADIENT) + ((<usize>(row * (3 + contents))) << 2);
  const x = total(ofX);
  const y = total(ofY);
  store<f32>(own, total(ofAngle));
  store<f32>(own, -(x * cos + y * sin), 4);
  store<f32>(own, x * sin - y * cos, 8);
  const fieldSums = sums + address(FIELD_SUMS);
  for (let l: usize = 0; l < <usize>contents; l++) {
    const content = load<f32>(theta + (l << 2), 12);
    const field = address(FIELD) + l * fieldBytes();
    const into = fieldSums + 2 * l * controls;
    store<f32>(own + (l << 2), spreadContent(content, field, rowField, into, controls), 12);
  }
}

/**
 * Adds `content` times the gradient of a row's field to that of one content latent; returns the gradient of the
 * content.
 */
function spreadContent(content: f32, field: usize, rowField: usize, into: usize, controls: usize): f32 {
  let along: f32 = 0;
  for (let at: usize = 0; at < controls; at += 4) {
    const across = load<f32>(rowField + at);
    const down = load<f32>(rowField + controls + at);
    store<f32>(into + at, load<f32>(into + at) + content * across);
    store<f32>(into + controls + at, load<f32>(into + controls + at) + content * down);
    along += load<f32>(field + (at << 3)) * across + load<f32>(field + (at << 3), 16) * down;
  }
  return along;
}

/** Four of the numbers at `from`, zeros from `end` on. */
function upstreamAt(from: usize, at: usize, end: usize): v128 {
  if (at + 16 <= end) return v128.load(from + at);
  v128.store(scratch + SEEN, f32x4.splat(0));
  memory.copy(scratch + SEEN, from + at, end - at);
  return v128.load(scratch + SEEN);
}

/**
 * Adds `value` times the weights of interpolation to the entries around each point; an offset is 2^shift times that in
 * a plane of floats.
 */
function spread(at: usize, value: v128, shift: u32, columns: i32, plane: usize): void {
  const right = f32x4.mul(value, v128.load(at));
  const left = f32x4.sub(value, right);
  const down = v128.load(at, 16);
  const lowerRight = f32x4.mul(right, down);
  const lowerLeft = f32x4.mul(left, down);
  const to = scratch + SEEN;
  v128.store(to, f32x4.sub(left, lowerLeft), 48);
  v128.store(to, f32x4.sub(right, lowerRight), 64);
  v128.store(to, lowerLeft, 80);
  v128.store(to, lowerRight, 96);
  const line = (<usize>(columns + 1)) << 2;
  for (let lane: usize = 0; lane < 16; lane += 4) {
    const above = plane + (<usize>load<u32>(at + lane, 32) >> shift);
    const below = above + line;
    store<f32>(above, load<f32>(above) + load<f32>(to + lane, 48));
    store<f32>(above, load<f32>(above, 4) + load<f32>(to + lane, 64), 4);
    store<f32>(below, load<f32>(below) + load<f32>(to + lane, 80));
    store<f32>(below, load<f32>(below, 4) + load<f32>(to + lane, 96), 4);
  }
}
