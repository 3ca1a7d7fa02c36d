// The sizes of one call of the convolutional encoder and what lies where. Nothing here depends on the number of
// threads, so no result does.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pyro {

/** Arrays by block have this size, since the instruction sets' files may not share the standard library's. */
constexpr int kMaxBlocks = 16;

struct EncoderProblem {
  int64_t images;
  int height, width, channels, features;
  int blocks;
  int side[kMaxBlocks], outputs[kMaxBlocks];
};

/** Operands or gradients; of the gradients, images may be null. */
template <typename T>
struct EncoderArrays {
  T* images;
  T* filters[kMaxBlocks];
  T* gains[kMaxBlocks];
  T* biases[kMaxBlocks];
  T* dense;
  T* denseBias;
};

/** What goes into a block: its size, the floats of one pixel, and the same with zeros around it. */
struct MapPlan {
  int height, width, channels, pitch;
  /** Zeros on each side; the floats of a padded row, and of the padded map with room for a vector behind it. */
  int half;
  size_t paddedRow, paddedFloats;

  size_t floats() const { return static_cast<size_t>(height) * width * pitch; }
};

struct EncoderPlan {
  EncoderProblem problem;
  int lanes;
  /** maps[l] goes into block l; maps[blocks] comes out of the last and has no zeros around it. */
  MapPlan maps[kMaxBlocks + 1];
  /** Floats of one row of block l's filter, side * pitch of its input, and the same rounded up to whole vectors. */
  int run[kMaxBlocks], paddedRun[kMaxBlocks];
  /** Inputs and outputs of the dense layer with the last map's channels and the features padded. */
  int denseInputs, features;
  /** Of one image: the outputs of its convolutions, then mean and 1 / deviation of each. */
  size_t mapAt[kMaxBlocks], statisticsAt, imageFloats;
  /** Gradients that a chunk sums: filters [tap][pitch], gains, biases. */
  size_t filterAt[kMaxBlocks], gainAt[kMaxBlocks], biasAt[kMaxBlocks], sumFloats;
  /** One thread's memory: the padded inputs of `group` images, two gradients of maps for each. */
  size_t inputAt[kMaxBlocks], inputFloats, widestMap, widestPadded, scratchFloats;
  /** Images that go through the blocks together, that share a sum of gradients, and whose maps are in memory. */
  int group, chunk, batch;
  /** Inputs of the dense layer that are one piece of work in the backward pass, and images in the forward pass. */
  int densePiece, denseTile;

  int taps(int l) const { return problem.side[l] * run[l]; }
  /** Floats of a batch of `images`: features before the dense layer, after it, and the maps. */
  size_t batchFloats(int64_t images) const {
    return static_cast<size_t>(images) * (denseInputs + features + imageFloats);
  }
};

EncoderPlan makeEncoderPlan(const EncoderProblem& problem, int lanes);

}  // namespace pyro
