// Runs independent pieces of one piece of work on several threads at once, and waits for all. For
// starts and rare large jobs: each call makes its threads anew. The pieces must not throw.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace adbacus {

// As many as pay where memory is the bound, not more than the machine has cores.
inline unsigned useful_threads() {
  constexpr unsigned kThreadsMax = 8;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
}

// Calls work(0) to work(count - 1), each once, on up to `threads` threads, the caller's among them.
// On one thread the order is that of the numbers.
template <class Work>
void run_parallel(unsigned threads, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::thread> others;
  try {
    while (others.size() + 1 < std::min<std::size_t>(threads, count)) others.emplace_back(run);
  } catch (const std::system_error&) {
    // The machine gives us no more threads; those we have do all of it.
  }
  run();
  for (std::thread& other : others) other.join();
}

}  // namespace adbacus
