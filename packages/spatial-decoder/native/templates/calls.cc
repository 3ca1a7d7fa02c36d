// The Node-API face of deformable templates: checks every size against the arrays that came.
#include "../handle.h"

namespace pyro {

namespace {

/** Entries of a plane must be exact as floats, since vectors compute their indices. */
constexpr int64_t kMostEntries = 1 << 24;

/** [rows, pictures, channels, height, width, contents, grid, pixels] */
TemplateProblem takeProblem(Arguments& arguments) {
  size_t length;
  const double* sizes = arguments.doubles("the problem must be a Float64Array", &length);
  if (length != 8) throw std::invalid_argument(words("the problem of templates must have 8 sizes"));
  TemplateProblem p{};
  p.rows = wholeFrom(1, sizes[0], kMostRowsOrPixels, "rows");
  p.pictures = positive(sizes[1], kMostUnits, "pictures");
  p.channels = positive(sizes[2], kMostUnits, "channels");
  p.height = positive(sizes[3], kMostUnits, "the height");
  p.width = positive(sizes[4], kMostUnits, "the width");
  p.contents = static_cast<int>(size(sizes[5], 1024, "contents"));
  p.grid = static_cast<int>(wholeFrom(2, sizes[6], 1024, "the grid"));
  p.pixels = wholeFrom(1, sizes[7], kMostRowsOrPixels, "pixels");
  if ((p.height + int64_t{1}) * (p.width + 1) > kMostEntries)
    throw std::invalid_argument(words("a picture must have fewer than 2^24 pixels"));
  return p;
}

int64_t pictureFloats(const TemplateProblem& p) { return lengthOf({p.pictures, p.channels, p.height, p.width}); }
int64_t fieldFloats(const TemplateProblem& p) { return int64_t{2} * p.contents * p.grid * p.grid; }

/** Pictures, field, theta, the picture of each row, pixels. */
TemplateOperands takeOperands(Arguments& arguments, const TemplateProblem& p) {
  TemplateOperands operands{};
  operands.pictures = arguments.floats("the pictures", pictureFloats(p));
  operands.field = arguments.floats("the field", fieldFloats(p));
  operands.theta = arguments.floats("theta", p.rows * p.size());
  operands.picture = arguments.indices("the pictures of rows", p.rows, p.pictures);
  operands.pixels = arguments.indices("the pixels", p.pixels, static_cast<int64_t>(p.height) * p.width);
  return operands;
}

/** The number of images, the images, and the image of each row. */
void takeImages(Arguments& arguments, const TemplateProblem& p, TemplateOperands& operands) {
  operands.imageCount = positive(arguments.number("the number of images must be a number"), kMostRowsOrPixels,
                                 "the number of images");
  operands.images = arguments.floats("the images", lengthOf({operands.imageCount, p.channels, p.height, p.width}));
  operands.image = arguments.indices("the images of rows", p.rows, operands.imageCount);
}

Templates& takeTemplates(Arguments& arguments) {
  Handle& handle = takeHandle(arguments);
  if (!handle.templates)
    handle.templates = std::make_unique<Templates>(handle.decoder->isa().templates, handle.decoder->pool());
  return *handle.templates;
}

/** templateDraw(handle, problem, pictures, field, theta, picture, pixels, output) */
napi_value draw(napi_env, Arguments& arguments) {
  Templates& templates = takeTemplates(arguments);
  const TemplateProblem p = takeProblem(arguments);
  const TemplateOperands operands = takeOperands(arguments, p);
  templates.draw(p, operands, arguments.floats("the output", lengthOf({p.rows, p.channels, p.pixels})));
  return nullptr;
}

/** templateDrawBackward(handle, problem, pictures, field, theta, picture, pixels, upstream, and where the gradients go,
 * all zero: pictures, field, theta) */
napi_value drawBackward(napi_env, Arguments& arguments) {
  Templates& templates = takeTemplates(arguments);
  const TemplateProblem p = takeProblem(arguments);
  const TemplateOperands operands = takeOperands(arguments, p);
  const float* upstream = arguments.floats("the upstream gradient", lengthOf({p.rows, p.channels, p.pixels}));
  float* pictures = arguments.floats("the pictures' gradient", pictureFloats(p));
  float* field = arguments.floats("the field's gradient", fieldFloats(p));
  float* theta = arguments.floats("theta's gradient", p.rows * p.size());
  templates.drawBackward(p, operands, upstream, pictures, field, theta);
  return nullptr;
}

/** templateSquaredErrors(handle, problem, pictures, field, theta, picture, pixels, number of images, images, image,
 * errors) */
napi_value squaredErrors(napi_env, Arguments& arguments) {
  Templates& templates = takeTemplates(arguments);
  const TemplateProblem p = takeProblem(arguments);
  TemplateOperands operands = takeOperands(arguments, p);
  takeImages(arguments, p, operands);
  templates.squaredErrors(p, operands, arguments.floats("the errors", p.rows));
  return nullptr;
}

/** templateNormalEquations(as templateSquaredErrors, then gradient, hessian) */
napi_value normalEquations(napi_env, Arguments& arguments) {
  Templates& templates = takeTemplates(arguments);
  const TemplateProblem p = takeProblem(arguments);
  TemplateOperands operands = takeOperands(arguments, p);
  takeImages(arguments, p, operands);
  float* errors = arguments.floats("the errors", p.rows);
  float* gradient = arguments.floats("the gradient", p.rows * p.size());
  float* hessian = arguments.floats("the Hessian", p.rows * p.size() * p.size());
  templates.normalEquations(p, operands, errors, gradient, hessian);
  return nullptr;
}

}  // namespace

void defineTemplates(napi_env env, napi_value exports) {
  define<draw>(env, exports, "templateDraw");
  define<drawBackward>(env, exports, "templateDrawBackward");
  define<squaredErrors>(env, exports, "templateSquaredErrors");
  define<normalEquations>(env, exports, "templateNormalEquations");
}

}  // namespace pyro
