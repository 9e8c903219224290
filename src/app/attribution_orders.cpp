#include "app/attribution_orders.hpp"

#include <chrono>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "base/logging.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr TimeUs kSaidAgainUs = 30 * kDayUs;
constexpr TimeUs kLookUs = kHourUs;  // between two looks for what is to be said again

// By id, so that the same rules are said in the same words.
std::vector<AttributionRule> rules_of(const TenantObjects* objects) {
  std::map<std::string, AttributionRule> by_id;
  if (objects != nullptr) {
    objects->for_each<AttributionRule>(
        [&](const std::string& id, const AttributionRule& rule) { by_id.emplace(id, rule); });
  }
  std::vector<AttributionRule> rules;
  for (auto& [id, rule] : by_id) rules.push_back(std::move(rule));
  return rules;
}

}  // namespace

AttributionOrders::AttributionOrders(EventLog& log, SnapshotSource snapshots, Clock& clock)
    : log_(log), snapshots_(std::move(snapshots)), clock_(clock) {
  tick();
  thread_.start("attr-orders", kTick, [this] { tick(); });
}

AttributionOrders::~AttributionOrders() {
  thread_.stop();
}

Result<void> AttributionOrders::read_log() {
  if (is_read_) return {};
  const auto visited = log_.visit_controls(log_.status().first_seq, [&](const LogControl& control) {
    if (control.kind != static_cast<std::uint8_t>(ControlKind::attribution_rules)) return;
    const auto meaning = decode_control(control);
    if (!meaning) return;  // the fold says so
    const auto& entry = std::get<AttributionRulesEntry>(*meaning);
    said_[entry.tenant] = {std::string(control.payload), control.log_time_us};
  });
  is_read_ = bool(visited);
  return visited;
}

void AttributionOrders::tick() {
  if (auto read = read_log(); !read) return;
  const std::shared_ptr<const CatalogSnapshot> snapshot = snapshots_();
  const bool looks_again = clock_.mono_us() - said_again_us_ >= kLookUs || said_again_us_ == 0;
  if (snapshot->change() == change_ && !looks_again) return;
  change_ = snapshot->change();
  said_again_us_ = clock_.mono_us();
  snapshot->for_each_tenant(
      [&](const std::string& tenant, const TenantObjects& objects) { say_of(tenant, &objects); });
  std::vector<std::string> gone;
  for (const auto& [tenant, said] : said_) {
    if (snapshot->tenant(tenant) == nullptr) gone.push_back(tenant);
  }
  for (const std::string& tenant : gone) say_of(tenant, nullptr);
}

void AttributionOrders::say_of(std::string_view tenant, const TenantObjects* objects) {
  const AttributionRulesEntry entry{.tenant = std::string(tenant), .rules = rules_of(objects)};
  const ControlEntry order = encode_control(entry);
  const auto said = said_.find(tenant);
  // Who never had rules of his own needs no word.
  if (said == said_.end() && entry.rules.empty()) return;
  const bool is_known = said != said_.end() && said->second.payload == order.payload;
  const bool is_old = is_known && !entry.rules.empty() &&
                      clock_.wall_us() - said->second.log_time_us >= kSaidAgainUs;
  if (is_known && !is_old) return;
  if (append(entry.tenant, order)) {
    said_[entry.tenant] = {order.payload, clock_.wall_us()};
    log_info("attribution rules are said in the log",
             {{"tenant", entry.tenant}, {"rules", fmt::format("{}", entry.rules.size())}});
  } else {
    change_ = -1;  // once more at the next tick
  }
}

bool AttributionOrders::append(const std::string& tenant, const ControlEntry& entry) {
  if (entry.payload.size() > kControlBytesMax) {
    log_error("attribution rules are too many to be said in the log; the former ones stay in force",
              {{"tenant", tenant}, {"bytes", fmt::format("{}", entry.payload.size())}});
    return true;
  }
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto future = promise->get_future();
  log_.append_control(entry,
                      [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  return bool(future.get());
}

}  // namespace adbacus
