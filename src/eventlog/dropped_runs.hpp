// Which import runs were given up, and up to where: the drop_run entries of a log
// (docs/formats/control_entries.md). The fold and the recount ask it about events. A plain value.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "eventlog/control_entries.hpp"

namespace adbacus {

class DroppedRuns {
 public:
  void take(Seq seq, const DropRunEntry& entry) {
    Seq& until = runs_[entry.tenant][entry.run];
    until = std::max(until, seq);
    newest_ = std::max(newest_, seq);
  }
  // The newest drop; an event behind it is in no dropped run.
  Seq newest() const { return newest_; }
  // The event at `seq` is passed over.
  bool holds(std::string_view tenant, std::string_view run, Seq seq) const {
    if (run.empty() || seq >= newest_) return false;
    const auto of_tenant = runs_.find(tenant);
    if (of_tenant == runs_.end()) return false;
    const auto found = of_tenant->second.find(run);
    return found != of_tenant->second.end() && seq < found->second;
  }

 private:
  using Runs = std::map<std::string, Seq, std::less<>>;  // name -> its newest drop
  std::map<std::string, Runs, std::less<>> runs_;        // by tenant
  Seq newest_ = 0;
};

}  // namespace adbacus
