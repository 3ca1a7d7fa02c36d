#include "pack.h"

#include <algorithm>
#include <cmath>

namespace pyro {

namespace {

/** Calls f(entry of the padded plane, row, column), rows and columns held within `height` and `width`. */
template <typename F>
void eachEntry(int height, int width, const F& f) {
  size_t entry = 0;
  for (int row = 0; row <= height; row++)
    for (int column = 0; column <= width; column++, entry++)
      f(entry, std::min(row, height - 1), std::min(column, width - 1));
}

/** An entry of a plane and its neighbours right, below, and below right. */
void packQuads(const float* plane, int height, int width, size_t stride, float* to) {
  eachEntry(height, width, [&](size_t entry, int row, int column) {
    const int right = std::min(column + 1, width - 1), below = std::min(row + 1, height - 1);
    float* quad = to + entry * stride;
    quad[0] = plane[row * width + column];
    quad[1] = plane[row * width + right];
    quad[2] = plane[below * width + column];
    quad[3] = plane[below * width + right];
  });
}

/** An entry of a picture and its slopes by central differences, zero at the border. */
void packSlopes(const float* plane, int height, int width, float* to) {
  const float acrossUnit = 0.25f * width, downUnit = 0.25f * height;
  eachEntry(height, width, [&](size_t entry, int row, int column) {
    const float* at = plane + row * width + column;
    float* record = to + 4 * entry;
    record[0] = *at;
    record[1] = column > 0 && column < width - 1 ? (at[1] - at[-1]) * acrossUnit : 0;
    record[2] = row > 0 && row < height - 1 ? (at[width] - at[-width]) * downUnit : 0;
    record[3] = 0;
  });
}

void packPixels(const TemplateProblem& p, const int* pixels, int64_t padded, float* x, float* y, float* live) {
  for (int64_t i = 0; i < padded; i++) {
    const int pixel = pixels[std::min(i, p.pixels - 1)];
    x[i] = (2.0f * (pixel % p.width) + 1) / p.width - 1;
    y[i] = (2.0f * (pixel / p.width) + 1) / p.height - 1;
    live[i] = i < p.pixels ? 1.0f : 0.0f;
  }
}

void addPlane(const float* padded, int height, int width, float* to) {
  for (int row = 0; row < height; row++)
    for (int column = 0; column < width; column++) to[row * width + column] += padded[row * (width + 1) + column];
}

}  // namespace

int assignSlots(const TemplateProblem& problem, const TemplateOperands& operands, std::vector<int>& slot) {
  slot.assign(problem.rows, 0);
  if (!operands.image) return 0;
  std::vector<int> of(operands.imageCount, -1);
  int slots = 0;
  for (int64_t r = 0; r < problem.rows; r++) {
    int& own = of[operands.image[r]];
    if (own < 0) own = slots++;
    slot[r] = own;
  }
  return slots;
}

void packTemplates(TemplateModel& model, const TemplateOperands& operands, int lanes, bool slopes, int tableEntries,
                   const std::vector<int>& slot, int slots, Carver& carver, bool fill) {
  const TemplateProblem& p = model.problem;
  const size_t padded = (p.pixels + lanes - 1) / lanes * lanes, planes = p.pictures * p.channels;
  const size_t plane = static_cast<size_t>(p.height) * p.width, controls = static_cast<size_t>(p.grid) * p.grid;
  model.paddedPixels = padded;
  model.tables = p.grid * p.grid <= tableEntries;
  model.fieldFloats = model.tables ? 2 * tableEntries : (8 * model.fieldEntries() + 15) / 16 * 16;
  float *x = carver.take(padded), *y = carver.take(padded), *live = carver.take(padded);
  float* pictures = carver.take(planes * 4 * model.pictureEntries());
  float* field = carver.take(p.contents * model.fieldFloats);
  float* directions = carver.take(2 * p.rows);
  float* targets = carver.take(slots * p.channels * padded);
  if (!fill) return;
  packPixels(p, operands.pixels, model.paddedPixels, x, y, live);
  for (size_t i = 0; i < planes; i++) {
    float* to = pictures + i * 4 * model.pictureEntries();
    if (slopes)
      packSlopes(operands.pictures + i * plane, p.height, p.width, to);
    else
      packQuads(operands.pictures + i * plane, p.height, p.width, 4, to);
  }
  for (int c = 0; c < p.contents; c++) {
    float* to = field + c * model.fieldFloats;
    std::fill_n(to, model.fieldFloats, 0.0f);
    for (int axis = 0; axis < 2; axis++) {
      const float* from = operands.field + (2 * c + axis) * controls;
      if (model.tables)
        std::copy_n(from, controls, to + axis * tableEntries);
      else
        packQuads(from, p.grid, p.grid, 8, to + 4 * axis);
    }
  }
  for (int64_t r = 0; r < p.rows; r++) {
    const double angle = operands.theta[r * p.size()];
    directions[2 * r] = static_cast<float>(std::cos(angle));
    directions[2 * r + 1] = static_cast<float>(std::sin(angle));
  }
  std::vector<bool> done(slots, false);
  for (int64_t r = 0; slots > 0 && r < p.rows; r++) {
    if (done[slot[r]]) continue;
    done[slot[r]] = true;
    for (int k = 0; k < p.channels; k++) {
      const float* image = operands.images + (static_cast<size_t>(operands.image[r]) * p.channels + k) * plane;
      float* to = targets + (static_cast<size_t>(slot[r]) * p.channels + k) * padded;
      for (size_t i = 0; i < padded; i++) to[i] = image[operands.pixels[std::min<int64_t>(i, p.pixels - 1)]];
    }
  }
  model.x = x;
  model.y = y;
  model.live = live;
  model.pictures = pictures;
  model.field = field;
  model.theta = operands.theta;
  model.directions = directions;
  model.picture = operands.picture;
  model.targets = targets;
  model.slot = slot.data();
}

void unpackTemplateSums(const TemplateModel& model, const float* sums, float* pictures, float* field) {
  const TemplateProblem& p = model.problem;
  const size_t plane = static_cast<size_t>(p.height) * p.width, controls = static_cast<size_t>(p.grid) * p.grid;
  for (int64_t i = 0; i < p.pictures * p.channels; i++, sums += model.pictureEntries())
    addPlane(sums, p.height, p.width, pictures + i * plane);
  for (int i = 0; i < 2 * p.contents; i++, sums += model.fieldEntries())
    addPlane(sums, p.grid, p.grid, field + i * controls);
}

}  // namespace pyro
