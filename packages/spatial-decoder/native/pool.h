// Threads that wait for work between calls. The caller is one of them, so a pool of one starts none.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pyro {

class Pool {
 public:
  explicit Pool(int threads) : threads_(threads) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }
  /** Calls work(i) for i in 0..threads at the same time and returns when all have ended. Starts the threads at the
   * first call. */
  void run(const std::function<void(int)>& work);

 private:
  void start();
  void loop(int index);

  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable begin_, end_;
  const std::function<void(int)>* work_ = nullptr;
  uint64_t round_ = 0;
  int busy_ = 0;
  bool ending_ = false;
};

/** Lets threads pass one by one in the order of their tickets: 0, 1, 2, ... */
class Turnstile {
 public:
  template <typename F>
  void pass(int64_t ticket, const F& f) {
    std::unique_lock<std::mutex> lock(mutex_);
    turn_.wait(lock, [&] { return next_ == ticket; });
    f();
    next_++;
    lock.unlock();
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  int64_t next_ = 0;
};

}  // namespace pyro
