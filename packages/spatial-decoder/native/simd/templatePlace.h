// Where the pixels of a row of deformable templates lie in its picture. Vectors run over pixels.
#pragma once
#include "../isa/isa.h"

namespace pyro {
namespace PYRO_ISA {

/** Where points lie between the entries of a plane, held at its border. */
struct Between {
  Vec across, down;
  /** The entry above and to the left of each point, as a number and as an index. */
  Vec entry;
  int at[kLanes];
};

/** Between entries for x in 0..columns - 1 and y in 0..rows - 1 of a plane whose rows are `stride` entries apart. */
inline Between between(Vec x, Vec y, int columns, int rows, int stride) {
  // A NaN stays in the fractions, but it is no index.
  const Vec zero = splat(0);
  const Vec heldX = min(splat(static_cast<float>(columns - 1)), max(zero, x));
  const Vec heldY = min(splat(static_cast<float>(rows - 1)), max(zero, y));
  const Vec left = floor(heldX), top = floor(heldY);
  Between place;
  place.across = sub(heldX, left);
  place.down = sub(heldY, top);
  place.entry = fma(max(top, zero), splat(static_cast<float>(stride)), max(left, zero));
  storeIndices(place.at, place.entry);
  return place;
}

/** 1 where 0 <= x <= last, else 0. */
inline Vec inside(Vec x, int last) {
  const Vec zero = splat(0), one = splat(1), end = splat(static_cast<float>(last));
  return ifLess(x, zero, zero, ifLess(end, x, zero, one));
}

/** A value interpolated between an entry and its neighbours right, below, and below right. */
inline Vec interpolate(const Vec (&quad)[4], const Between& place) {
  const Vec above = fma(place.across, sub(quad[1], quad[0]), quad[0]);
  const Vec below = fma(place.across, sub(quad[3], quad[2]), quad[2]);
  return fma(place.down, sub(below, above), above);
}

/** The same with its slopes. */
struct Sloped {
  Vec value, across, down;
};

inline Sloped interpolateSloped(const Vec (&quad)[4], const Between& place) {
  const Vec first = sub(quad[1], quad[0]), second = sub(quad[3], quad[2]);
  const Vec above = fma(place.across, first, quad[0]), below = fma(place.across, second, quad[2]);
  const Vec down = sub(below, above);
  return {fma(place.down, down, above), fma(place.down, sub(second, first), first), down};
}

/** The displacement along an axis at the entries around points, from a field that is a table or not. */
template <bool kTables>
inline void displacements(const float* field, int axis, const Between& place, int grid, Vec (&quad)[4]) {
  if constexpr (kTables) {
    const float* table = field + axis * kTableEntries;
    const Vec below = add(place.entry, splat(static_cast<float>(grid)));
    quad[0] = lookup(table, place.entry);
    quad[1] = lookup(table, add(place.entry, splat(1)));
    quad[2] = lookup(table, below);
    quad[3] = lookup(table, add(below, splat(1)));
  } else {
    gather4<8>(field + 4 * axis, place.at, quad);
  }
}

/** A row: its pose, its picture, and the field of its content as `TemplateModel` lays a field out. */
struct Row {
  float cos, sin, tx, ty;
  const float* field;
  const float* picture;
};

inline Row openRow(const TemplateModel& model, int64_t row, float* field) {
  const TemplateProblem& problem = model.problem;
  const float* theta = model.theta + row * problem.size();
  if (problem.contents > 0) {
    for (size_t at = 0; at < model.fieldFloats; at += kLanes) {
      Vec sum = splat(0);
      for (int k = 0; k < problem.contents; k++)
        sum = fma(splat(theta[3 + k]), load(model.field + k * model.fieldFloats + at), sum);
      store(field + at, sum);
    }
  }
  const size_t pictureFloats = 4 * model.pictureEntries() * problem.channels;
  return {model.directions[2 * row],
          model.directions[2 * row + 1],
          theta[1],
          theta[2],
          field,
          model.pictures + model.picture[row] * pictureFloats};
}

/** A vector of pixels: object coordinates (x, y), their place in the field, and what they become in pixels (u, v). */
struct Point {
  Vec x, y, u, v;
  Between control;
  /** How (u, v) changes with (x, y), in coordinates of the picture. */
  Vec ux, uy, vx, vy;
};

template <bool kTables, bool kSlopes>
inline Point locate(const TemplateModel& model, const Row& row, int64_t pixel) {
  const TemplateProblem& problem = model.problem;
  const Vec dx = sub(load(model.x + pixel), splat(row.tx)), dy = sub(load(model.y + pixel), splat(row.ty));
  const Vec cos = splat(row.cos), sin = splat(row.sin);
  Point point;
  point.x = sub(mul(cos, dx), mul(sin, dy));
  point.y = fma(sin, dx, mul(cos, dy));
  Vec u = point.x, v = point.y;
  if (kSlopes) {
    point.ux = point.vy = splat(1);
    point.uy = point.vx = splat(0);
  }
  if (problem.contents > 0) {
    const Vec half = splat(0.5f * (problem.grid - 1));
    const Vec across = fma(u, half, half), down = fma(v, half, half);
    // The last neighbours of a table are of no weight.
    point.control = between(across, down, problem.grid, problem.grid, kTables ? problem.grid : problem.grid + 1);
    Vec quad[4];
    displacements<kTables>(row.field, 0, point.control, problem.grid, quad);
    if (kSlopes) {
      const Vec insideX = mul(half, inside(across, problem.grid - 1));
      const Vec insideY = mul(half, inside(down, problem.grid - 1));
      const Sloped moveX = interpolateSloped(quad, point.control);
      displacements<kTables>(row.field, 1, point.control, problem.grid, quad);
      const Sloped moveY = interpolateSloped(quad, point.control);
      u = add(u, moveX.value);
      v = add(v, moveY.value);
      point.ux = fma(insideX, moveX.across, point.ux);
      point.uy = mul(insideY, moveX.down);
      point.vx = mul(insideX, moveY.across);
      point.vy = fma(insideY, moveY.down, point.vy);
    } else {
      u = add(u, interpolate(quad, point.control));
      displacements<kTables>(row.field, 1, point.control, problem.grid, quad);
      v = add(v, interpolate(quad, point.control));
    }
  }
  const Vec halfWidth = splat(0.5f * problem.width), halfHeight = splat(0.5f * problem.height);
  point.u = fma(u, halfWidth, splat(0.5f * (problem.width - 1)));
  point.v = fma(v, halfHeight, splat(0.5f * (problem.height - 1)));
  return point;
}

inline Between inPicture(const TemplateModel& model, const Point& point) {
  return between(point.u, point.v, model.problem.width, model.problem.height, model.problem.width + 1);
}

}  // namespace PYRO_ISA
}  // namespace pyro
