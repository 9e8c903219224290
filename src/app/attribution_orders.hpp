// Says in the log which attribution rules are in force: whenever the catalog's differ from those
// said last, and again every 30 days, so that the log's beginning may go. One a log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/snapshot.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

class AttributionOrders {
 public:
  // Reads what the log says and begins. All must outlive the object. Where the log cannot be read
  // or written it is tried again.
  AttributionOrders(EventLog& log, SnapshotSource snapshots, Clock& clock);
  ~AttributionOrders();

 private:
  struct Said {
    std::string payload;
    TimeUs log_time_us = 0;
  };
  Result<void> read_log();
  void tick();
  void say_of(std::string_view tenant, const TenantObjects* objects);
  bool append(const std::string& tenant, const ControlEntry& entry);

  EventLog& log_;
  SnapshotSource snapshots_;
  Clock& clock_;
  bool is_read_ = false;
  std::int64_t change_ = -1;  // of the snapshot whose rules are all said
  TimeUs said_again_us_ = 0;  // when it was last looked whether any are old; monotonic
  std::map<std::string, Said, std::less<>> said_;  // by tenant
  PeriodicThread thread_;
};

}  // namespace adbacus
