#include "app/load/load_options.hpp"

namespace adbacus {

std::string LoadOptions::mistakes() const {
  std::string found;
  const auto require = [&found](bool is_good, const char* text) {
    if (!is_good) found.append(found.empty() ? "" : "\n").append(text);
  };
  require(threads >= 1 && threads <= 64, "threads: 1 to 64");
  require(connections >= threads && connections <= 10'000,
          "connections: at least one a thread, at most 10,000");
  require(batch_events >= 1 && batch_events <= 10'000, "batch: 1 to 10,000 events");
  require(rate_per_s >= 0 && rate_per_s <= 1e8, "rate: 0 to 100,000,000 a second");
  require(duration_s > 0 && duration_s <= 1e6, "seconds: more than 0, at most 1,000,000");
  require(campaigns >= 1 && campaigns <= 1'000'000, "campaigns: 1 to 1,000,000");
  require(users >= 1 && users <= 100'000'000, "users: 1 to 100,000,000");
  require(duplicate_share >= 0 && duplicate_share <= 0.9, "duplicates: 0 to 0.9");
  require(timeout_s > 0 && timeout_s <= 3'600, "timeout: more than 0, at most 3,600 seconds");
  require(drain_s >= 0 && drain_s <= 3'600, "drain: 0 to 3,600 seconds");
  require(!verify || campaigns <= 100'000, "verify: at most 100,000 campaigns, a report's limit");
  require(!settles_requests() || mode == LoadMode::single || mode == LoadMode::batch,
          "verify and ledger: only with single or batch, whose answers say what was taken");
  for (const char c : key + tenant) {
    require(c > ' ' && c != '"' && c != '\\' && c != '\x7f', "key, tenant: no such character");
  }
  return found;
}

bool LoadReport::is_good() const {
  const std::uint64_t lost = was_settling ? 0 : errors + status_429 + status_503;
  return lost + status_other + rejected + unsent + unsettled + difference_count == 0;
}

}  // namespace adbacus
