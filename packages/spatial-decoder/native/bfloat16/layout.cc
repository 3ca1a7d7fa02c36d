// Bfloat16 in blocks of one tile register, 16 rows of 64 bytes:
//   values     [32 units][point][unit]               the left operand of a product over units
//   pairs      [16 units][32 points][pair][unit][2]  the right operand of a product over points
//   turned     [16 units][32 points][unit][point]    the left operand of a product over points
//   weights    [16 outputs][32 inputs][pair][output][2], and with inputs and outputs exchanged for the gradient
//   sums       [16 outputs][16 inputs][output][input] in float32
#include "../layout.h"

#include <algorithm>
#include <cstring>

namespace pyro {

namespace {

constexpr int kBlock = 32;

/** The nearest bfloat16, ties to even; a NaN stays one. */
uint16_t toBfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void place(Plan& plan) {
  const Problem& p = plan.problem;
  const size_t points = static_cast<size_t>(plan.tilePoints);
  size_t at = 0, widest = plan.padded(p.channels);
  const auto take = [&](size_t floats) {
    const size_t before = at;
    at += floats;
    return before;
  };
  for (int l = 0; l < p.layers; l++) {
    const size_t numbers = plan.padded(p.widths[l]) * points;
    widest = std::max(widest, plan.padded(p.widths[l]));
    plan.valueAt[l] = take(numbers / 2);
    plan.pairAt[l] = take(numbers / 2);
    plan.slopeAt[l] = take(numbers);
  }
  for (size_t& gradient : plan.gradientAt) gradient = take(widest * points / 2);
  for (size_t& turned : plan.turnedAt) turned = take(widest * points / 2);
  plan.extraAt = take(plan.padded(p.widths[0]) * points);
  plan.tileFloats = at;
  // The products take so little time that fetching kept activations from memory would take longer than computing them
  // again.
  plan.keptFloats = 0;
}

size_t sumFloats(const Plan& plan, int l) {
  return plan.padded(plan.problem.inputsOf(l)) * plan.padded(plan.problem.outputsOf(l));
}
size_t weightFloats(const Plan& plan, int l) { return sumFloats(plan, l) / 2; }

/** Element (row, column) of a right operand whose product runs over `rows`. */
size_t pairedAt(size_t rows, size_t row, size_t column) {
  const size_t tile = column / 16 * (rows / kBlock) + row / kBlock;
  return tile * 512 + row % kBlock / 2 * 32 + column % 16 * 2 + row % 2;
}

void pack(const Plan& plan, int l, const float* from, float* weights, float* transposed) {
  const int inputs = plan.problem.inputsOf(l), outputs = plan.problem.outputsOf(l);
  const size_t paddedInputs = plan.padded(inputs), paddedOutputs = plan.padded(outputs);
  auto *forward = reinterpret_cast<uint16_t*>(weights), *backward = reinterpret_cast<uint16_t*>(transposed);
  std::fill_n(forward, paddedInputs * paddedOutputs, uint16_t{0});
  std::fill_n(backward, paddedInputs * paddedOutputs, uint16_t{0});
  for (int k = 0; k < inputs; k++) {
    for (int j = 0; j < outputs; j++) {
      const uint16_t value = toBfloat16(*from++);
      forward[pairedAt(paddedInputs, k, j)] = value;
      backward[pairedAt(paddedOutputs, j, k)] = value;
    }
  }
}

void unpack(const Plan& plan, int l, const float* sums, float* to) {
  const int inputs = plan.problem.inputsOf(l), outputs = plan.problem.outputsOf(l);
  const size_t across = plan.padded(inputs) / 16;
  for (int k = 0; k < inputs; k++)
    for (int j = 0; j < outputs; j++) *to++ = sums[(j / 16 * across + k / 16) * 256 + j % 16 * 16 + k % 16];
}

}  // namespace

Layout bfloat16Layout() { return {kBlock, kBlock, 8, place, weightFloats, weightFloats, pack, sumFloats, unpack}; }

}  // namespace pyro
