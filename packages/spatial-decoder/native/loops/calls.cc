// The Node-API face of matrix products and Adam's step.
#include "../handle.h"

namespace pyro {

namespace {

Loops& takeLoops(Arguments& arguments) {
  Handle& handle = takeHandle(arguments);
  if (!handle.loops) handle.loops = std::make_unique<Loops>(handle.decoder->isa().loops, handle.decoder->pool());
  return *handle.loops;
}

/** [offset, row step, column step] of a matrix within an array, which it must not exceed. */
Matrix takeMatrix(Arguments& arguments, const double* layout, int rows, int columns, const char* what) {
  constexpr double kMostOffset = 9e15;
  const int64_t offset = size(layout[0], kMostOffset, "the offset of a matrix");
  const int64_t rowStep = size(layout[1], kMostRowsOrPixels, "the row step of a matrix");
  const int64_t columnStep = size(layout[2], kMostRowsOrPixels, "the column step of a matrix");
  size_t length;
  const float* data = arguments.floats(what, &length);
  const bool isEmpty = rows == 0 || columns == 0;
  // Below 2^62: rows and columns are below 2^30.
  const int64_t end = isEmpty ? 0 : offset + (rows - 1) * rowStep + (columns - 1) * columnStep + 1;
  if (end > static_cast<int64_t>(length)) throw std::invalid_argument(words(what) + " does not hold its matrix");
  return {data + (isEmpty ? 0 : offset), rowStep, columnStep};
}

/** multiply(handle, [rows, inner, columns, offset, row step and column step of a, those of b], a, b, output) */
napi_value multiply(napi_env, Arguments& arguments) {
  Loops& loops = takeLoops(arguments);
  size_t length;
  const double* sizes = arguments.doubles("the problem must be a Float64Array", &length);
  if (length != 9) throw std::invalid_argument(words("a product has nine sizes"));
  ProductProblem p{};
  p.rows = static_cast<int>(size(sizes[0], kMostRowsOrPixels, "rows"));
  p.inner = static_cast<int>(size(sizes[1], kMostRowsOrPixels, "inner"));
  p.columns = static_cast<int>(size(sizes[2], kMostRowsOrPixels, "columns"));
  p.a = takeMatrix(arguments, sizes + 3, p.rows, p.inner, "the left operand");
  p.b = takeMatrix(arguments, sizes + 6, p.inner, p.columns, "the right operand");
  float* output = arguments.floats("the output", lengthOf({p.rows, p.columns}));
  loops.multiply(p, output);
  return nullptr;
}

/** adam(handle, [beta1, beta2, step size, unbias, eps, weight decay], gradient, values, mean, square) */
napi_value adam(napi_env, Arguments& arguments) {
  Loops& loops = takeLoops(arguments);
  size_t length;
  const double* r = arguments.doubles("the rates must be a Float64Array", &length);
  if (length != 6) throw std::invalid_argument(words("Adam has six rates"));
  const auto rate = [](double x) { return static_cast<float>(x); };
  const AdamRates rates{rate(r[0]), rate(1 - r[0]), rate(r[1]), rate(1 - r[1]),
                        rate(r[2]), rate(r[3]),     rate(r[4]), rate(r[5])};
  size_t found;
  const float* gradient = arguments.floats("the gradient", &found);
  const int64_t count = static_cast<int64_t>(found);
  float* values = arguments.floats("the values", count);
  float* mean = arguments.floats("the means", count);
  float* square = arguments.floats("the squares", count);
  loops.adam(rates, gradient, values, mean, square, count);
  return nullptr;
}

}  // namespace

void defineLoops(napi_env env, napi_value exports) {
  define<multiply>(env, exports, "multiply");
  define<adam>(env, exports, "adam");
}

}  // namespace pyro
