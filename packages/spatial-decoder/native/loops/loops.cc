#include "loops.h"

#include <algorithm>
#include <atomic>

#include "../denormals.h"

namespace pyro {

namespace {

/** Floats of the left operand that are packed at a time. */
constexpr int64_t kPacked = 1 << 18;
/** Multiplications from which on threads are woken. */
constexpr double kThreaded = 1 << 21;
/** Values that Adam moves in one piece. */
constexpr int64_t kMoved = 1 << 14;

int64_t partsOf(int64_t all, int64_t part) { return (all + part - 1) / part; }

}  // namespace

template <typename F>
void Loops::each(int threads, int64_t pieces, const F& f) {
  std::atomic<int64_t> next{0};
  const auto work = [&](int index) {
    const DenormalsAreZero scope;
    for (int64_t piece; (piece = next++) < pieces;) f(threads_[index]->data(), piece);
  };
  if (threads == 1) return work(0);
  pool_.run(work);
}

void Loops::reserveThreads() {
  while (static_cast<int>(threads_.size()) < pool_.threads()) threads_.push_back(std::make_unique<Buffer>());
  for (const auto& thread : threads_) thread->reserve(ops_.scratchFloats);
}

void Loops::multiply(const ProductProblem& p, float* output) {
  const double operations = 1.0 * p.rows * p.inner * p.columns;
  if (operations == 0) {
    std::fill_n(output, static_cast<size_t>(p.rows) * p.columns, 0.0f);
    return;
  }
  const int threads = operations < kThreaded ? 1 : pool_.threads();
  reserveThreads();

  // Whole tiles, in about as many chunks of rows as keep all threads at work.
  const int64_t panels = partsOf(p.columns, ops_.panel);
  const int64_t wanted = threads == 1 ? 1 : partsOf(4 * threads, panels);
  const int64_t most = std::max<int64_t>(1, kPacked / p.inner / ops_.tileRows) * ops_.tileRows;
  for (int64_t first = 0; first < p.rows; first += most) {
    const int64_t rows = std::min(most, p.rows - first);
    const int64_t chunkRows = partsOf(partsOf(rows, wanted), ops_.tileRows) * ops_.tileRows;
    const int64_t chunks = partsOf(rows, chunkRows);
    packed_.reserve(static_cast<size_t>(rows) * p.inner);
    const auto fromOf = [&](int64_t chunk) { return static_cast<int>(first + chunk * chunkRows); };
    const auto toOf = [&](int64_t chunk) { return static_cast<int>(first + std::min(rows, (chunk + 1) * chunkRows)); };
    const auto packedAt = [&](int64_t chunk) {
      return packed_.data() + static_cast<size_t>(fromOf(chunk) - first) * p.inner;
    };
    each(chunks == 1 ? 1 : threads, chunks, [&](float*, int64_t chunk) {
      ops_.packRows(p, fromOf(chunk), toOf(chunk), packedAt(chunk));
    });
    each(threads, chunks * panels, [&](float* scratch, int64_t piece) {
      const int64_t chunk = piece / panels;
      const int column = static_cast<int>(piece % panels) * ops_.panel;
      ops_.multiplyPanel(p, packedAt(chunk), fromOf(chunk), toOf(chunk), column, scratch, output);
    });
  }
}

void Loops::adam(const AdamRates& rates, const float* gradient, float* values, float* mean, float* square,
                 int64_t count) {
  const int64_t pieces = partsOf(count, kMoved);
  reserveThreads();
  each(pieces < 4 ? 1 : pool_.threads(), pieces, [&](float*, int64_t piece) {
    const int64_t at = piece * kMoved;
    ops_.adam(rates, gradient + at, values + at, mean + at, square + at, std::min(kMoved, count - at));
  });
}

}  // namespace pyro
