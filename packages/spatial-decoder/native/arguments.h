// The arguments of a call from JavaScript, each checked and named in the error where it is wrong.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

namespace pyro {

/** What every error of this library begins with. */
inline std::string words(const std::string& what) { return "native kernel: " + what; }

inline void check(napi_status status, const char* what) {
  if (status != napi_ok) throw std::runtime_error(words(what));
}

/** The product of sizes. Larger than any array: an error, so that it never wraps around to the length of one. */
inline int64_t lengthOf(std::initializer_list<int64_t> sizes) {
  constexpr int64_t kMost = int64_t{1} << 53;
  int64_t product = 1;
  for (const int64_t size : sizes) {
    if (size != 0 && product > kMost / size) throw std::invalid_argument(words("the problem is larger than any array"));
    product *= size;
  }
  return product;
}

/**
 * The arguments of a call, taken one after the other. Elements of lists are read before anything else: that may run JavaScript (an accessor), which could
 * detach a buffer; no JavaScript runs between the first pointer into an array and the end of the call.
 */
class Arguments {
 public:
  static constexpr size_t kMost = 20;
  /** Elements of a list beyond these are not looked at. */
  static constexpr uint32_t kMostElements = 256;
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    check(napi_get_cb_info(env, info, &count, values_, nullptr, nullptr), "no arguments");
    for (size_t i = 0; i < kMost; i++) {
      bool isArray = false;
      uint32_t length = 0;
      if (napi_is_array(env, values_[i], &isArray) != napi_ok || !isArray) continue;
      check(napi_get_array_length(env, values_[i], &length), "a list has no length");
      for (uint32_t k = 0; k < length && k < kMostElements; k++) {
        napi_value element;
        check(napi_get_element(env, values_[i], k, &element), "a list cannot be read");
        lists_[i].push_back(element);
      }
    }
  }

  double number(const char* what) {
    double value;
    check(napi_get_value_double(env_, take(), &value), what);
    return value;
  }

  std::string text(const char* what) {
    char buffer[32];
    size_t length;
    check(napi_get_value_string_utf8(env_, take(), buffer, sizeof buffer, &length), what);
    return std::string(buffer, length);
  }

  bool flag(const char* what) {
    bool value;
    check(napi_get_value_bool(env_, take(), &value), what);
    return value;
  }

  /** A Float32Array of exactly `length`. */
  float* floats(const char* what, int64_t length) { return floatsOf(take(), what, length); }

  /** A Float32Array of any length. */
  float* floats(const char* what, size_t* length) { return anyFloats(take(), what, length); }

  /** An Int32Array of exactly `length`, each from 0 to `count` - 1. */
  const int* indices(const char* what, int64_t length, int64_t count) {
    napi_typedarray_type type;
    size_t found = 0;
    void* data;
    const napi_status status = napi_get_typedarray_info(env_, take(), &type, &found, &data, nullptr, nullptr);
    if (status != napi_ok || type != napi_int32_array || static_cast<int64_t>(found) != length)
      throw std::invalid_argument(words(what) + " must be an Int32Array of " + std::to_string(length));
    const int* values = static_cast<const int*>(data);
    for (size_t i = 0; i < found; i++)
      if (values[i] < 0 || values[i] >= count)
        throw std::invalid_argument(words(what) + " must hold integers from 0 to " + std::to_string(count - 1));
    return values;
  }

  /** An array of Float32Arrays, the i-th of length length(i), into `to`. */
  template <typename T, typename F>
  void list(const char* what, int count, const F& length, T* to) {
    const std::vector<napi_value>& elements = lists_[next_++];
    if (elements.size() < static_cast<size_t>(count))
      throw std::invalid_argument(words(what) + " must be one of a list of " + std::to_string(count));
    for (int i = 0; i < count; i++) to[i] = floatsOf(elements[i], what, length(i));
  }

  /** A Float64Array's content. */
  const double* doubles(const char* what, size_t* length) {
    napi_typedarray_type type;
    void* data;
    check(napi_get_typedarray_info(env_, take(), &type, length, &data, nullptr, nullptr), what);
    if (type != napi_float64_array) throw std::invalid_argument(words(what));
    return static_cast<const double*>(data);
  }

  /** An object of C++, of the type T and no other. */
  template <typename T>
  T* external(const char* what) {
    const napi_value value = take();
    void* data;
    bool isTagged = false;
    check(napi_get_value_external(env_, value, &data), what);
    check(napi_check_object_type_tag(env_, value, &T::kTag, &isTagged), what);
    if (!isTagged) throw std::invalid_argument(words(what));
    return static_cast<T*>(data);
  }

  /** As external, or null where the argument is undefined. */
  template <typename T>
  T* optionalExternal(const char* what) {
    napi_valuetype type;
    check(napi_typeof(env_, values_[next_], &type), what);
    if (type != napi_undefined) return external<T>(what);
    next_++;
    return nullptr;
  }

 private:
  napi_value take() { return values_[next_++]; }

  float* anyFloats(napi_value value, const char* what, size_t* length) {
    napi_typedarray_type type;
    void* data;
    const napi_status status = napi_get_typedarray_info(env_, value, &type, length, &data, nullptr, nullptr);
    if (status != napi_ok || type != napi_float32_array)
      throw std::invalid_argument(words(what) + " must be a Float32Array");
    return static_cast<float*>(data);
  }

  float* floatsOf(napi_value value, const char* what, int64_t length) {
    size_t found = 0;
    float* data = anyFloats(value, what, &found);
    if (static_cast<int64_t>(found) != length)
      throw std::invalid_argument(words(what) + " has " + std::to_string(found) + " numbers where the problem has " +
                                  std::to_string(length));
    return data;
  }

  napi_env env_;
  napi_value values_[kMost];
  std::vector<napi_value> lists_[kMost];
  size_t next_ = 0;
};

/** Any length above this could not be a typed array, and products of the checked sizes stay in 64 bits. */
constexpr double kMostRowsOrPixels = 1u << 30;
constexpr double kMostUnits = 1u << 16;

inline int64_t wholeFrom(int least, double value, double most, const char* what) {
  if (!(value >= least && value <= most && value == std::floor(value)))
    throw std::invalid_argument(words(what) + " must be a whole number from " + std::to_string(least) + " to " +
                                std::to_string(static_cast<int64_t>(most)));
  return static_cast<int64_t>(value);
}

inline int64_t size(double value, double most, const char* what) { return wholeFrom(0, value, most, what); }

inline int positive(double value, double most, const char* what) {
  return static_cast<int>(wholeFrom(1, value, most, what));
}

}  // namespace pyro
