// What each instruction set's file provides: the forward and backward pass of one tile, and a loop that finds the peak
// rate.
#pragma once
#include "../encoder/ops.h"
#include "../layout.h"
#include "../loops/ops.h"
#include "../templates/ops.h"

namespace pyro {

/** The operands of a call, weights packed for the instruction set. Layer l's weights map layer l - 1; l = layers is the
 * output. */
struct Model {
  Plan plan;
  Operands operands;
  /** As the layout packs them. */
  const float* weights[kMaxLayers + 1];
  /** The same for the gradient of the inputs. */
  const float* transposed[kMaxLayers + 1];
  /** Padded with zeros. */
  const float* biases[kMaxLayers + 1];
  const float* zeros;
  /** [P, 1 + dims]: a one, then the grid. */
  const float* grid;
};

/** One thread's working memory. */
struct Scratch {
  /** Plan::tileFloats of them. */
  float* tile;
  /** The coordinate layer of one row: (1 + dims) vectors of its width, padded. */
  float* coordinates;
};

/** Gradients summed over a chunk by one thread. */
struct Sums {
  /** Packed as Model's weights and biases; layer 0's are the rows'. */
  float* weights[kMaxLayers + 1];
  float* biases[kMaxLayers + 1];
  /** Rows that a chunk shares with its neighbours are summed aside, [code (H0), pose (H0, dims)], and added in order.
   */
  int64_t firstRow, lastRow;
  float *firstEdge, *lastEdge;
  /** All other rows go straight to the result. */
  float *pose, *code;
};

/** A loop of multiply-adds in registers, to find the peak rate with: `operations` floating-point operations a round. */
struct PeakLoop {
  float (*run)(int64_t rounds);
  int operations;
};

struct Isa {
  const char* name;
  Layout layout;
  /**
   * Outputs of `count` points from `first` on, to output [points, C]. Activations after the first layer go to `keep`
   * (Plan::keptFloats of them, aligned to 64 bytes) unless that is null.
   */
  void (*forwardTile)(const Model&, int64_t first, int count, const Scratch&, float* keep, float* output);
  /**
   * Adds the gradients of those points for upstream [points, C]. `kept` is what forwardTile kept, or null to compute it
   * again; `ahead` is the next tile's, or null.
   */
  void (*backwardTile)(const Model&, int64_t first, int count, const Scratch&, const float* kept, const float* ahead,
                       const float* upstream, Sums&);
  PeakLoop full, simd128;
  /** The convolutional encoder, in float32 always. */
  EncoderOps encoder;
  TemplateOps templates;
  /** In float32 always. */
  LoopOps loops;
};

const Isa& scalarIsa();
#if defined(__x86_64__) || defined(_M_X64)
const Isa& avx2Isa();
const Isa& avx512Isa();
/** Null where the compiler or the system lacks it; the processor is asked apart. */
const Isa* amxIsa();
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
const Isa& neonIsa();
#endif

/** The best instruction set of this processor, the named one, or null where it cannot run here. */
const Isa* findIsa(const char* name);

}  // namespace pyro
