// The table of all settings, in the order they are printed.
#include <algorithm>

#include "app/config_setting.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::size_t kHashKeyDigits = 32;

// HOST:PORT, with an IPv6 host in brackets.
bool parse_address(const std::string& text, std::string& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string name = text.substr(0, colon);
  if (name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc() || stopped != end || name.empty()) return false;
  host = std::move(name);
  return true;
}

std::string address_text(const std::string& host, std::uint16_t port) {
  const bool bare = host.find(':') == std::string::npos;
  return fmt::format(fmt::runtime(bare ? "{}:{}" : "[{}]:{}"), host, port);
}

Setting listen() {
  Setting setting;
  setting.name = "server.listen";
  setting.meaning = "HOST:PORT to serve on; port 0 takes any free one";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    if (parse_address(text, config.server.host, config.server.port)) return {};
    return bad_value("must be HOST:PORT with a port from 0 to 65535");
  };
  setting.show = [](const Config& config) {
    return address_text(config.server.host, config.server.port);
  };
  return setting;
}

Setting ops_listen() {
  Setting setting;
  setting.name = "server.ops_listen";
  setting.meaning =
      "HOST:PORT on which readyz and metrics are open to everybody who reaches it; empty: nowhere";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    OpsListen ops;
    if (!text.empty() && !parse_address(text, ops.host, ops.port)) {
      return bad_value("must be empty or HOST:PORT with a port from 0 to 65535");
    }
    config.ops_listen = std::move(ops);
    return {};
  };
  setting.show = [](const Config& config) {
    const OpsListen& ops = config.ops_listen;
    return ops.host.empty() ? std::string() : address_text(ops.host, ops.port);
  };
  return setting;
}

// Texts with commas between them.
template <class Field>
Setting text_list(std::string name, std::string meaning, Field field) {
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = std::move(meaning);
  setting.is_list = true;
  setting.set = [field](Config& config, const std::string& text) -> Result<void> {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t comma = std::min(text.find(',', begin), text.size());
      std::string part = text.substr(begin, comma - begin);
      part.erase(0, part.find_first_not_of(' '));
      part.erase(part.find_last_not_of(' ') + 1);
      if (part.empty()) return bad_value("has an empty part");
      parts.push_back(std::move(part));
      begin = comma + 1;
    }
    field(config) = std::move(parts);
    return {};
  };
  setting.show = [field](const Config& config) {
    std::string text;
    for (const std::string& part : field(config)) text.append(text.empty() ? "" : ",").append(part);
    return text;
  };
  return setting;
}

Setting trusted_proxies() {
  return text_list("server.trusted_proxies",
                   "addresses whose X-Forwarded-For is believed, separated by commas",
                   FIELD(server.trusted_proxies));
}

Setting click_domains() {
  Setting setting = text_list(
      "ingest.click_domains",
      "domains to which signed click links may lead, separated by commas; empty: anywhere",
      FIELD(ingest.click_domains));
  setting.set = [set = setting.set](Config& config, const std::string& text) -> Result<void> {
    std::string lower = text;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._, ") != std::string::npos)
      return bad_value("must be host names like shop.example");
    return set(config, lower);
  };
  return setting;
}

template <class Field>
Setting file_name(std::string name, std::string meaning, Field field) {
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = std::move(meaning);
  setting.set = [=](Config& config, const std::string& text) -> Result<void> {
    field(config) = text;
    return {};
  };
  setting.show = [=](const Config& config) { return field(config); };
  return setting;
}

Setting data_dir() {
  Setting setting;
  setting.name = "data.dir";
  setting.meaning = "the data folder; created if absent";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    if (text.empty()) return bad_value("must not be empty");
    config.data_dir = text;
    return {};
  };
  setting.show = [](const Config& config) { return config.data_dir; };
  return setting;
}

Setting roles() {
  Setting setting;
  setting.name = "server.roles";
  setting.meaning = "what this process does: some of ingest,process,report,decide";
  setting.is_list = true;
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    const auto parsed = parse_roles(text);
    if (!parsed) return bad_value(parsed.error().message);
    config.roles = *parsed;
    return {};
  };
  setting.show = [](const Config& config) { return roles_text(config.roles); };
  return setting;
}

Setting retention_backup() {
  Setting setting;
  setting.name = "log.retention_backup";
  setting.meaning = "folder of a backup that must hold what is dropped; empty: none is waited for";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    config.log.retention_backup = text;
    return {};
  };
  setting.show = [](const Config& config) { return config.log.retention_backup; };
  return setting;
}

Setting ip_hash_key() {
  Setting setting;
  setting.name = "ingest.ip_hash_key";
  setting.meaning =
      "32 hex digits that key the hash of IP addresses for good; empty: random keys of the data "
      "folder, another one each day";
  setting.secret = true;
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (!text.empty() && (text.size() != kHashKeyDigits || !hex)) {
      return bad_value("must be 32 hex digits");
    }
    config.ip_hash_key = text;
    return {};
  };
  setting.show = [](const Config& config) { return config.ip_hash_key; };
  return setting;
}

void add_server(std::vector<Setting>& rows) {
  rows.push_back(listen());
  rows.push_back(ops_listen());
  rows.push_back(whole_number("server.threads", "I/O threads, 0 = one per core",
                              FIELD(server.threads), 0, 256));
  rows.push_back(whole_number("server.body_kb", "largest body as sent, KiB",
                              FIELD(server.body_bytes_max), 1, 64 * 1024, kKiB));
  rows.push_back(whole_number("server.decompressed_kb", "largest body after decompression, kB",
                              FIELD(server.decompressed_bytes_max), 1, 100'000, 1'000));
  rows.push_back(
      live(whole_number("server.header_timeout_s", "time for a request's header, seconds",
                        FIELD(server.header_timeout_s), 1, 600)));
  rows.push_back(live(whole_number("server.idle_timeout_s", "idle connections close after, seconds",
                                   FIELD(server.idle_timeout_s), 1, 3'600)));
  rows.push_back(live(whole_number("server.connections_per_ip", "connections of one address",
                                   FIELD(server.connections_per_ip_max), 1, 1'000'000)));
  rows.push_back(live(whole_number("server.connections",
                                   "connections in all, 0 = 75 % of the descriptors allowed",
                                   FIELD(server.connections_max), 0, 1'000'000)));
  rows.push_back(trusted_proxies());
  rows.push_back(file_name("server.tls_certificate_file",
                           "certificate and its chain (PEM): then this server speaks TLS only; "
                           "read again when it changes",
                           FIELD(server.tls_certificate_file)));
  rows.push_back(file_name("server.tls_key_file", "the certificate's private key (PEM)",
                           FIELD(server.tls_key_file)));
  rows.push_back(whole_number("server.hsts_days",
                              "with TLS: browsers shall come by TLS only for so long, days; 0: not "
                              "said",
                              FIELD(server.hsts_s), 0, 730, 86'400));
  rows.push_back(roles());
}

void add_log(std::vector<Setting>& rows) {
  rows.push_back(whole_number("log.segment_mb", "size of a segment file, MiB",
                              FIELD(log.segment_bytes), 1, 4'096, kMiB));
  rows.push_back(whole_number("log.waiting_mb",
                              "events taken in and not yet durable, MiB; then 503",
                              FIELD(log.waiting_bytes_max), 1, 4'096, kMiB));
  rows.push_back(whole_number(
      "log.free_floor_mb", "free disk below which events are refused, MiB, 0 = 5 %, at least 2 GiB",
      FIELD(log.free_bytes_min), 0, 1 << 30, kMiB));
  rows.push_back(whole_number("log.live_window_hours", "event ids are remembered so long, hours",
                              FIELD(log.live_window_hours), 2, 250));
  rows.push_back(whole_number("log.conversion_window_days",
                              "ids of conversions and transactions are remembered so long, days",
                              FIELD(log.conversion_window_days), 2, 250));
  rows.push_back(whole_number("log.ids_mb", "memory for remembered ids, MiB; then 503",
                              FIELD(log.id_bytes_max), 16, 1 << 20, kMiB));
  rows.push_back(live(whole_number(
      "log.retention_days", "segments are dropped when older, days, 0 = never, else at least 91",
      FIELD(log.retention_days), 0, 36'500)));
  rows.push_back(
      live(whole_number("log.retention_mb",
                        "the oldest segments are dropped while the log is larger and they "
                        "are 91 days old, MiB, 0 = never",
                        FIELD(log.retention_bytes), 0, 1 << 30, kMiB)));
  rows.push_back(live(retention_backup()));
  rows.push_back(yes_or_no("log.verify_sealed", "read and check all sealed segments at start",
                           FIELD(log.verify_sealed)));
}

void add_store(std::vector<Setting>& rows) {
  rows.push_back(whole_number("store.commit_interval_ms", "time between commits, milliseconds",
                              FIELD(store.commit_interval_ms), 10, 600'000));
  rows.push_back(whole_number("store.uncommitted_mb", "results not yet committed, MiB",
                              FIELD(store.uncommitted_bytes_max), 1, 65'536, kMiB));
  rows.push_back(whole_number("store.index_minute_hours", "recent minutes kept in memory, hours",
                              FIELD(store.index_minute_hours), 0, 100'000));
  rows.push_back(whole_number("store.index_hour_hours", "recent hours kept in memory, hours",
                              FIELD(store.index_hour_hours), 0, 100'000));
  rows.push_back(whole_number("store.index_mb", "memory for recent rollups, MiB",
                              FIELD(store.index_bytes_max), 1, 1 << 20, kMiB));
  rows.push_back(whole_number("store.duckdb_mb", "DuckDB's memory limit, MiB",
                              FIELD(store.duckdb_bytes_max), 64, 1 << 20, kMiB));
  rows.push_back(whole_number("store.duckdb_threads", "DuckDB's threads",
                              FIELD(store.duckdb_threads), 1, 256));
  rows.push_back(yes_or_no("lake.enabled", "keep raw events as Parquet", FIELD(lake.enabled)));
  rows.push_back(whole_number("lake.file_rows_max", "a file is cut at so many rows",
                              FIELD(lake.file_rows_max), 1'000, 100'000'000));
  rows.push_back(whole_number("lake.file_age_max_s", "or after so much log time, seconds",
                              FIELD(lake.file_age_max_s), 1, 86'400));
  rows.push_back(whole_number("lake.query_ms_max",
                              "time of a report that scans raw events, milliseconds; then 503",
                              FIELD(lake.query_ms_max), 10, 3'600'000));
}

void add_processing(std::vector<Setting>& rows) {
  rows.push_back(whole_number("processor.flush_interval_ms",
                              "results reach reports at least so often, milliseconds",
                              FIELD(processor.flush_interval_us), 1, 60'000, kMillisecondUs));
  rows.push_back(whole_number("processor.read_kb", "log read per step, KiB",
                              FIELD(processor.read_bytes_max), 64, 64 * 1024, kKiB));
  rows.push_back(whole_number("processor.rows_max", "accumulated rows that force a flush",
                              FIELD(processor.rows_max), 1'000, 100'000'000));
  rows.push_back(whole_number("processor.keys_max",
                              "new combinations of ids a tenant may bring a day; more are counted "
                              "in the row (other)",
                              FIELD(processor.keys_max), 1, 10'000'000));
  rows.push_back(live(whole_number("ingest.age_max_hours", "older events are refused, hours",
                                   FIELD(ingest.age_max_us), 1, 249, kHourUs)));
  rows.push_back(
      live(whole_number("ingest.conversion_age_max_days", "older conversions are refused, days",
                        FIELD(ingest.conversion_age_max_us), 1, 249, kDayUs)));
  rows.push_back(
      live(whole_number("ingest.ahead_kept_minutes", "clocks may be so much ahead, minutes",
                        FIELD(ingest.ahead_kept_us), 0, 1'440, kMinuteUs)));
  rows.push_back(live(whole_number("ingest.ahead_clamped_hours",
                                   "so far ahead the receive time is used instead, hours",
                                   FIELD(ingest.ahead_clamped_us), 0, 720, kHourUs)));
  rows.push_back(live(whole_number("ingest.events_max", "events in one request",
                                   FIELD(ingest.events_max), 1, 100'000)));
  rows.push_back(live(
      choice<bool>("ingest.unknown_refs",
                   "events that name a campaign, placement, ... which the tenant does not have",
                   {{"flag", false}, {"reject", true}}, FIELD(ingest.rejects_unknown_refs))));
  rows.push_back(live(click_domains()));
  rows.push_back(ip_hash_key());
}

void add_serving(std::vector<Setting>& rows) {
  rows.push_back(whole_number("report.workers", "threads for reports not answered from memory",
                              FIELD(report.workers), 1, 256));
  rows.push_back(whole_number("report.waiting_max", "reports waiting for a worker; then 503",
                              FIELD(report.waiting_max), 1, 100'000));
  rows.push_back(whole_number(
      "report.tenant_running_max",
      "workers that one tenant may hold; with fewer than report.workers others never wait for it",
      FIELD(report.tenant_running_max), 1, 1'000));
  rows.push_back(whole_number("report.groups_max", "groups of one report", FIELD(report.groups_max),
                              1'000, 100'000'000));
  rows.push_back(whole_number("report.raw_range_max_days", "longest scan of raw events, days",
                              FIELD(report.raw_range_max_us), 1, 3'660, kDayUs));
  add_access_settings(rows);
  add_outbound_settings(rows);
  add_decision_settings(rows);
  rows.push_back(file_name("geo.place_file",
                           "file in MaxMind's DB format with countries, or with regions and cities "
                           "too; read again when it changes; empty: none",
                           FIELD(geo.place_file)));
  rows.push_back(file_name("geo.network_file",
                           "file in MaxMind's DB format with autonomous systems; empty: none",
                           FIELD(geo.network_file)));
  add_privacy_settings(rows);
  rows.push_back(whole_number("catalog.busy_timeout_ms",
                              "longest wait for another process's write, milliseconds",
                              FIELD(catalog.busy_timeout_ms), 0, 60'000));
  rows.push_back(live(choice<LogLevel>("logging.level", "least severe line that is written",
                                       {{"debug", LogLevel::debug},
                                        {"info", LogLevel::info},
                                        {"warn", LogLevel::warn},
                                        {"error", LogLevel::error}},
                                       FIELD(logging.level))));
  rows.push_back(live(choice<LogFormat>("logging.format", "form of log lines",
                                        {{"text", LogFormat::text}, {"json", LogFormat::json}},
                                        FIELD(logging.format))));
}

std::vector<Setting> make_settings() {
  std::vector<Setting> rows;
  add_server(rows);
  rows.push_back(data_dir());
  add_log(rows);
  add_store(rows);
  add_processing(rows);
  add_serving(rows);
  return rows;
}

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> rows = make_settings();
  return rows;
}

std::optional<std::size_t> find_setting(std::string_view name) {
  const auto& rows = settings();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
  if (found == rows.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.begin());
}

}  // namespace adbacus
