// The configuration of a running server, read again when the operator asks for it (SIGHUP). Of a
// new version the settings marked live take effect; the others are named and wait for the next
// start. A version with a mistake changes nothing and is told in the log, in /readyz and in a
// metric. Used by the serve command; reload() and config() belong to its thread, status() is
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/metrics.hpp"

namespace adbacus {

struct ReloadStatus {
  std::uint64_t applied = 0;
  std::uint64_t refused = 0;
  std::string error;                 // why the last reload was refused; empty: it was not
  std::vector<std::string> waiting;  // settings that differ and act at the next start
};

class LiveConfig {
 public:
  using Load = std::function<Result<LoadedConfig>()>;
  // `load` reads all sources anew.
  LiveConfig(const Config& running, Load load);
  // True: the live settings of config() are now those of the sources. False: nothing has changed.
  bool reload();
  const Config& config() const { return config_; }
  ReloadStatus status() const;

 private:
  Result<Config> next(std::vector<std::string>& changed, std::vector<std::string>& waiting) const;

  const Load load_;
  Config config_;
  Counter& applied_;
  Counter& refused_;
  Gauge& is_refused_;
  mutable std::mutex mutex_;  // guards status_
  ReloadStatus status_;
};

}  // namespace adbacus
