#include "app/shutdown_signal.hpp"

#include <csignal>
#include <ctime>

namespace adbacus {
namespace {

sigset_t watched(HangUp hang_up) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (hang_up == HangUp::is_told) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

ShutdownSignal::ShutdownSignal(HangUp hang_up) : hang_up_(hang_up) {
  const sigset_t set = watched(hang_up);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is an error of its write, no more
}

int ShutdownSignal::wait(int timeout_ms) {
  const sigset_t set = watched(hang_up_);
  const timespec timeout{timeout_ms / 1000, (timeout_ms % 1000) * 1'000'000L};
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0 ? signal : 0;
}

}  // namespace adbacus
