// SIGTERM and SIGINT, and SIGHUP where it means something, as a value to wait for. Made in main's
// thread before any other thread starts, so that every thread inherits the blocked signals; one at
// a time.
#pragma once

namespace adbacus {

enum class HangUp : bool {
  ends,     // as by default: a lost terminal ends the command
  is_told,  // wait() returns it: a server reads its configuration again
};

class ShutdownSignal {
 public:
  explicit ShutdownSignal(HangUp hang_up);
  // The signal's number, or 0 after timeout_ms. Belongs to one thread.
  int wait(int timeout_ms);

 private:
  const HangUp hang_up_;
};

}  // namespace adbacus
