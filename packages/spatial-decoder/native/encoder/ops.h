// What each instruction set's file provides for the convolutional encoder.
#pragma once
#include "plan.h"

namespace pyro {

/** The operands of a call, laid out with channels and features padded to whole vectors; padding holds zeros. */
struct EncoderModel {
  EncoderPlan plan;
  const float* images;
  /** [tap][pitch] */
  const float* filters[kMaxBlocks];
  /** [row of the filter][output][paddedRun], for the gradient of a block's input. */
  const float* turned[kMaxBlocks];
  const float* gains[kMaxBlocks];
  const float* biases[kMaxBlocks];
  /** 1 for each channel, 0 in the padding. */
  const float* live[kMaxBlocks];
  /** [denseInputs][features] */
  const float* dense;
  const float* denseBias;
};

/** A batch of images from `first` on, and its rows: before the dense layer, after it, and the gradients of both. */
struct EncoderBatch {
  int64_t first;
  int count;
  float *inputs, *outputs;
  float *inputGradients, *outputGradients;
  /** The maps of each image, `mapsStride` floats apart; null where they are not kept. */
  float* maps;
  size_t mapsStride;
};

struct EncoderOps {
  int lanes;
  /** Images from..to of the batch through the blocks. */
  void (*blocksForward)(const EncoderModel&, const EncoderBatch&, int from, int to, float* scratch);
  /** Images from..to of the batch through the dense layer. */
  void (*denseForward)(const EncoderModel&, const EncoderBatch&, int from, int to);
  /** Gradients of inputs from..to of the dense layer: those of its weights, [to - from][features], are added to `sums`. */
  void (*denseBackward)(const EncoderModel&, const EncoderBatch&, int from, int to, float* scratch, float* sums);
  /** Adds the gradients of images from..to to `sums`; those of the images go to `images` [n, H, W, C] unless it is null. */
  void (*blocksBackward)(const EncoderModel&, const EncoderBatch&, int from, int to, float* scratch, float* sums,
                         float* images);
};

}  // namespace pyro
