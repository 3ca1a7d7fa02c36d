#include "decoder.h"

#include <algorithm>
#include <atomic>

#include "denormals.h"

namespace pyro {

namespace {

/** Lays out the packed weights and the grid in `memory`, and fills them where it is not null. Returns the floats it
 * takes. */
size_t layOut(Model& model, const Layout& layout, float* memory) {
  const Plan& plan = model.plan;
  const Problem& p = plan.problem;
  Carver carver(memory);
  size_t widest = 0;
  for (int l = 1; l <= p.layers; l++) {
    const size_t outputs = plan.padded(p.outputsOf(l));
    widest = std::max(widest, plan.padded(p.inputsOf(l)));
    float* weights = carver.take(layout.weightFloats(plan, l));
    float* transposed = carver.take(layout.transposedFloats(plan, l));
    float* biases = carver.take(outputs);
    if (memory) {
      layout.pack(plan, l, model.operands.weights[l - 1], weights, transposed);
      std::fill_n(biases, outputs, 0.0f);
      std::copy_n(model.operands.biases[l - 1], p.outputsOf(l), biases);
    }
    model.weights[l] = weights;
    model.transposed[l] = transposed;
    model.biases[l] = biases;
  }
  float* zeros = carver.take(widest);
  if (memory) std::fill_n(zeros, widest, 0.0f);
  model.zeros = zeros;
  float* grid = carver.take(static_cast<size_t>(p.pixels) * (1 + p.dims));
  model.grid = grid;
  for (int64_t i = 0; memory && i < p.pixels; i++) {
    *grid++ = 1;
    for (int e = 0; e < p.dims; e++) *grid++ = model.operands.grid[i * p.dims + e];
  }
  return carver.used();
}

/** Lays out the sums of weights and biases. */
void carveSums(const Plan& plan, const Layout& layout, Carver& carver, Sums& sums) {
  for (int l = 1; l <= plan.problem.layers; l++) {
    sums.weights[l] = carver.take(layout.sumFloats(plan, l));
    sums.biases[l] = carver.take(plan.padded(plan.problem.outputsOf(l)));
  }
}

size_t edgeFloats(const Problem& p) { return static_cast<size_t>(p.widths[0]) * (1 + p.dims); }

void addTo(float* into, const float* from, size_t floats) {
  for (size_t i = 0; i < floats; i++) into[i] += from[i];
}

/** Adds the sums of a row that a chunk shares with its neighbours. */
void addEdge(const Problem& p, int64_t row, const float* edge, const Gradients& gradients) {
  const size_t width = p.widths[0];
  addTo(gradients.code + row * width, edge, width);
  addTo(gradients.pose + row * width * p.dims, edge + width, width * p.dims);
}

int tileCount(const Plan& plan, int64_t tile) {
  return static_cast<int>(std::min<int64_t>(plan.tilePoints, plan.problem.points() - tile * plan.tilePoints));
}

}  // namespace

Model Decoder::pack(const Problem& problem, const Operands& operands) {
  Model model{};
  model.plan = makePlan(problem, isa_.layout);
  model.operands = operands;
  packed_.reserve(layOut(model, isa_.layout, nullptr));
  layOut(model, isa_.layout, packed_.data());
  return model;
}

void Decoder::reserveThreads(const Plan& plan) {
  const int wanted = static_cast<int>(std::min<int64_t>(pool_.threads(), plan.chunks));
  while (static_cast<int>(threads_.size()) < wanted) threads_.push_back(std::make_unique<Thread>());
  for (int i = 0; i < wanted; i++) {
    Thread& thread = *threads_[i];
    const auto carve = [&](float* base) {
      Carver carver(base);
      thread.scratch.tile = carver.take(plan.tileFloats);
      thread.scratch.coordinates = carver.take((1 + plan.problem.dims) * plan.padded(plan.problem.widths[0]));
      const size_t before = carver.used();
      thread.sumsStart = carver.take(0);
      carveSums(plan, isa_.layout, carver, thread.sums);
      thread.totalFloats = carver.used() - before;
      thread.sums.firstEdge = carver.take(edgeFloats(plan.problem));
      thread.sums.lastEdge = carver.take(edgeFloats(plan.problem));
      thread.sumsFloats = carver.used() - before;
      return carver.used();
    };
    thread.memory.reserve(carve(nullptr));
    carve(thread.memory.data());
  }
}

template <typename F>
void Decoder::eachChunk(const Plan& plan, const F& f) {
  std::atomic<int64_t> next{0};
  pool_.run([&](int index) {
    // Threads beyond the chunks have no memory reserved.
    if (index >= plan.chunks) return;
    const DenormalsAreZero scope;
    for (int64_t chunk; (chunk = next++) < plan.chunks;) {
      const int64_t from = chunk * plan.chunkTiles;
      f(*threads_[index], chunk, from, std::min(plan.tiles, from + plan.chunkTiles));
    }
  });
}

std::unique_ptr<Kept> Decoder::forward(const Problem& problem, const Operands& operands, bool keep, float* output) {
  if (problem.points() == 0) return nullptr;
  const Model model = pack(problem, operands);
  const Plan& plan = model.plan;
  reserveThreads(plan);
  std::unique_ptr<Kept> kept;
  if (keep && plan.keptFloats > 0) {
    const size_t tiles = std::min<size_t>(plan.tiles, keep_->available() / plan.keptFloats);
    std::unique_ptr<Buffer> buffer = tiles > 0 ? keep_->acquire(tiles * plan.keptFloats) : nullptr;
    if (buffer) kept = std::make_unique<Kept>(keep_, std::move(buffer), tiles);
  }
  eachChunk(plan, [&](Thread& thread, int64_t, int64_t from, int64_t to) {
    for (int64_t tile = from; tile < to; tile++) {
      float* storage = kept ? kept->tile(tile, plan) : nullptr;
      isa_.forwardTile(model, tile * plan.tilePoints, tileCount(plan, tile), thread.scratch, storage, output);
    }
  });
  return kept;
}

void Decoder::backward(const Problem& problem, const Operands& operands, const float* upstream, const Kept* kept,
                       const Gradients& gradients) {
  if (problem.points() == 0) return;
  const Model model = pack(problem, operands);
  const Plan& plan = model.plan;
  reserveThreads(plan);
  Sums totals{};
  const size_t totalFloats = threads_[0]->totalFloats;
  totals_.reserve(totalFloats);
  Carver carver(totals_.data());
  carveSums(plan, isa_.layout, carver, totals);
  std::fill_n(totals_.data(), totalFloats, 0.0f);

  Turnstile order;
  eachChunk(plan, [&](Thread& thread, int64_t chunk, int64_t from, int64_t to) {
    Sums& sums = thread.sums;
    std::fill_n(thread.sumsStart, thread.sumsFloats, 0.0f);
    const int64_t end = std::min(problem.points(), to * plan.tilePoints);
    sums.firstRow = from * plan.tilePoints / problem.pixels;
    sums.lastRow = (end - 1) / problem.pixels;
    sums.pose = gradients.pose;
    sums.code = gradients.code;
    for (int64_t tile = from; tile < to; tile++) {
      const float* storage = kept ? kept->tile(tile, plan) : nullptr;
      const float* ahead = kept ? kept->tile(tile + 1, plan) : nullptr;
      isa_.backwardTile(model, tile * plan.tilePoints, tileCount(plan, tile), thread.scratch, storage, ahead, upstream,
                        sums);
    }
    order.pass(chunk, [&] {
      addTo(totals_.data(), thread.sumsStart, totalFloats);
      addEdge(problem, sums.firstRow, sums.firstEdge, gradients);
      if (sums.lastRow != sums.firstRow) addEdge(problem, sums.lastRow, sums.lastEdge, gradients);
    });
  });

  for (int l = 1; l <= problem.layers; l++) {
    isa_.layout.unpack(plan, l, totals.weights[l], gradients.weights[l - 1]);
    std::copy_n(totals.biases[l], problem.outputsOf(l), gradients.biases[l - 1]);
  }
}

}  // namespace pyro
