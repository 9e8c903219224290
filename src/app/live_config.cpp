#include "app/live_config.hpp"

#include <utility>

#include "app/config_setting.hpp"
#include "base/logging.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kReloads = "adbacus_config_reloads_total";
constexpr std::string_view kReloadsHelp = "Reloads of the configuration by what became of them";

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "nothing" : text;
}

}  // namespace

LiveConfig::LiveConfig(const Config& running, Load load)
    : load_(std::move(load)),
      config_(running),
      applied_(counter(kReloads, kReloadsHelp, R"(result="applied")")),
      refused_(counter(kReloads, kReloadsHelp, R"(result="refused")")),
      is_refused_(gauge("adbacus_config_refused",
                        "1 while the last reload of the configuration was refused")) {}

// The running configuration with the live settings of the sources.
Result<Config> LiveConfig::next(std::vector<std::string>& changed,
                                std::vector<std::string>& waiting) const {
  const auto loaded = load_();
  if (!loaded) return loaded.error();
  Config effective = config_;
  for (const Setting& setting : settings()) {
    const std::string text = setting.show(loaded->config);
    if (text == setting.show(config_)) continue;
    (setting.live ? changed : waiting).push_back(setting.name);
    if (!setting.live) continue;
    if (auto set = setting.set(effective, text); !set) return set.error();
  }
  // What is new may contradict what stays until the next start.
  std::string contradictions;
  for (const auto& [name, what] : settle(effective)) {
    contradictions.append(contradictions.empty() ? "" : "\n").append(name + ": " + what);
  }
  if (!contradictions.empty()) return Error{ErrorCode::invalid_argument, std::move(contradictions)};
  return effective;
}

bool LiveConfig::reload() {
  std::vector<std::string> changed;
  std::vector<std::string> waiting;
  auto taken = next(changed, waiting);
  const bool is_good = static_cast<bool>(taken);
  if (is_good) {
    config_ = *std::move(taken);
    log_info("configuration read again",
             {{"changed", joined(changed)}, {"waiting_for_a_restart", joined(waiting)}});
  } else {
    log_error("configuration refused, the old one stays", {{"error", taken.error().message}});
  }
  (is_good ? applied_ : refused_).add();
  is_refused_.set(is_good ? 0 : 1);
  const std::lock_guard lock(mutex_);
  ++(is_good ? status_.applied : status_.refused);
  status_.error = is_good ? "" : taken.error().message;
  if (is_good) status_.waiting = std::move(waiting);
  return is_good;
}

ReloadStatus LiveConfig::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace adbacus
