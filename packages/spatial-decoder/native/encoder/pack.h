// Between row-major operands and what the passes of the convolutional encoder read: channels and features padded.
#pragma once
#include "ops.h"

namespace pyro {

/** Lays out the operands in `memory` and fills them where it is not null; `turned` where the gradients need it. Returns
 * the floats that they take. */
size_t packEncoder(EncoderModel& model, const EncoderArrays<const float>& operands, bool turned, float* memory);

/** Adds the gradients of inputs from..to of the dense layer to the row-major `into` [in, F]. */
void addDense(const EncoderPlan& plan, int from, int to, const float* sums, float* into);

/** Summed gradients of the blocks to row-major arrays. */
void unpackSums(const EncoderPlan& plan, const float* sums, const EncoderArrays<float>& into);

}  // namespace pyro
