// For threads whose work is wanted soon but that nobody waits for: at points named in their work
// they leave the processor to others. The scheduler alone lets such a thread keep a core for a tick
// (4 ms at 250 Hz) while a request waits behind it, and for tens of milliseconds when the other
// core is busy too.
#pragma once

#include <cstdint>

namespace adbacus {

// While it lives, breathe() in the thread that made it rests `rests_per_work` times as long as the
// thread worked since its last rest, a few milliseconds at most: with 1 the thread takes at most
// half of a core, with 3 a quarter. Time in which it waited for something else counts as rest. One
// a thread; used by that thread only.
class Breather {
 public:
  explicit Breather(int rests_per_work = 1);
  ~Breather();
  Breather(const Breather&) = delete;
  Breather& operator=(const Breather&) = delete;

  std::uint64_t rests() const { return rests_; }

 private:
  friend void breathe();
  friend void breathe_less(bool is_behind);
  void look();

  const int rests_per_work_;
  bool is_behind_ = false;
  std::int64_t seen_ns_ = 0;      // when look() was last
  std::int64_t seen_cpu_ns_ = 0;  // of this thread, then
  std::int64_t owed_ns_ = 0;      // worked and not yet rested
  std::uint64_t rests_ = 0;
};

// A point at which the calling thread may rest for up to 2 ms; nothing in threads without a
// Breather. To be called every tenth of a millisecond or so, without a lock that a request needs.
// It costs a look at the clock.
void breathe();

// Whether the work of the calling thread has fallen behind: then breathe() does not rest.
void breathe_less(bool is_behind);

}  // namespace adbacus
