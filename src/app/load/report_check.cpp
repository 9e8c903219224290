#include "app/load/report_check.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <simdjson.h>
#include <thread>

namespace adbacus {
namespace {

constexpr std::array<const char*, 5> kMetrics{"gross_impressions", "gross_clicks",
                                              "gross_conversions", "duplicates", "revenue_micros"};
constexpr std::size_t kDuplicates = 3;
constexpr std::int64_t kMicrosPerCent = 10'000;
constexpr std::size_t kShownMax = 20;
constexpr int kTimeoutS = 90;  // the server waits for visibility up to 60

std::string target_of(TimeUs from_us, const std::string& after) {
  const TimeUs from_ms = floor_to(from_us, kMinuteUs) / kMillisecondUs;
  const TimeUs to_ms = from_ms + 2 * kDayUs / kMillisecondUs;
  std::string metrics;
  for (const char* metric : kMetrics) metrics.append(metrics.empty() ? "" : ",").append(metric);
  std::string target = fmt::format(
      "/v1/report?metrics={}&dimensions=campaign_id&from={}&to={}&limit=100000&wait_ms=60000",
      metrics, from_ms, to_ms);
  if (!after.empty()) target += "&after=" + after;
  return target;
}

std::vector<std::int64_t> expected_row(const CampaignTally& tally) {
  std::vector<std::int64_t> row;
  for (const std::uint64_t count : tally.unique) row.push_back(static_cast<std::int64_t>(count));
  row.push_back(static_cast<std::int64_t>(tally.duplicates));
  row.push_back(static_cast<std::int64_t>(tally.value_cents) * kMicrosPerCent);
  return row;
}

}  // namespace

Result<ReportCheck> ReportCheck::open(const LoadOptions& options, TimeUs from_us) {
  auto client = http::Client::open_for_command(options.url, "", kTimeoutS);
  if (!client) return client.error();
  return ReportCheck(options, from_us, std::move(*client));
}

Result<ReportCheck::Rows> ReportCheck::parse_rows(std::string_view json) {
  const Error bad{ErrorCode::corrupt, "the report is not what was asked for"};
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array rows;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS) return bad;
  if (document["rows"].get(rows) != simdjson::SUCCESS) return bad;
  bool is_truncated = false;
  if (document["truncated"].get(is_truncated) == simdjson::SUCCESS && is_truncated) {
    return Error{ErrorCode::invalid_argument, "more campaigns than a report shows"};
  }
  Rows read;
  for (const simdjson::dom::element row : rows) {
    std::string_view campaign;
    if (row["campaign_id"].get(campaign) != simdjson::SUCCESS) continue;  // events without one
    std::vector<std::int64_t>& values = read[std::string(campaign)];
    for (const char* metric : kMetrics) {
      std::int64_t value = 0;
      if (row[metric].get(value) != simdjson::SUCCESS) return bad;
      values.push_back(value);
    }
  }
  return read;
}

Result<ReportCheck::Rows> ReportCheck::ask(const std::string& after) {
  auto answer = client_->call("GET", target_of(from_us_, after),
                              {{"Authorization", "Bearer " + options_.key}}, "");
  if (!answer) return answer.error();
  if (answer->status != 200) {
    return Error{ErrorCode::unavailable, fmt::format("the report answers {}: {}", answer->status,
                                                     answer->body.substr(0, 300))};
  }
  return parse_rows(answer->body);
}

// Events posted a moment ago may be durable and not visible yet: a baseline without them would
// count them as the load's.
Result<void> ReportCheck::wait_caught_up() {
  std::optional<std::uint64_t> durable;  // at the first look; more may come in all the time
  const TimeUs give_up_us = system_clock().mono_us() + kTimeoutS * kSecondUs;
  simdjson::dom::parser parser;
  do {
    auto answer =
        client_->call("GET", "/readyz", {{"Authorization", "Bearer " + options_.key}}, "");
    if (!answer) return answer.error();
    simdjson::dom::element document;
    std::uint64_t synced = 0;
    std::uint64_t visible = 0;
    const bool is_shown = parser.parse(answer->body).get(document) == simdjson::SUCCESS &&
                          document["log"]["synced"].get(synced) == simdjson::SUCCESS &&
                          document["store"]["visible"].get(visible) == simdjson::SUCCESS;
    if (!is_shown) return {};
    if (visible >= durable.value_or(synced)) return {};
    durable = durable.value_or(synced);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } while (system_clock().mono_us() < give_up_us);
  return Error{ErrorCode::unavailable, "earlier events do not become visible"};
}

Result<void> ReportCheck::read_baseline() {
  if (auto caught_up = wait_caught_up(); !caught_up) return caught_up;
  auto rows = ask("");
  if (!rows) return rows.error();
  baseline_ = std::move(*rows);
  return {};
}

Result<void> ReportCheck::compare(const LoadTally& tally, LoadReport& report) {
  // Tokens of several connections cannot be ordered by us; each must be included.
  Result<Rows> rows = tally.positions.empty() ? ask("") : Rows{};  // nothing was acknowledged
  if (!rows) return rows.error();
  for (const std::string& position : std::set(tally.positions.begin(), tally.positions.end())) {
    rows = ask(position);
    if (!rows) return rows.error();
  }
  report.is_verified = true;
  const std::vector<std::int64_t> zeros(kMetrics.size());
  for (std::size_t i = 0; i < tally.campaigns.size(); ++i) {
    const std::string campaign = std::to_string(i + 1);
    const auto served = rows->find(campaign);
    const auto before = baseline_.find(campaign);
    const std::vector<std::int64_t>& now = served == rows->end() ? zeros : served->second;
    const std::vector<std::int64_t>& base = before == baseline_.end() ? zeros : before->second;
    const std::vector<std::int64_t> expected = expected_row(tally.campaigns[i]);
    for (std::size_t m = 0; m < kMetrics.size(); ++m) {
      const std::int64_t is = now[m] - base[m];
      // A request sent twice may have been taken the first time: more duplicates than we meant.
      const bool may_exceed = m == kDuplicates && tally.unknown_outcomes > 0;
      if (is == expected[m] || (may_exceed && is > expected[m])) continue;
      if (++report.difference_count > kShownMax) continue;
      report.differences.push_back(fmt::format("campaign {} {}: reported {}, acknowledged {}",
                                               campaign, kMetrics[m], is, expected[m]));
    }
  }
  return {};
}

}  // namespace adbacus
