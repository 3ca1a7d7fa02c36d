// Products of 32 x 32 blocks in tile registers, and the conversions between their float32 results and the bfloat16
// layouts.
#pragma once
#include "../simd/coordinates.h"

namespace pyro {
namespace PYRO_ISA {

using Half = uint16_t;
constexpr int kBlock = 32;
static_assert(kPanel == kBlock, "float32 panels of the first layer are read as blocks");
/** Numbers of a tile register in bfloat16. */
constexpr size_t kTile = 512;

/** In memory for good: GCC 12 takes the load of a configuration to read its first eight bytes only. */
struct alignas(64) TileShape {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static const TileShape tileShape;

/** Shapes all eight tile registers to 16 rows of 64 bytes while it lives. */
class TileRegisters {
 public:
  TileRegisters() { _tile_loadconfig(&tileShape); }
  ~TileRegisters() { _tile_release(); }
};

/** Keeps the compiler from moving stores past tile loads, whose memory it does not see. */
inline void storesBefore() { __asm__ volatile("" : : : "memory"); }

/** Tiles 0 to 3 += the 32 x 32 product of `count` blocks; the operands' steps are in numbers. */
inline void multiplyBlocks(const Half* left, size_t leftHalf, size_t leftStep, const Half* right, size_t rightHalf,
                           size_t rightStep, int count) {
  storesBefore();
  for (int i = 0; i < count; i++, left += leftStep, right += rightStep) {
    _tile_loadd(4, left, 64);
    _tile_loadd(6, right, 64);
    _tile_loadd(5, left + leftHalf, 64);
    _tile_loadd(7, right + rightHalf, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
}

/** Values [point, unit] by matrix: calls finish(first point, block of 32 outputs, result [32][32]). */
template <typename F>
inline void product(const Half* values, size_t panelStride, int points, int inputBlocks, const Half* weights,
                    int outputBlocks, const F& finish) {
  alignas(64) float result[2][kBlock * kBlock];
  int turn = 0;
  for (int n = 0; n < points; n += kBlock) {
    for (int j = 0; j < outputBlocks; j++, turn ^= 1) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      const size_t column = inputBlocks * kTile;
      multiplyBlocks(values + static_cast<size_t>(n) * kBlock, kTile, panelStride, weights + 2 * j * column, column,
                     kTile, inputBlocks);
      float* block = result[turn];
      _tile_stored(0, block, kBlock * sizeof(float));
      _tile_stored(1, block + 16, kBlock * sizeof(float));
      _tile_stored(2, block + 16 * kBlock, kBlock * sizeof(float));
      _tile_stored(3, block + 16 * kBlock + 16, kBlock * sizeof(float));
      finish(n, j, block);
    }
  }
}

/** sums += turned^T pairs over the points: the gradient of a matrix, [16 outputs][16 inputs][output][input]. */
inline void outer(const Half* turned, const Half* pairs, size_t panelStride, int points, int inputBlocks,
                  int outputBlocks, float* sums) {
  const size_t column = panelStride / 2, across = 2 * inputBlocks * 256;
  for (int j = 0; j < outputBlocks; j++) {
    for (int k = 0; k < inputBlocks; k++) {
      float* upper = sums + 2 * j * across + 2 * k * 256;
      float* lower = upper + across;
      _tile_loadd(0, upper, 64);
      _tile_loadd(1, upper + 256, 64);
      _tile_loadd(2, lower, 64);
      _tile_loadd(3, lower + 256, 64);
      multiplyBlocks(turned + 2 * j * column, column, kTile, pairs + 2 * k * column, column, kTile, points / kBlock);
      _tile_stored(0, upper, 64);
      _tile_stored(1, upper + 256, 64);
      _tile_stored(2, lower, 64);
      _tile_stored(3, lower + 256, 64);
    }
  }
}

/** Two vectors as 32 bfloat16, `low` first. */
inline __m512i halves(Vec low, Vec high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

/** The same with the two interleaved: low 0, high 0, low 1, ... */
inline __m512i paired(Vec low, Vec high) {
  alignas(64) static constexpr uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return _mm512_permutexvar_epi16(_mm512_load_si512(order), halves(low, high));
}

/** Turns 16 vectors of 16 pairs: pair j of vector i becomes pair i of vector j. */
inline void transpose(__m512i (&rows)[16]) {
  __m512i a[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  // rows[4 q + c] now holds, in each of its four lanes s, pair 4 s + c of vectors 4 q to 4 q + 3.
#pragma GCC unroll 16
  for (int c = 0; c < 4; c++) {
    a[c] = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0x88);
    a[4 + c] = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0x88);
    a[8 + c] = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0xdd);
    a[12 + c] = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0xdd);
  }
#pragma GCC unroll 16
  for (int c = 0; c < 4; c++) {
    rows[c] = _mm512_shuffle_i32x4(a[c], a[4 + c], 0x88);
    rows[8 + c] = _mm512_shuffle_i32x4(a[c], a[4 + c], 0xdd);
    rows[4 + c] = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0x88);
    rows[12 + c] = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0xdd);
  }
}

/** Multiply-adds in tile registers, to find the peak rate with. */
inline float multiplyTiles(int64_t rounds) {
  const TileRegisters shaped;
  alignas(64) float result[256] = {};
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  for (int64_t r = 0; r < rounds; r++) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  _tile_stored(0, result, 64);
  return result[0];
}
constexpr int kTileOperations = 4 * 16 * 16 * 32 * 2;

}  // namespace PYRO_ISA
}  // namespace pyro
