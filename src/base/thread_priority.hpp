// Which threads go first when the machine is busy: those that somebody waits for.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace adbacus {

// For work that may take seconds and that nobody waits for: the calling thread gets a tenth of
// what another thread gets while both want the processor. It needs no privilege, but taking it back
// would.
inline void let_others_go_first() {
  constexpr int kNice = 10;  // Linux keeps it for each thread
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace adbacus
