#include "plan.h"

#include <algorithm>

namespace pyro {

namespace {
/** What a tile's activations, and the two gradients in flight, may take of L2 (the weights want the rest). */
constexpr size_t kTileBytes = 1024 << 10;
constexpr int kMinTile = 28, kMaxTile = 252;
/** A chunk of about this many points makes summing its weight gradients cheap next to computing them. */
constexpr int64_t kChunkPoints = 2304;
/** Enough chunks for many threads to finish together. */
constexpr int64_t kMinChunks = 64;
}  // namespace

Plan makePlan(const Problem& problem, int panel) {
  Plan plan{};
  plan.problem = problem;
  plan.panel = panel;
  size_t perPoint = 0, widest = 0;
  for (int l = 0; l < problem.layers; l++) {
    const size_t width = plan.padded(problem.widths[l]);
    widest = std::max(widest, width);
    perPoint += width * (storesSlope(problem.activationOf(l)) ? 2 : 1);
  }
  const size_t fits = kTileBytes / sizeof(float) / (perPoint + 2 * widest);
  // A multiple of 84 suits every register tile (14, 6 and 3 points).
  const int wanted = static_cast<int>(std::min<size_t>(fits, kMaxTile));
  plan.tilePoints = wanted >= 84 ? wanted / 84 * 84 : std::max(wanted / kMinTile * kMinTile, kMinTile);
  plan.tiles = (problem.points() + plan.tilePoints - 1) / plan.tilePoints;
  const int64_t most = std::max<int64_t>(1, kChunkPoints / plan.tilePoints);
  plan.chunkTiles = std::clamp<int64_t>(plan.tiles / kMinChunks, 1, most);
  plan.chunks = (plan.tiles + plan.chunkTiles - 1) / plan.chunkTiles;
  size_t at = 0;
  for (int l = 0; l < problem.layers; l++) {
    const size_t layerFloats = plan.padded(problem.widths[l]) * plan.tilePoints;
    plan.valueAt[l] = at;
    at += layerFloats;
    plan.slopeAt[l] = at;
    if (storesSlope(problem.activationOf(l))) at += layerFloats;
  }
  plan.tileFloats = at;
  return plan;
}

}  // namespace pyro
