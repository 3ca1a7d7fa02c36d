#include "plan.h"

#include <algorithm>

#include "layout.h"

namespace pyro {

namespace {
/** What a tile may take of L2; the weights and their gradients want the rest. */
constexpr size_t kTileBytes = 1024 << 10;
/** A chunk of about this many points makes summing its weight gradients cheap next to computing them. */
constexpr int64_t kChunkPoints = 2304;
/** Enough chunks for many threads to finish together. */
constexpr int64_t kMinChunks = 64;
}  // namespace

Plan makePlan(const Problem& problem, const Layout& layout) {
  Plan plan{};
  plan.problem = problem;
  plan.panel = layout.panel;
  plan.tilePoints = layout.pointStep;
  layout.place(plan);
  const int64_t steps = static_cast<int64_t>(kTileBytes / sizeof(float) / plan.tileFloats);
  plan.tilePoints = static_cast<int>(std::clamp<int64_t>(steps, 1, layout.mostSteps)) * layout.pointStep;
  layout.place(plan);
  plan.tiles = (problem.points() + plan.tilePoints - 1) / plan.tilePoints;
  const int64_t most = std::max<int64_t>(1, kChunkPoints / plan.tilePoints);
  plan.chunkTiles = std::clamp<int64_t>(plan.tiles / kMinChunks, 1, most);
  plan.chunks = (plan.tiles + plan.chunkTiles - 1) / plan.chunkTiles;
  return plan;
}

}  // namespace pyro
