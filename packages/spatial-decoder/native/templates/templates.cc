#include "templates.h"

#include <algorithm>
#include <atomic>

#include "../denormals.h"
#include "pack.h"

namespace pyro {

namespace {

/** Vectors of pixels that are worth a piece of work, and those that are worth gradients of their own. */
constexpr int64_t kPiecePixels = 4096, kChunkPixels = 16384;
constexpr int64_t kMostChunks = 64;

int64_t rowsWorth(const TemplateModel& model, int64_t pixels) {
  const int64_t row = std::max<int64_t>(1, model.paddedPixels * model.problem.channels);
  return std::max<int64_t>(1, pixels / row);
}

}  // namespace

TemplateModel Templates::pack(const TemplateProblem& problem, const TemplateOperands& operands, bool slopes,
                              bool tables) {
  TemplateModel model{};
  model.problem = problem;
  const int slots = assignSlots(problem, operands, slot_);
  Carver counting(nullptr);
  packTemplates(model, operands, ops_.lanes, slopes, tables ? ops_.tableEntries : 0, slot_, slots, counting, false);
  packed_.reserve(counting.used());
  Carver carver(packed_.data());
  packTemplates(model, operands, ops_.lanes, slopes, tables ? ops_.tableEntries : 0, slot_, slots, carver, true);
  return model;
}

template <typename F>
void Templates::each(const TemplateModel& model, int64_t size, size_t extraFloats, const F& f) {
  while (static_cast<int>(threads_.size()) < pool_.threads()) threads_.push_back(std::make_unique<Buffer>());
  for (const auto& thread : threads_) thread->reserve(model.scratchFloats() + extraFloats);
  const int64_t rows = model.problem.rows, pieces = (rows + size - 1) / size;
  std::atomic<int64_t> next{0};
  const auto work = [&](int index) {
    const DenormalsAreZero scope;
    for (int64_t piece; (piece = next++) < pieces;)
      f(threads_[index]->data(), piece * size, std::min(rows, (piece + 1) * size));
  };
  if (pieces == 1) return work(0);
  pool_.run(work);
}

void Templates::draw(const TemplateProblem& problem, const TemplateOperands& operands, float* output) {
  const TemplateModel model = pack(problem, operands, false, true);
  each(model, rowsWorth(model, kPiecePixels), 0, [&](float* scratch, int64_t from, int64_t to) {
    ops_.draw[model.tables](model, from, to, scratch, output);
  });
}

void Templates::drawBackward(const TemplateProblem& problem, const TemplateOperands& operands, const float* upstream,
                             float* pictures, float* field, float* theta) {
  const TemplateModel model = pack(problem, operands, false, false);
  const size_t floats = model.sumFloats();
  const int64_t least = (problem.rows + kMostChunks - 1) / kMostChunks;
  const int64_t size = std::max(least, rowsWorth(model, std::max<int64_t>(kChunkPixels, floats)));
  Buffer totals(floats);
  std::fill_n(totals.data(), floats, 0.0f);
  Turnstile order;
  each(model, size, floats, [&](float* scratch, int64_t from, int64_t to) {
    float* sums = scratch + model.scratchFloats();
    std::fill_n(sums, floats, 0.0f);
    ops_.drawBackward(model, from, to, scratch, upstream, theta, sums);
    order.pass(from / size, [&] {
      for (size_t i = 0; i < floats; i++) totals.data()[i] += sums[i];
    });
  });
  unpackTemplateSums(model, totals.data(), pictures, field);
}

void Templates::squaredErrors(const TemplateProblem& problem, const TemplateOperands& operands, float* errors) {
  const TemplateModel model = pack(problem, operands, false, true);
  each(model, rowsWorth(model, kPiecePixels), 0, [&](float* scratch, int64_t from, int64_t to) {
    ops_.squaredErrors[model.tables](model, from, to, scratch, errors);
  });
}

void Templates::normalEquations(const TemplateProblem& problem, const TemplateOperands& operands, float* errors,
                                float* gradient, float* hessian) {
  const TemplateModel model = pack(problem, operands, true, true);
  each(model, rowsWorth(model, kPiecePixels), 0, [&](float* scratch, int64_t from, int64_t to) {
    ops_.normalEquations[model.tables](model, from, to, scratch, errors, gradient, hessian);
  });
}

}  // namespace pyro
