#include "plan.h"

#include <algorithm>

namespace pyro {

namespace {
/** What a group of images may take of a core's second-level cache. */
constexpr size_t kGroupBytes = 384 << 10;
constexpr int kMaxGroup = 8;
/** Summing the gradients of so many images is cheap next to computing them. */
constexpr int kChunk = 8;
constexpr size_t kBatchBytes = size_t{64} << 20;

int up(int n, int to) { return (n + to - 1) / to * to; }
size_t up(size_t n, size_t to) { return (n + to - 1) / to * to; }
/** Parts of an array begin at cache lines. */
constexpr size_t kLine = 16;
}  // namespace

EncoderPlan makeEncoderPlan(const EncoderProblem& problem, int lanes) {
  EncoderPlan plan{};
  plan.problem = problem;
  plan.lanes = lanes;
  const int blocks = problem.blocks;
  int height = problem.height, width = problem.width;
  for (int l = 0; l <= blocks; l++) {
    MapPlan& map = plan.maps[l];
    map.height = height;
    map.width = width;
    map.channels = l == 0 ? problem.channels : problem.outputs[l - 1];
    map.pitch = l == 0 ? problem.channels : up(map.channels, lanes);
    map.half = l == blocks ? 0 : (problem.side[l] - 1) / 2;
    map.paddedRow = static_cast<size_t>(width + 2 * map.half) * map.pitch;
    map.paddedFloats = up(map.paddedRow * (height + 2 * map.half) + lanes, kLine);
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  size_t at = 0, sums = 0;
  for (int l = 0; l < blocks; l++) {
    const MapPlan &from = plan.maps[l], &to = plan.maps[l + 1];
    plan.run[l] = problem.side[l] * from.pitch;
    plan.paddedRun[l] = up(plan.run[l], lanes);
    plan.mapAt[l] = at;
    at += up(to.floats(), kLine);
    plan.filterAt[l] = sums;
    sums += up(static_cast<size_t>(plan.taps(l)) * to.pitch, kLine);
    plan.gainAt[l] = sums;
    sums += up(static_cast<size_t>(to.pitch), kLine);
    plan.biasAt[l] = sums;
    sums += up(static_cast<size_t>(to.pitch), kLine);
    plan.inputAt[l] = plan.inputFloats;
    plan.inputFloats += from.paddedFloats;
    plan.widestMap = std::max(plan.widestMap, up(to.floats(), kLine));
    plan.widestPadded = std::max(plan.widestPadded, from.paddedFloats);
  }
  plan.statisticsAt = at;
  plan.imageFloats = at + up(static_cast<size_t>(2 * blocks), kLine);
  plan.sumFloats = sums;
  plan.denseInputs = static_cast<int>(plan.maps[blocks].floats());
  plan.features = up(problem.features, lanes);

  const size_t perImage = plan.inputFloats + plan.widestMap + plan.widestPadded;
  const size_t most = std::clamp<size_t>(kGroupBytes / sizeof(float) / perImage, 1, kMaxGroup);
  const size_t parts = (kChunk + most - 1) / most;
  plan.group = static_cast<int>((kChunk + parts - 1) / parts);
  plan.chunk = kChunk;
  const size_t affordable = kBatchBytes / sizeof(float) / plan.batchFloats(1) / kChunk * kChunk;
  plan.batch = static_cast<int>(std::clamp<size_t>(affordable, kChunk, 1024));
  plan.densePiece = std::min(plan.denseInputs, 4 * std::max(lanes, 16));
  plan.denseTile = 48;
  const size_t pieceFloats =
      static_cast<size_t>(plan.densePiece) * (plan.batch + 2 * plan.features) + 3 * kLine;
  plan.scratchFloats = std::max(plan.group * perImage + plan.imageFloats, pieceFloats);
  return plan;
}

}  // namespace pyro
