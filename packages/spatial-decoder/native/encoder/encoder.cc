#include "encoder.h"

#include <algorithm>
#include <atomic>

#include "../denormals.h"
#include "pack.h"

namespace pyro {

namespace {

int64_t partsOf(int64_t all, int64_t part) { return (all + part - 1) / part; }

void addTo(float* into, const float* from, size_t floats) {
  for (size_t i = 0; i < floats; i++) into[i] += from[i];
}

}  // namespace

template <typename F>
void Encoder::each(int64_t pieces, const F& f) {
  std::atomic<int64_t> next{0};
  pool_.run([&](int index) {
    const DenormalsAreZero scope;
    for (int64_t piece; (piece = next++) < pieces;) f(threads_[index]->data(), piece);
  });
}

EncoderModel Encoder::pack(const EncoderProblem& problem, const EncoderArrays<const float>& operands, bool turned) {
  EncoderModel model{};
  model.plan = makeEncoderPlan(problem, ops_.lanes);
  packed_.reserve(packEncoder(model, operands, turned, nullptr));
  packEncoder(model, operands, turned, packed_.data());
  return model;
}

void Encoder::reserveThreads(const EncoderPlan& plan) {
  while (static_cast<int>(threads_.size()) < pool_.threads()) threads_.push_back(std::make_unique<Buffer>());
  // Scratch, then the sums of a chunk.
  for (const auto& thread : threads_)
    thread->reserve(plan.scratchFloats + std::max(plan.sumFloats, static_cast<size_t>(plan.densePiece) * plan.features));
}

EncoderBatch Encoder::batchAt(const EncoderPlan& plan, int64_t first, float* memory, bool maps) const {
  EncoderBatch batch{};
  batch.first = first;
  batch.count = static_cast<int>(std::min<int64_t>(plan.batch, plan.problem.images - first));
  batch.inputs = memory;
  batch.outputs = batch.inputs + static_cast<size_t>(batch.count) * plan.denseInputs;
  batch.maps = maps ? batch.outputs + static_cast<size_t>(batch.count) * plan.features : nullptr;
  batch.mapsStride = plan.imageFloats;
  return batch;
}

void Encoder::forwardBatch(const EncoderModel& model, const EncoderBatch& batch) {
  const EncoderPlan& plan = model.plan;
  each(partsOf(batch.count, plan.chunk), [&](float* scratch, int64_t piece) {
    const int from = static_cast<int>(piece) * plan.chunk;
    ops_.blocksForward(model, batch, from, std::min(batch.count, from + plan.chunk), scratch);
  });
  each(partsOf(batch.count, plan.denseTile), [&](float*, int64_t piece) {
    const int from = static_cast<int>(piece) * plan.denseTile;
    ops_.denseForward(model, batch, from, std::min(batch.count, from + plan.denseTile));
  });
}

std::unique_ptr<KeptEncoder> Encoder::forward(const EncoderProblem& problem,
                                              const EncoderArrays<const float>& operands, bool keep, float* output) {
  const EncoderModel model = pack(problem, operands, false);
  const EncoderPlan& plan = model.plan;
  reserveThreads(plan);
  std::unique_ptr<KeptEncoder> kept;
  const size_t floats = plan.batchFloats(problem.images);
  if (keep && floats <= keep_->available()) {
    if (auto buffer = keep_->acquire(floats)) kept = std::make_unique<KeptEncoder>(keep_, std::move(buffer));
  }
  const size_t features = problem.features;
  if (!kept) {
    const int64_t most = std::min<int64_t>(plan.batch, problem.images);
    batch_.reserve(static_cast<size_t>(most) * (plan.denseInputs + plan.features));
  }
  for (int64_t first = 0; first < problem.images; first += plan.batch) {
    float* memory = kept ? kept->data() + plan.batchFloats(first) : batch_.data();
    const EncoderBatch batch = batchAt(plan, first, memory, kept != nullptr);
    forwardBatch(model, batch);
    for (int n = 0; n < batch.count; n++)
      std::copy_n(batch.outputs + static_cast<size_t>(n) * plan.features, features, output + (first + n) * features);
  }
  return kept;
}

void Encoder::backward(const EncoderProblem& problem, const EncoderArrays<const float>& operands,
                       const float* upstream, const KeptEncoder* kept, const EncoderArrays<float>& gradients) {
  const EncoderModel model = pack(problem, operands, true);
  const EncoderPlan& plan = model.plan;
  reserveThreads(plan);
  const int64_t most = std::min<int64_t>(plan.batch, problem.images);
  gradients_.reserve(static_cast<size_t>(most) * (plan.denseInputs + plan.features));
  if (!kept) batch_.reserve(plan.batchFloats(most));
  totals_.reserve(plan.sumFloats);
  std::fill_n(totals_.data(), plan.sumFloats, 0.0f);
  const size_t features = problem.features;
  for (int64_t first = 0; first < problem.images; first += plan.batch) {
    float* memory = kept ? kept->data() + plan.batchFloats(first) : batch_.data();
    EncoderBatch batch = batchAt(plan, first, memory, true);
    if (!kept) forwardBatch(model, batch);
    batch.inputGradients = gradients_.data();
    batch.outputGradients = batch.inputGradients + static_cast<size_t>(batch.count) * plan.denseInputs;
    for (int n = 0; n < batch.count; n++) {
      const float* y = batch.outputs + static_cast<size_t>(n) * plan.features;
      float* d = batch.outputGradients + static_cast<size_t>(n) * plan.features;
      std::fill_n(d, plan.features, 0.0f);
      for (size_t f = 0; f < features; f++) {
        // The slope of ReLU; that at NaN is NaN.
        d[f] = y[f] > 0 ? upstream[(first + n) * features + f] : y[f] == y[f] ? 0.0f : y[f];
        gradients.denseBias[f] += d[f];
      }
    }
    backwardBatch(model, batch, totals_.data(), gradients);
  }
  unpackSums(plan, totals_.data(), gradients);
}

void Encoder::backwardBatch(const EncoderModel& model, const EncoderBatch& batch, float* totals,
                            const EncoderArrays<float>& gradients) {
  const EncoderPlan& plan = model.plan;
  each(partsOf(plan.denseInputs, plan.densePiece), [&](float* scratch, int64_t piece) {
    const int from = static_cast<int>(piece) * plan.densePiece;
    const int to = std::min(plan.denseInputs, from + plan.densePiece);
    float* sums = scratch + plan.scratchFloats;
    std::fill_n(sums, static_cast<size_t>(to - from) * plan.features, 0.0f);
    ops_.denseBackward(model, batch, from, to, scratch, sums);
    addDense(plan, from, to, sums, gradients.dense);
  });
  Turnstile order;
  each(partsOf(batch.count, plan.chunk), [&](float* scratch, int64_t piece) {
    const int from = static_cast<int>(piece) * plan.chunk;
    const int end = std::min(batch.count, from + plan.chunk);
    float* sums = scratch + plan.scratchFloats;
    std::fill_n(sums, plan.sumFloats, 0.0f);
    for (int at = from; at < end; at += plan.group)
      ops_.blocksBackward(model, batch, at, std::min(end, at + plan.group), scratch, sums, gradients.images);
    order.pass(piece, [&] { addTo(totals, sums, plan.sumFloats); });
  });
}

}  // namespace pyro
