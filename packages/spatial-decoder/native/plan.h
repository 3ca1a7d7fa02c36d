// The sizes of one call and how its work is cut up. Nothing here depends on the number of threads, so no result does.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pyro {

enum class Activation : int { tanh, relu, leakyRelu, softplus, gelu };

/** Whether the derivative cannot be had from the value alone to full precision, so that it is stored beside it. */
constexpr bool storesSlope(Activation a) { return a == Activation::softplus || a == Activation::gelu; }

constexpr int kMaxLayers = 64;
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

/**
 * Points (row, pixel) in row-major order are cut into tiles, whose activations fit in L2, and tiles into chunks, whose
 * weight gradients are summed in order. A tile stores a layer as panels: [panel][point][lane], `panel` lanes each.
 */
struct Plan {
  Problem problem;
  int panel;
  int tilePoints;
  int64_t tiles, chunkTiles, chunks;
  /** Floats from the start of a tile's storage to each layer's values, and to its slopes where they are stored. */
  size_t valueAt[kMaxLayers], slopeAt[kMaxLayers];
  size_t tileFloats;
  /** What keeping a tile takes: all but the first layer, which is cheaper to compute again than to fetch. */
  size_t keptFloats() const { return problem.layers > 1 ? tileFloats - valueAt[1] : 0; }

  size_t padded(int width) const { return roundUp(static_cast<size_t>(width), static_cast<size_t>(panel)); }
  size_t panelStride() const { return static_cast<size_t>(tilePoints) * panel; }
};

Plan makePlan(const Problem& problem, int panel);

}  // namespace pyro
