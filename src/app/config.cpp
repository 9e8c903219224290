#include "app/config.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unistd.h>

#include "app/config_file.hpp"
#include "app/config_setting.hpp"
#include "app/log_retention.hpp"
#include "http/http_url.hpp"
#include "report/suggestion.hpp"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace adbacus {
namespace {

constexpr std::string_view kEnvironmentPrefix = "ADBACUS_";
constexpr std::string_view kFileSuffix = "_file";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Lists what the section knows, or the sections.
std::string unknown_setting(const std::string& name) {
  const std::string section = name.substr(0, name.find('.') + 1);
  std::vector<std::string> names;
  std::vector<std::string> sections;
  for (const Setting& setting : settings()) {
    if (setting.name.starts_with(section)) names.push_back(setting.name);
    const std::string other = setting.name.substr(0, setting.name.find('.'));
    if (sections.empty() || sections.back() != other) sections.push_back(other);
  }
  if (names.empty() || section.empty()) return unknown_name("section", name, sections);
  return unknown_name("setting", name, names);
}

// Applies assignments one after another and collects what is wrong with them.
class Loader {
 public:
  explicit Loader(FileSystem& fs) : fs_(fs) {
    loaded_.origins.assign(settings().size(), "default");
  }

  void error(std::string_view origin, std::string_view what) {
    std::string line = fmt::format("{}: {}\n", origin, what);
    if (told_.insert(line).second) errors_.append(line);
  }

  void assign(const std::string& origin, const FileValue& row) {
    const auto index = find_setting(row.name);
    if (row.is_list && index && !settings()[*index].is_list) {
      return error(origin, row.name + ": must be one value, not a list");
    }
    assign(origin, row.name, row.value);
  }

  void assign(const std::string& origin, const std::string& name, const std::string& value) {
    if (const auto index = find_setting(name)) return set(origin, *index, value);
    if (name.ends_with(kFileSuffix)) {
      const auto index = find_setting(name.substr(0, name.size() - kFileSuffix.size()));
      if (index && settings()[*index].secret) return set_from_file(origin, *index, value);
    }
    error(origin, unknown_setting(name));
  }

  void flag(const std::string& name, const std::string& value) {
    const auto index = find_setting(name);
    if (index && settings()[*index].secret) {
      // Arguments of a process can be read by everybody on the machine.
      return error("flag", name + ": a secret is given by file or environment, never as a flag");
    }
    assign("flag", name, value);
  }

  void check_together();
  Result<LoadedConfig> finish() &&;

 private:
  void set(const std::string& origin, std::size_t index, const std::string& value) {
    const Setting& setting = settings()[index];
    if (auto ok = setting.set(loaded_.config, value); !ok) {
      return error(origin, fmt::format("{}: {}", setting.name, ok.error().message));
    }
    loaded_.origins[index] = origin;
  }

  void set_from_file(const std::string& origin, std::size_t index, const std::string& path) {
    auto content = read_file(fs_, path);
    if (!content) {
      return error(origin, fmt::format("{}: {}", settings()[index].name, content.error().message));
    }
    while (!content->empty() && (content->back() == '\n' || content->back() == '\r')) {
      content->pop_back();
    }
    set(origin, index, *content);
  }

  FileSystem& fs_;
  LoadedConfig loaded_;
  std::string errors_;
  std::set<std::string> told_;  // its lines
};

void Loader::check_together() {
  for (const auto& [name, what] : settle(loaded_.config)) error(name, what);
}

Result<LoadedConfig> Loader::finish() && {
  if (errors_.empty()) return std::move(loaded_);
  errors_.pop_back();  // the last line feed
  return Error{ErrorCode::invalid_argument, std::move(errors_)};
}

void apply_file(Loader& loader, FileSystem& fs, const std::string& path) {
  const auto text = read_file(fs, path);
  if (!text) return loader.error(path, text.error().message);
  const ConfigFile file = parse_config_file(*text);
  for (const std::string& error : file.errors) loader.error(path, error);
  for (const FileValue& row : file.values) {
    loader.assign(fmt::format("{}:{}", path, row.line), row);
  }
}

void apply_environment(Loader& loader, const std::vector<NameValue>& environment) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kEnvironmentPrefix)) continue;
    const std::size_t split = name.find("__");
    if (split == std::string::npos) continue;  // not a setting: ADBACUS_CONFIG and the like
    const std::string_view section =
        std::string_view(name).substr(0, split).substr(kEnvironmentPrefix.size());
    const std::string_view key = std::string_view(name).substr(split + 2);
    loader.assign(name, fmt::format("{}.{}", lower(section), lower(key)), value);
  }
}

// Double quotes are always valid YAML; numbers and words need none.
std::string yaml_text(const std::string& value) {
  const bool plain =
      !value.empty() &&
      value.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  if (plain) return value;
  std::string quoted("\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted.append("\"");
}

}  // namespace

namespace {

void settle_outbound(Config& config, std::vector<NameValue>& wrong) {
  const auto rules = http::OutboundRules::make(config.outbound.allowed);
  if (!rules) return;  // was told when it was read
  config.jwt.client = document_client(*rules, config.outbound.ca_file);
  config.oidc.client = config.jwt.client;
  config.oidc.leeway_s = config.jwt.leeway_s;
  const auto check = [&](const char* name, const std::string& text) {
    if (text.empty()) return;
    const auto url = http::parse_http_url(text);
    const auto allowed = url ? rules->check(*url) : Result<void>(url.error());
    if (!allowed) wrong.emplace_back(name, allowed.error().message);
  };
  check("access.jwt_keys_url", config.jwt.keys_url);
  check("access.oidc_issuer", config.oidc.issuer);
}

void settle_oidc(const OidcOptions& oidc, std::vector<NameValue>& wrong) {
  const bool is_set = !oidc.issuer.empty();
  if (is_set != !oidc.client_id.empty() || is_set != !oidc.redirect_url.empty() ||
      (!is_set && !oidc.client_secret.empty())) {
    wrong.emplace_back("access.oidc_issuer",
                       "must be set together with access.oidc_client_id and "
                       "access.oidc_redirect_url");
  }
  const auto back = http::parse_http_url(oidc.redirect_url);
  if (is_set && (!back || back->target != kOidcCallbackPath)) {
    wrong.emplace_back("access.oidc_redirect_url",
                       std::string("must be a URL with the path ") + kOidcCallbackPath);
  }
}

}  // namespace

std::vector<NameValue> settle(Config& config) {
  std::vector<NameValue> wrong;
  const auto hours = static_cast<TimeUs>(config.log.live_window_hours) * kHourUs;
  const auto days = static_cast<TimeUs>(config.log.conversion_window_days) * kDayUs;
  // An id may not come back after it was forgotten.
  if (hours < config.ingest.age_max_us + kHourUs) {
    wrong.emplace_back("log.live_window_hours", "must exceed ingest.age_max_hours by at least 1");
  }
  if (days < config.ingest.conversion_age_max_us + kDayUs) {
    wrong.emplace_back("log.conversion_window_days",
                       "must exceed ingest.conversion_age_max_days by at least 1");
  }
  const OpsListen& ops = config.ops_listen;
  if (ops.port != 0 && ops.port == config.server.port && ops.host == config.server.host) {
    wrong.emplace_back("server.ops_listen", "must differ from server.listen");
  }
  if (config.ingest.ahead_clamped_us < config.ingest.ahead_kept_us) {
    wrong.emplace_back("ingest.ahead_clamped_hours",
                       "must not be less than ingest.ahead_kept_minutes");
  }
  if (config.log.retention_days != 0 && config.log.retention_days < kRetentionDaysMin) {
    wrong.emplace_back("log.retention_days",
                       fmt::format("must be 0 or at least {}", kRetentionDaysMin));
  } else if (config.log.retention_days != 0 &&
             config.log.retention_days < config.log.conversion_window_days) {
    wrong.emplace_back("log.retention_days", "must not be less than log.conversion_window_days");
  }
  if (config.server.tls_certificate_file.empty() != config.server.tls_key_file.empty()) {
    wrong.emplace_back("server.tls_certificate_file",
                       "must be set together with server.tls_key_file");
  }
  const JwtOptions& jwt = config.jwt;
  if (jwt.has_keys() != !jwt.issuer.empty() || jwt.has_keys() != !jwt.audience.empty()) {
    wrong.emplace_back("access.jwt_issuer",
                       "must be set together with access.jwt_audience and access.jwt_keys_file, "
                       "access.jwt_keys_url or access.jwt_hs256_secret");
  }
  settle_outbound(config, wrong);
  settle_oidc(config.oidc, wrong);
  if (jwt.tenant_claim.empty() || jwt.role_claim.empty()) {
    wrong.emplace_back("access.jwt_tenant_claim", "must not be empty, nor access.jwt_role_claim");
  }
  config.jwt.reload_interval_ms = config.access.reload_interval_ms;
  config.sessions.reload_interval_ms = config.access.reload_interval_ms;
  if (!config.server.tls_certificate_file.empty()) config.sessions.is_secure = true;
  config.ingest.body_bytes_max = config.server.decompressed_bytes_max;
  config.ingest.decision_window_us = hours;
  return wrong;
}

Result<LoadedConfig> load_config(FileSystem& fs, const ConfigSources& sources) {
  Loader loader(fs);
  if (!sources.file.empty()) apply_file(loader, fs, sources.file);
  apply_environment(loader, sources.environment);
  for (const auto& [name, value] : sources.flags) loader.flag(name, value);
  loader.check_together();
  return std::move(loader).finish();
}

std::string print_config(const LoadedConfig& loaded) {
  std::string text;
  std::string_view section;
  for (std::size_t i = 0; i < settings().size(); ++i) {
    const Setting& setting = settings()[i];
    const std::string_view name = setting.name;
    const std::size_t dot = name.find('.');
    if (name.substr(0, dot) != section) {
      section = name.substr(0, dot);
      text.append(section).append(":\n");
    }
    const std::string value = setting.show(loaded.config);
    const std::string_view key = name.substr(dot + 1);
    if (setting.secret && !value.empty()) {
      text.append(fmt::format("  # {}: ***  # {}\n", key, loaded.origins[i]));
    } else {
      text.append(fmt::format("  {}: {}  # {}\n", key, yaml_text(value), loaded.origins[i]));
    }
  }
  return text;
}

std::string describe_settings() {
  const Config defaults;
  std::string text;
  for (const Setting& setting : settings()) {
    text.append(
        fmt::format("{:<34} {:<16} {}\n", setting.name, setting.show(defaults), setting.meaning));
  }
  return text;
}

std::vector<NameValue> process_environment() {
  std::vector<NameValue> environment;
  for (char** row = environ; row != nullptr && *row != nullptr; ++row) {
    const std::string_view text(*row);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace adbacus
