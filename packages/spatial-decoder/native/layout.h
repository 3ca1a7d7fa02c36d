// How an instruction set stores weights, their gradients and a tile's activations. Matrix l maps layer l - 1 to layer
// l; l = layers is the output's.
#pragma once
#include "plan.h"

namespace pyro {

struct Layout {
  /** Widths are padded to a multiple of this. */
  int panel;
  /** A tile has a multiple of this many points, up to `mostSteps` times. */
  int pointStep, mostSteps;
  /** Sets the offsets and sizes of a tile of plan.tilePoints. */
  void (*place)(Plan& plan);
  size_t (*weightFloats)(const Plan& plan, int l);
  /** The same matrix for the gradient of its inputs; 0 where the weights serve for that too. */
  size_t (*transposedFloats)(const Plan& plan, int l);
  /** From row-major [inputs, outputs]. */
  void (*pack)(const Plan& plan, int l, const float* from, float* weights, float* transposed);
  size_t (*sumFloats)(const Plan& plan, int l);
  /** Summed gradients to row-major [inputs, outputs]. */
  void (*unpack)(const Plan& plan, int l, const float* sums, float* to);
};

/** Float32: panels of `panel` lanes, activations [panel][point][lane] and weights [panel of outputs][input][lane]. */
Layout panelLayout(int panel);

/** Bfloat16 in the blocks that AMX multiplies (see bfloat16/layout.cc), sums in float32. */
Layout bfloat16Layout();

}  // namespace pyro
