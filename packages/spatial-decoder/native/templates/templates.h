// Whole calls for deformable templates, on the threads of a decoder.
#pragma once
#include <memory>
#include <vector>

#include "../isa/isa.h"
#include "../memory.h"
#include "../pool.h"

namespace pyro {

/** Row-major operands; images [n, K, H, W] and the image of each row, where there are any. */
struct TemplateOperands {
  const float *pictures, *field, *theta;
  const int *picture, *pixels;
  const float* images;
  const int* image;
  int64_t imageCount;
};

class Templates {
 public:
  Templates(const TemplateOps& ops, Pool& pool) : ops_(ops), pool_(pool) {}

  /** output [R, K, P] */
  void draw(const TemplateProblem&, const TemplateOperands&, float* output);
  /** For upstream [R, K, P]; `pictures` and `field` must be zero. */
  void drawBackward(const TemplateProblem&, const TemplateOperands&, const float* upstream, float* pictures,
                    float* field, float* theta);
  /** errors [R] */
  void squaredErrors(const TemplateProblem&, const TemplateOperands&, float* errors);
  /** errors [R], gradient [R, 3 + C], hessian [R, 3 + C, 3 + C] */
  void normalEquations(const TemplateProblem&, const TemplateOperands&, float* errors, float* gradient,
                       float* hessian);

 private:
  /** Lays the operands out, with slopes of the pictures and with fields as tables, where they fit, or without. */
  TemplateModel pack(const TemplateProblem&, const TemplateOperands&, bool slopes, bool tables);
  /** Calls f(scratch, from, to) for pieces of `size` rows. */
  template <typename F>
  void each(const TemplateModel& model, int64_t size, size_t extraFloats, const F& f);

  const TemplateOps& ops_;
  Pool& pool_;
  Buffer packed_;
  std::vector<int> slot_;
  std::vector<std::unique_ptr<Buffer>> threads_;
};

}  // namespace pyro
