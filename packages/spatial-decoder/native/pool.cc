#include "pool.h"

#include <stdexcept>
#include <string>
#include <system_error>

namespace pyro {

Pool::~Pool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  begin_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::start() {
  workers_.reserve(threads_ - 1);
  while (static_cast<int>(workers_.size()) < threads_ - 1) {
    const int index = static_cast<int>(workers_.size()) + 1;
    try {
      workers_.emplace_back([this, index] { loop(index); });
    } catch (const std::system_error& error) {
      throw std::runtime_error("native kernel: the system starts " + std::to_string(index) + " of " +
                               std::to_string(threads_) + " threads (" + error.what() + "); ask for fewer");
    }
  }
}

void Pool::run(const std::function<void(int)>& work) {
  if (threads_ > 1) {
    start();
    std::lock_guard<std::mutex> lock(mutex_);
    work_ = &work;
    busy_ = threads_ - 1;
    round_++;
  }
  begin_.notify_all();
  work(0);
  std::unique_lock<std::mutex> lock(mutex_);
  end_.wait(lock, [this] { return busy_ == 0; });
}

void Pool::loop(int index) {
  uint64_t done = 0;
  for (;;) {
    const std::function<void(int)>* work;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      begin_.wait(lock, [&] { return ending_ || round_ != done; });
      if (ending_) return;
      done = round_;
      work = work_;
    }
    (*work)(index);
    std::lock_guard<std::mutex> lock(mutex_);
    if (--busy_ == 0) end_.notify_one();
  }
}

}  // namespace pyro
