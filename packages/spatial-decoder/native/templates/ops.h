// The operands of deformable templates as the kernels read them, and what each instruction set's file provides for
// them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pyro {

struct TemplateProblem {
  int64_t rows, pictures, pixels;
  int channels, height, width, contents, grid;

  /** Numbers that a row is described by: angle, two shifts and the content. */
  int size() const { return 3 + contents; }
};

/**
 * The operands of a call. Pictures and fields lie in planes with one more row and column than they have entries, so
 * that every entry has a neighbour; the last are repeated. An entry of a plane is a record of four floats or more.
 */
struct TemplateModel {
  TemplateProblem problem;
  /** Pixels rounded up to whole vectors. */
  int64_t paddedPixels;
  /** [paddedPixels]: coordinates, the last repeated, and 1 for each pixel, 0 in the padding. */
  const float *x, *y, *live;
  /** [G][K][(H + 1) (W + 1)][4]: an entry and its neighbours right, below, and below right; or, for the normal
   * equations, an entry, its two slopes, and 0. */
  const float* pictures;
  /** [C][fieldFloats], each [(g + 1) (g + 1)][8]: the horizontal displacement of an entry and its neighbours, then the
   * vertical; or, where fields are tables, the horizontal displacement [g][g] and the vertical, padded. */
  const float* field;
  size_t fieldFloats;
  bool tables;
  /** [R][3 + C] */
  const float* theta;
  /** [R][2]: cosine and sine of the angle. */
  const float* directions;
  /** [R] */
  const int* picture;
  /** [slots][K][paddedPixels], and the slot of each row's image. */
  const float* targets;
  const int* slot;

  size_t pictureEntries() const { return static_cast<size_t>(problem.height + 1) * (problem.width + 1); }
  size_t fieldEntries() const { return static_cast<size_t>(problem.grid + 1) * (problem.grid + 1); }
  /** Rows of the Jacobian and of the residual, rounded up to whole tiles. */
  int jacobianRows() const { return (problem.size() + 4) / 4 * 4; }
  /** Floats of a row of the Jacobian that are in memory at a time: at least the widest vector for each channel. */
  int blockFloats() const { return problem.channels <= 32 ? 512 : 16 * problem.channels; }
  /** Floats of one thread: the field of a row, then its gradient, or the Jacobian of a block and the sums of its
   * products. */
  size_t scratchFloats() const {
    const size_t rows = jacobianRows();
    return fieldFloats + 2 * fieldEntries() + rows * (blockFloats() + rows);
  }
  /** Floats of the gradients that a chunk of rows sums: pictures [G][K][entries], field [C][2][entries]. */
  size_t sumFloats() const {
    return problem.pictures * problem.channels * pictureEntries() + problem.contents * 2 * fieldEntries();
  }
};

/** Each works on rows from..to and writes their part of arrays that hold all rows. The second of a pair is for fields
 * that are tables; drawBackward takes none. */
struct TemplateOps {
  int lanes;
  /** Entries of a table that vectors are looked up in; fields that fit are laid out as such. */
  int tableEntries;
  /** output [R, K, P] */
  void (*draw[2])(const TemplateModel&, int64_t from, int64_t to, float* scratch, float* output);
  /** errors [R] */
  void (*squaredErrors[2])(const TemplateModel&, int64_t from, int64_t to, float* scratch, float* errors);
  /** errors [R], gradient [R, 3 + C], hessian [R, 3 + C, 3 + C] */
  void (*normalEquations[2])(const TemplateModel&, int64_t from, int64_t to, float* scratch, float* errors,
                          float* gradient, float* hessian);
  /** For upstream [R, K, P]: the gradient of theta [R, 3 + C]; adds those of pictures and field to `sums`. */
  void (*drawBackward)(const TemplateModel&, int64_t from, int64_t to, float* scratch, const float* upstream,
                       float* theta, float* sums);
};

}  // namespace pyro
