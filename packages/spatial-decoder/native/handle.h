// What JavaScript holds of a kernel: the decoder with its threads, and the encoder, the templates and the loops
// that work on the same ones.
#pragma once
#include "arguments.h"
#include "decoder.h"
#include "encoder/encoder.h"
#include "loops/loops.h"
#include "templates/templates.h"

namespace pyro {

/** dispose() empties it before the collector comes. */
struct Handle {
  static constexpr napi_type_tag kTag{0x9f1c5e0a63b74d21, 0x8a4e2d7b11c6f530};
  std::unique_ptr<Decoder> decoder;
  std::unique_ptr<Encoder> encoder;
  std::unique_ptr<Templates> templates;
  std::unique_ptr<Loops> loops;
};

inline Handle& takeHandle(Arguments& arguments) {
  Handle* handle = arguments.external<Handle>("the kernel's handle is missing");
  if (!handle->decoder) throw std::runtime_error(words("it was disposed of. Select one anew with selectKernel()"));
  return *handle;
}

template <typename T>
napi_value wrap(napi_env env, std::unique_ptr<T> object) {
  napi_value value;
  check(napi_create_external(
            env, object.get(), [](napi_env, void* data, void*) { delete static_cast<T*>(data); }, nullptr, &value),
        "no memory for a handle");
  // The collector has it from here on.
  object.release();
  check(napi_type_tag_object(env, value, &T::kTag), "a handle cannot be tagged");
  return value;
}

template <napi_value (*F)(napi_env, Arguments&)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    Arguments arguments(env, info);
    return F(env, arguments);
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "native kernel: out of memory; ask for fewer images at a time or a smaller budget");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

template <napi_value (*F)(napi_env, Arguments&)>
void define(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<F>, nullptr, &function) == napi_ok)
    napi_set_named_property(env, exports, name, function);
}

/** Adds the functions of the convolutional encoder to the library. */
void defineEncoder(napi_env env, napi_value exports);

/** Adds the functions of deformable templates. */
void defineTemplates(napi_env env, napi_value exports);

/** Adds matrix products and Adam's step. */
void defineLoops(napi_env env, napi_value exports);

}  // namespace pyro
