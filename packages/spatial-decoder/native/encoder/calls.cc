// The Node-API face of the convolutional encoder: checks every size against the arrays that came.
#include <algorithm>
#include <limits>

#include "../handle.h"

namespace pyro {

namespace {

/** What a forward pass kept, and the problem that it is of. */
struct KeptHandle {
  static constexpr napi_type_tag kTag{0xc4a6137fd02e9b58, 0x6e81f5b93c07d24a};
  std::unique_ptr<KeptEncoder> kept;
  EncoderProblem problem;
};

/** [images, height, width, channels, features, side and outputs of each block, ...] */
EncoderProblem takeProblem(Arguments& arguments) {
  size_t length;
  const double* sizes = arguments.doubles("the problem must be a Float64Array", &length);
  constexpr size_t kFixed = 5;
  if (length <= kFixed || (length - kFixed) % 2 != 0 || length > kFixed + 2 * kMaxBlocks)
    throw std::invalid_argument(words("the encoder must have 1 to " + std::to_string(kMaxBlocks) + " blocks"));
  EncoderProblem problem{};
  problem.images = size(sizes[0], kMostRowsOrPixels, "images");
  problem.height = positive(sizes[1], kMostUnits, "the height");
  problem.width = positive(sizes[2], kMostUnits, "the width");
  problem.channels = positive(sizes[3], kMostUnits, "channels");
  problem.features = positive(sizes[4], kMostUnits, "features");
  problem.blocks = static_cast<int>((length - kFixed) / 2);
  for (int l = 0; l < problem.blocks; l++) {
    problem.side[l] = positive(sizes[kFixed + 2 * l], 255, "the side of a filter");
    problem.outputs[l] = positive(sizes[kFixed + 2 * l + 1], kMostUnits, "the outputs of a block");
    const int64_t inputs = l == 0 ? problem.channels : problem.outputs[l - 1];
    if (lengthOf({problem.side[l], problem.side[l], inputs + 64}) > std::numeric_limits<int>::max())
      throw std::invalid_argument(words("a filter is too large"));
  }
  return problem;
}

int64_t imageFloats(const EncoderProblem& p) {
  return lengthOf({p.images, p.height, p.width, p.channels});
}

/** Takes images where `withImages`, then filters, gains, biases, the dense weight and its bias. */
template <typename T>
EncoderArrays<T> takeArrays(Arguments& arguments, const EncoderProblem& p, bool withImages) {
  EncoderArrays<T> arrays{};
  if (withImages) arrays.images = arguments.floats("the images", imageFloats(p));
  const auto inputs = [&](int l) { return l == 0 ? p.channels : p.outputs[l - 1]; };
  const auto outputs = [&](int l) { return static_cast<int64_t>(p.outputs[l]); };
  arguments.list(
      "a filter", p.blocks, [&](int l) { return lengthOf({outputs(l), p.side[l], p.side[l], inputs(l)}); }, arrays.filters);
  arguments.list("a gain", p.blocks, outputs, arrays.gains);
  arguments.list("a bias", p.blocks, outputs, arrays.biases);
  int64_t height = p.height, width = p.width;
  for (int l = 0; l < p.blocks; l++) {
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  arrays.dense = arguments.floats("the dense weight", lengthOf({height, width, p.outputs[p.blocks - 1], p.features}));
  arrays.denseBias = arguments.floats("the dense bias", p.features);
  return arrays;
}

bool isSame(const EncoderProblem& a, const EncoderProblem& b) {
  return a.images == b.images && a.height == b.height && a.width == b.width && a.channels == b.channels &&
         a.features == b.features && a.blocks == b.blocks && std::equal(a.side, a.side + a.blocks, b.side) &&
         std::equal(a.outputs, a.outputs + a.blocks, b.outputs);
}

Encoder& takeEncoder(Arguments& arguments) {
  Handle& handle = takeHandle(arguments);
  if (!handle.encoder)
    handle.encoder =
        std::make_unique<Encoder>(handle.decoder->isa().encoder, handle.decoder->pool(), handle.decoder->keep());
  return *handle.encoder;
}

/** encoderForward(handle, problem, images, filters, gains, biases, dense, denseBias, keep, output) -> kept or undefined
 */
napi_value forward(napi_env env, Arguments& arguments) {
  Encoder& encoder = takeEncoder(arguments);
  const EncoderProblem problem = takeProblem(arguments);
  const auto operands = takeArrays<const float>(arguments, problem, true);
  const bool keep = arguments.flag("keep must be true or false");
  float* output = arguments.floats("the output", problem.images * problem.features);
  std::unique_ptr<KeptEncoder> kept = encoder.forward(problem, operands, keep, output);
  if (!kept) return nullptr;
  auto handle = std::make_unique<KeptHandle>();
  handle->kept = std::move(kept);
  handle->problem = problem;
  return wrap(env, std::move(handle));
}

/**
 * encoderBackward(handle, problem, images, filters, gains, biases, dense, denseBias, upstream, kept or undefined,
 * whether those of the images are wanted, and where the gradients go, all zero: images where they are wanted, filters,
 * gains, biases, dense, denseBias)
 */
napi_value backward(napi_env, Arguments& arguments) {
  Encoder& encoder = takeEncoder(arguments);
  const EncoderProblem problem = takeProblem(arguments);
  const auto operands = takeArrays<const float>(arguments, problem, true);
  const float* upstream = arguments.floats("the upstream gradient", problem.images * problem.features);
  const KeptHandle* kept = arguments.optionalExternal<KeptHandle>("the kept activations are no handle");
  if (kept && kept->kept && !(kept->kept->isOf(encoder) && isSame(kept->problem, problem)))
    throw std::invalid_argument(words("the kept activations are of another call"));
  const bool withImages = arguments.flag("withImages must be true or false");
  const auto gradients = takeArrays<float>(arguments, problem, withImages);
  encoder.backward(problem, operands, upstream, kept ? kept->kept.get() : nullptr, gradients);
  return nullptr;
}

/** encoderRelease(kept) */
napi_value release(napi_env, Arguments& arguments) {
  arguments.external<KeptHandle>("the kept activations are no handle")->kept.reset();
  return nullptr;
}

}  // namespace

void defineEncoder(napi_env env, napi_value exports) {
  define<forward>(env, exports, "encoderForward");
  define<backward>(env, exports, "encoderBackward");
  define<release>(env, exports, "encoderRelease");
}

}  // namespace pyro
