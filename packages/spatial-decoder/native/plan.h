// The sizes of one call and how its work is cut up. Nothing here depends on the number of threads, so no result does.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pyro {

enum class Activation : int { tanh, relu, leakyRelu, softplus, gelu };

/** Whether the derivative cannot be had from the value alone to full precision, so that it is stored beside it. */
constexpr bool storesSlope(Activation a) { return a == Activation::softplus || a == Activation::gelu; }

/** Arrays by layer have this size, since the instruction sets' files may not share the standard library's. */
constexpr int kMaxLayers = 256;
constexpr int kMaxDims = 256;
/** Up to this many outputs a pixel are dot products and rank-1 updates; more go through the matrix product. */
constexpr int kNarrowChannels = 4;

struct Problem {
  int64_t rows, pixels;
  int dims, channels;
  /** widths[0] is the coordinate layer's. */
  int layers;
  int widths[kMaxLayers];
  Activation firstActivation, activation;

  int64_t points() const { return rows * pixels; }
  Activation activationOf(int layer) const { return layer == 0 ? firstActivation : activation; }
  int top() const { return widths[layers - 1]; }
  bool narrow() const { return channels <= kNarrowChannels; }
  /** The widths that matrix l maps from and to, for l from 1 to `layers`, which is the output's. */
  int inputsOf(int l) const { return widths[l - 1]; }
  int outputsOf(int l) const { return l == layers ? channels : widths[l]; }
};

struct Operands {
  const float* grid;
  const float* pose;
  const float* code;
  /** layers of them: the hidden ones, then the output. */
  const float* weights[kMaxLayers];
  const float* biases[kMaxLayers];
};

struct Gradients {
  float* pose;
  float* code;
  float* weights[kMaxLayers];
  float* biases[kMaxLayers];
};

inline size_t roundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

struct Layout;

/**
 * Points (row, pixel) in row-major order are cut into tiles, whose activations fit in L2, and tiles into chunks, whose
 * weight gradients are summed in order. What a tile stores where is up to the layout; offsets are in floats.
 */
struct Plan {
  Problem problem;
  int panel;
  int tilePoints;
  int64_t tiles, chunkTiles, chunks;
  /** Each layer's values, its slopes where they are stored, and in bfloat16 its values by pairs of points. */
  size_t valueAt[kMaxLayers], slopeAt[kMaxLayers], pairAt[kMaxLayers];
  /** Two gradients in flight, in bfloat16 also turned, and one more buffer: the output's panels, or the first layer's.
   */
  size_t gradientAt[2], turnedAt[2], extraAt;
  size_t tileFloats;
  /** What keeping a tile for the backward pass takes; 0 where that does not pay. */
  size_t keptFloats;

  size_t padded(int width) const { return roundUp(static_cast<size_t>(width), static_cast<size_t>(panel)); }
  size_t panelStride() const { return static_cast<size_t>(tilePoints) * panel; }
};

Plan makePlan(const Problem& problem, const Layout& layout);

}  // namespace pyro
