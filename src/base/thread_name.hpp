// Names a thread for top, gdb and profilers: at most 15 characters are shown.
#pragma once

#include <pthread.h>
#include <thread>

namespace adbacus {

inline void name_thread(std::thread& thread, const char* name) {
  ::pthread_setname_np(thread.native_handle(), name);
}

}  // namespace adbacus
