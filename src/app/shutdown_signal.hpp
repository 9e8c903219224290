// SIGTERM and SIGINT as a value to wait for. Made in main's thread before any other thread starts,
// so that every thread inherits the blocked signals; one at a time.
#pragma once

namespace adbacus {

class ShutdownSignal {
 public:
  ShutdownSignal();
  // The signal's number, or 0 after timeout_ms. Belongs to one thread.
  int wait(int timeout_ms);
};

}  // namespace adbacus
