#include "layout.h"

#include <algorithm>

namespace pyro {

namespace {

/** A narrow output keeps its few columns as rows, padded: [channel][input]. */
bool narrowAt(const Problem& p, int l) { return l == p.layers && p.narrow(); }

void place(Plan& plan) {
  const Problem& p = plan.problem;
  size_t at = 0, widest = 0;
  const auto take = [&](size_t width) {
    const size_t before = at;
    at += width * plan.tilePoints;
    return before;
  };
  for (int l = 0; l < p.layers; l++) {
    const size_t width = plan.padded(p.widths[l]);
    widest = std::max(widest, width);
    plan.valueAt[l] = take(width);
    plan.slopeAt[l] = storesSlope(p.activationOf(l)) ? take(width) : at;
  }
  // All but the first layer is kept, which is cheaper to compute again than to fetch.
  plan.keptFloats = p.layers > 1 ? at - plan.valueAt[1] : 0;
  for (size_t& gradient : plan.gradientAt) gradient = take(widest);
  plan.extraAt = take(p.narrow() ? 0 : plan.padded(p.channels));
  plan.tileFloats = at;
}

size_t weightFloats(const Plan& plan, int l) {
  const Problem& p = plan.problem;
  return narrowAt(p, l) ? p.channels * plan.padded(p.top()) : plan.padded(p.outputsOf(l)) * p.inputsOf(l);
}

size_t transposedFloats(const Plan& plan, int l) {
  const Problem& p = plan.problem;
  return narrowAt(p, l) ? 0 : plan.padded(p.inputsOf(l)) * p.outputsOf(l);
}

void pack(const Plan& plan, int l, const float* from, float* weights, float* transposed) {
  const int panel = plan.panel, inputs = plan.problem.inputsOf(l), outputs = plan.problem.outputsOf(l);
  const auto element = [&](int k, int j) { return from[static_cast<size_t>(k) * outputs + j]; };
  std::fill_n(weights, weightFloats(plan, l), 0.0f);
  if (narrowAt(plan.problem, l)) {
    for (int k = 0; k < inputs; k++)
      for (int c = 0; c < outputs; c++) weights[c * plan.padded(inputs) + k] = element(k, c);
    return;
  }
  for (int first = 0; first < outputs; first += panel) {
    const int lanes = std::min(panel, outputs - first);
    for (int k = 0; k < inputs; k++, weights += panel)
      std::copy_n(&from[static_cast<size_t>(k) * outputs + first], lanes, weights);
  }
  std::fill_n(transposed, transposedFloats(plan, l), 0.0f);
  for (int first = 0; first < inputs; first += panel) {
    const int lanes = std::min(panel, inputs - first);
    for (int j = 0; j < outputs; j++, transposed += panel)
      for (int i = 0; i < lanes; i++) transposed[i] = element(first + i, j);
  }
}

void unpack(const Plan& plan, int l, const float* sums, float* to) {
  const int panel = plan.panel, inputs = plan.problem.inputsOf(l), outputs = plan.problem.outputsOf(l);
  if (narrowAt(plan.problem, l)) {
    for (int k = 0; k < inputs; k++)
      for (int c = 0; c < outputs; c++) to[static_cast<size_t>(k) * outputs + c] = sums[c * plan.padded(inputs) + k];
    return;
  }
  for (int first = 0; first < outputs; first += panel) {
    const int lanes = std::min(panel, outputs - first);
    for (int k = 0; k < inputs; k++, sums += panel)
      std::copy_n(sums, lanes, &to[static_cast<size_t>(k) * outputs + first]);
  }
}

}  // namespace

// Steps of 12 points suit every register tile (12, 6 and 3 points); 252 points fill L1 with two panels.
Layout panelLayout(int panel) {
  return {panel, 12, 21, place, weightFloats, transposedFloats, pack, weightFloats, unpack};
}

}  // namespace pyro
