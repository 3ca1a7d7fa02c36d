// Forward and backward of a whole call of the convolutional encoder, on the threads and within the budget of a decoder.
#pragma once
#include "../isa/isa.h"
#include "../memory.h"
#include "../pool.h"

namespace pyro {

class Encoder;

/** The maps and features of a forward pass: of all images, or there is none. */
class KeptEncoder {
 public:
  KeptEncoder(std::shared_ptr<Keep> keep, std::unique_ptr<Buffer> buffer)
      : keep_(std::move(keep)), buffer_(std::move(buffer)) {}
  ~KeptEncoder() { keep_->release(std::move(buffer_)); }
  float* data() const { return buffer_->data(); }
  /** Whether this encoder, and no other, kept it. */
  bool isOf(const Encoder& encoder) const;

 private:
  std::shared_ptr<Keep> keep_;
  std::unique_ptr<Buffer> buffer_;
};

class Encoder {
 public:
  Encoder(const EncoderOps& ops, Pool& pool, std::shared_ptr<Keep> keep)
      : ops_(ops), pool_(pool), keep_(std::move(keep)) {}

  const std::shared_ptr<Keep>& keep() const { return keep_; }
  /** output [n, F]. Returns what it kept, or null where nothing was requested or fits. */
  std::unique_ptr<KeptEncoder> forward(const EncoderProblem&, const EncoderArrays<const float>&, bool keep,
                                       float* output);
  /** Fills `gradients`, which must be zero, for upstream [n, F]. `kept` is forward's for the same operands, or null. */
  void backward(const EncoderProblem&, const EncoderArrays<const float>&, const float* upstream,
                const KeptEncoder* kept, const EncoderArrays<float>& gradients);

 private:
  EncoderModel pack(const EncoderProblem&, const EncoderArrays<const float>&, bool turned);
  void reserveThreads(const EncoderPlan& plan);
  /** Lays the batch out in `memory`. */
  EncoderBatch batchAt(const EncoderPlan& plan, int64_t first, float* memory, bool maps) const;
  void forwardBatch(const EncoderModel&, const EncoderBatch&);
  void backwardBatch(const EncoderModel&, const EncoderBatch&, float* totals, const EncoderArrays<float>& gradients);
  /** Calls f(thread, piece) for each of `pieces` pieces of work. */
  template <typename F>
  void each(int64_t pieces, const F& f);

  const EncoderOps& ops_;
  Pool& pool_;
  std::shared_ptr<Keep> keep_;
  Buffer packed_, batch_, gradients_, totals_;
  std::vector<std::unique_ptr<Buffer>> threads_;
};

inline bool KeptEncoder::isOf(const Encoder& encoder) const { return keep_ == encoder.keep(); }

}  // namespace pyro
