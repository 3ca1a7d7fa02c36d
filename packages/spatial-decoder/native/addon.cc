// The Node-API face of the decoder: checks every size against the arrays that came, and turns failures into JavaScript
// errors.
#include <algorithm>

#include "handle.h"

namespace {

using namespace pyro;

/** What a forward pass kept, and the problem that it is of. */
struct KeptHandle {
  static constexpr napi_type_tag kTag{0x3d7e90b25af84c16, 0xb5c1e8f04729da63};
  std::unique_ptr<Kept> kept;
  Problem problem;
};

/** [rows, pixels, dims, channels, first activation, activation, width, ...] */
Problem takeProblem(Arguments& arguments) {
  size_t length;
  const double* sizes = arguments.doubles("the problem must be a Float64Array", &length);
  constexpr size_t kFixed = 6;
  if (length <= kFixed || length > kFixed + kMaxLayers)
    throw std::invalid_argument(words("the network must have 1 to " + std::to_string(kMaxLayers) + " layers"));
  Problem problem{};
  problem.rows = size(sizes[0], kMostRowsOrPixels, "rows");
  problem.pixels = size(sizes[1], kMostRowsOrPixels, "pixels");
  problem.dims = positive(sizes[2], kMaxDims, "dims");
  problem.channels = positive(sizes[3], kMostUnits, "channels");
  problem.firstActivation = static_cast<Activation>(size(sizes[4], 4, "the first activation"));
  problem.activation = static_cast<Activation>(size(sizes[5], 4, "the activation"));
  problem.layers = static_cast<int>(length - kFixed);
  for (int l = 0; l < problem.layers; l++) problem.widths[l] = positive(sizes[kFixed + l], kMostUnits, "a width");
  // After this the products below stay in 64 bits.
  lengthOf({problem.rows, problem.pixels, problem.channels});
  lengthOf({problem.rows, problem.widths[0], problem.dims});
  return problem;
}

int inputs(const Problem& p, int i) { return p.widths[i]; }
int outputs(const Problem& p, int i) { return i + 1 < p.layers ? p.widths[i + 1] : p.channels; }
int64_t weightLength(const Problem& p, int i) { return static_cast<int64_t>(inputs(p, i)) * outputs(p, i); }

Operands takeOperands(Arguments& arguments, const Problem& p) {
  Operands operands{};
  operands.grid = arguments.floats("the grid", p.pixels * p.dims);
  operands.pose = arguments.floats("the pose", p.rows * p.widths[0] * p.dims);
  operands.code = arguments.floats("the code", p.rows * p.widths[0]);
  arguments.list(
      "a weight", p.layers, [&](int i) { return weightLength(p, i); }, operands.weights);
  arguments.list(
      "a bias", p.layers, [&](int i) { return outputs(p, i); }, operands.biases);
  return operands;
}

bool isSame(const Problem& a, const Problem& b) {
  return a.rows == b.rows && a.pixels == b.pixels && a.dims == b.dims && a.channels == b.channels &&
         a.layers == b.layers && a.firstActivation == b.firstActivation && a.activation == b.activation &&
         std::equal(a.widths, a.widths + a.layers, b.widths);
}

Decoder& takeDecoder(Arguments& arguments) { return *takeHandle(arguments).decoder; }

const Isa& takeIsa(Arguments& arguments) {
  const std::string name = arguments.text("the instruction set must be a short text");
  const Isa* isa = findIsa(name.c_str());
  if (!isa) throw std::invalid_argument(words("this machine cannot run \"" + name + "\""));
  return *isa;
}

/** create(isa, threads, budget in bytes) -> handle */
napi_value create(napi_env env, Arguments& arguments) {
  const Isa& isa = takeIsa(arguments);
  const int threads = positive(arguments.number("threads must be a number"), 1024, "threads");
  const int64_t budget = size(arguments.number("the budget must be a number"), 1e15, "the budget in bytes");
  auto handle = std::make_unique<Handle>();
  handle->decoder = std::make_unique<Decoder>(isa, threads, static_cast<size_t>(budget));
  return wrap(env, std::move(handle));
}

/** dispose(handle) */
napi_value dispose(napi_env, Arguments& arguments) {
  Handle* handle = arguments.external<Handle>("the kernel's handle is missing");
  // These work on the decoder's threads.
  handle->loops.reset();
  handle->templates.reset();
  handle->encoder.reset();
  handle->decoder.reset();
  return nullptr;
}

/** forward(handle, problem, grid, pose, code, weights, biases, keep, output) -> kept or undefined */
napi_value forward(napi_env env, Arguments& arguments) {
  Decoder& decoder = takeDecoder(arguments);
  const Problem problem = takeProblem(arguments);
  const Operands operands = takeOperands(arguments, problem);
  const bool keep = arguments.flag("keep must be true or false");
  float* output = arguments.floats("the output", problem.points() * problem.channels);
  std::unique_ptr<Kept> kept = decoder.forward(problem, operands, keep, output);
  if (!kept) return nullptr;
  auto handle = std::make_unique<KeptHandle>();
  handle->kept = std::move(kept);
  handle->problem = problem;
  return wrap(env, std::move(handle));
}

/**
 * backward(handle, problem, grid, pose, code, weights, biases, upstream, kept or undefined, and where the gradients go:
 * pose, code, weights, biases, all zero)
 */
napi_value backward(napi_env, Arguments& arguments) {
  Decoder& decoder = takeDecoder(arguments);
  const Problem p = takeProblem(arguments);
  const Operands operands = takeOperands(arguments, p);
  const float* upstream = arguments.floats("the upstream gradient", p.points() * p.channels);
  const KeptHandle* kept = arguments.optionalExternal<KeptHandle>("the kept activations are no handle");
  if (kept && kept->kept && !(kept->kept->isOf(decoder) && isSame(kept->problem, p)))
    throw std::invalid_argument(words("the kept activations are of another call"));
  Gradients gradients{};
  gradients.pose = arguments.floats("the pose's gradient", p.rows * p.widths[0] * p.dims);
  gradients.code = arguments.floats("the code's gradient", p.rows * p.widths[0]);
  arguments.list(
      "a weight's gradient", p.layers, [&](int i) { return weightLength(p, i); }, gradients.weights);
  arguments.list(
      "a bias's gradient", p.layers, [&](int i) { return outputs(p, i); }, gradients.biases);
  decoder.backward(p, operands, upstream, kept ? kept->kept.get() : nullptr, gradients);
  return nullptr;
}

/** release(kept) */
napi_value release(napi_env, Arguments& arguments) {
  arguments.external<KeptHandle>("the kept activations are no handle")->kept.reset();
  return nullptr;
}

/** peak(isa, whether on 128-bit vectors, rounds) -> floating-point operations done */
napi_value peak(napi_env env, Arguments& arguments) {
  const Isa& isa = takeIsa(arguments);
  const PeakLoop& loop = arguments.flag("the second argument must be true or false") ? isa.simd128 : isa.full;
  const int64_t rounds = size(arguments.number("rounds must be a number"), 1e12, "rounds");
  // The sum is used, so that the compiler keeps the loop.
  const double done = std::isnan(loop.run(rounds)) ? 0 : static_cast<double>(rounds) * loop.operations;
  napi_value value;
  check(napi_create_double(env, done, &value), "no memory");
  return value;
}

/** isas() -> the names of those that run here, the best first */
napi_value isas(napi_env env, Arguments&) {
  napi_value list;
  check(napi_create_array(env, &list), "no memory");
  uint32_t count = 0;
  for (const char* name : {"avx512", "avx2", "neon", "scalar", "amx"}) {
    if (!findIsa(name)) continue;
    napi_value text;
    check(napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text), "no memory");
    check(napi_set_element(env, list, count++, text), "no memory");
  }
  return list;
}

}  // namespace

NAPI_MODULE_INIT() {
  define<create>(env, exports, "create");
  define<dispose>(env, exports, "dispose");
  define<forward>(env, exports, "forward");
  define<backward>(env, exports, "backward");
  define<release>(env, exports, "release");
  define<peak>(env, exports, "peak");
  define<isas>(env, exports, "isas");
  defineEncoder(env, exports);
  defineTemplates(env, exports);
  defineLoops(env, exports);
  return exports;
}
