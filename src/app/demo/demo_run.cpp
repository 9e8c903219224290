#include "app/demo/demo_run.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "app/demo/demo_tenant.hpp"
#include "app/demo/demo_traffic.hpp"
#include "http/client.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBatchImpressions = 2000;
constexpr TimeUs kStepUs = 500 * kMillisecondUs;
constexpr int kStopChecksPerStep = 10;
constexpr int kTriesMax = 60;

void pause(TimeUs length_us, const std::atomic<bool>& stop) {
  for (int i = 0; i < kStopChecksPerStep && !stop; ++i)
    std::this_thread::sleep_for(std::chrono::microseconds(length_us / kStopChecksPerStep));
}

constexpr int kNewKeyTriesMax = 10;

// The server compares the tenant's name with the key's: no other tenant is ever filled.
Error refused(const http::ClientResponse& response) {
  const bool is_key = response.status == 401 || response.status == 403;
  return Error{is_key ? ErrorCode::forbidden : ErrorCode::invalid_argument,
               fmt::format("the server answered {}: {}{}{}", response.status, response.body,
                           is_key ? "\ndemo traffic needs a key of the tenant demo. " : "",
                           is_key ? kDemoAdvice : "")};
}

Result<std::unique_ptr<http::Client>> open_client(const DemoOptions& options) {
  http::ClientOptions client;
  client.ca_file = options.ca_file;
  client.pinned_file = options.pinned_file;
  client.rules = http::OutboundRules::unrestricted();
  return http::Client::open(options.url, client);
}

// Repeats the same body (same event ids) until it is accepted; a stop ends it early.
Result<std::uint64_t> post(std::unique_ptr<http::Client>& client, const DemoOptions& options,
                           const std::string& body, const std::atomic<bool>& stop) {
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Authorization", "Bearer " + options.key},
      {"Content-Type", "application/json"},
      {"X-Adbacus-Tenant", kDemoTenant}};
  std::string last = "stopped";
  for (int tries = 0; tries < kTriesMax && !stop; ++tries) {
    const auto response = client->call("POST", "/v1/events", headers, body);
    if (response && response->status == 202) {
      const std::size_t at = response->body.find("\"accepted\":");
      return at == std::string::npos
                 ? 0ULL
                 : static_cast<std::uint64_t>(std::strtoull(&response->body[at + 11], nullptr, 10));
    }
    const bool is_unknown_yet =
        response && response->status == 401 && options.key_is_new && tries < kNewKeyTriesMax;
    if (response && response->status != 503 && response->status != 429 && !is_unknown_yet)
      return refused(*response);
    if (!response) {  // the certificate may be another by now
      if (auto again = open_client(options)) client = *std::move(again);
    }
    last = response ? fmt::format("status {}", response->status) : response.error().message;
    pause(kSecondUs, stop);
  }
  return Error{ErrorCode::unavailable, "demo traffic: " + last};
}

}  // namespace

Result<DemoReport> run_demo(const DemoOptions& options, Clock& clock, const std::atomic<bool>& stop,
                            const std::function<void(const DemoReport&)>& progress) {
  auto client = open_client(options);
  if (!client) return client.error();
  DemoTraffic traffic(options.seed);
  DemoReport report;
  const auto send = [&](TimeUs from, TimeUs to, std::size_t impressions) -> Result<void> {
    const std::string body = traffic.batch(from, to, impressions);
    const Result<std::uint64_t> accepted = post(*client, options, body, stop);
    if (!accepted) return accepted.error();
    report.sent = traffic.events();
    report.accepted += *accepted;
    if (progress) progress(report);
    return {};
  };
  const TimeUs start = clock.wall_us();
  const TimeUs past = std::clamp(options.backfill_hours, 0, 71) * kHourUs;
  for (std::size_t left = past > 0 ? options.backfill_events : 0; left > 0 && !stop;) {
    const std::size_t count = std::min(left, kBatchImpressions);
    if (auto sent = send(start - past, start, count); !sent) return sent.error();
    left -= count;
  }
  double owed = 0;
  TimeUs from = clock.wall_us();
  while (!stop) {
    pause(kStepUs, stop);
    const TimeUs now = clock.wall_us();
    if (options.seconds > 0 && now - start > static_cast<TimeUs>(options.seconds) * kSecondUs) {
      break;
    }
    if (now <= from) continue;  // the wall clock stepped back
    owed += options.events_per_second * static_cast<double>(now - from) / 1e6;
    const auto count = std::min(static_cast<std::size_t>(owed), kBatchImpressions);
    if (count == 0) continue;
    owed -= static_cast<double>(count);
    if (auto sent = send(from, now, count); !sent) {
      if (stop) break;
      return sent.error();
    }
    from = now;
  }
  return report;
}

}  // namespace adbacus
