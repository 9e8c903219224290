#include "app/keys_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <ostream>

#include "app/config_flags.hpp"
#include "app/data_folder.hpp"
#include "app/keys/key_text.hpp"
#include "app/keys/remote_keys.hpp"
#include "app/remote_flags.hpp"
#include "catalog/key_administration.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"
#include "http/http.hpp"
#include "http/json_writer.hpp"
#include "report/zone.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  RemoteFlags remote;
  bool json = false;
  std::string id;  // revoke, rotate
  std::string tenant_id;
  std::string name;
  std::string scopes;
  bool is_operator = false;
  bool is_public = false;
  bool new_tenant = false;
  std::string currency = "USD";
  std::string timezone = "UTC";
  std::vector<std::string> origins;
  std::vector<std::string> placements;
  std::int64_t expires_days = 0;
  std::int64_t overlap_hours = 24;
  std::uint32_t quota = 0;
  std::uint32_t quota_period_s = 60;
};

// The folder stays locked as long as its catalog is open.
struct OpenData {
  DataFolder folder;
  std::unique_ptr<Catalog> catalog;
};

Result<OpenData> open_data(const Options& options, bool may_create) {
  const auto loaded = options.flags.load();
  if (!loaded) return loaded.error();
  FileSystem& fs = real_file_system();
  const DataPaths paths(loaded->config.data_dir);
  const auto there = fs.exists(paths.catalog);
  if (!there) return there.error();
  if (!*there && !may_create) {
    return Error{ErrorCode::not_found, "there is no data folder at " + paths.folder};
  }
  auto folder = DataFolder::open(fs, paths.folder);
  if (!folder) return folder.error();
  CatalogOptions catalog_options = loaded->config.catalog;
  catalog_options.path = paths.catalog;
  auto catalog = open_catalog(catalog_options);
  if (!catalog) return catalog.error();
  return OpenData{*std::move(folder), *std::move(catalog)};
}

int show_created(const Options& options, const CreatedKey& created, CommandIo& io) {
  if (options.json) {
    http::JsonWriter json;
    write_key(json, created.key, created.text, system_clock().wall_us());
    io.out << json.text() << '\n';
    return kExitDone;
  }
  io.err << fmt::format("key {} for {}, scopes {}; shown only now:\n", created.key.id,
                        created.key.is_operator ? "operators" : "tenant " + created.key.tenant_id,
                        key_scopes_text(created.key.scopes));
  io.out << created.text << '\n';
  return kExitDone;
}

// With --url the running server is asked; nothing without it.
Result<std::optional<KeyServer>> server_of(const Options& options) {
  if (options.remote.url().empty()) return {std::nullopt};
  const auto loaded = options.flags.load();
  if (!loaded) return loaded.error();
  auto key = options.remote.key_beside(loaded->config.data_dir);
  if (!key) return key.error();
  return {KeyServer{.url = options.remote.url(),
                    .ca_file = options.remote.ca_file(),
                    .key = *std::move(key),
                    .tenant = options.tenant_id,
                    .json = options.json}};
}

Result<KeyRequest> request_of(const Options& options) {
  KeyRequest request;
  request.is_operator = options.is_operator;
  request.is_public = options.is_public;
  request.name = options.name;
  request.origins = options.origins;
  request.placements = options.placements;
  request.lifetime_us = options.expires_days * kDayUs;
  request.quota = options.quota;
  request.quota_period_s = options.quota_period_s;
  if (!options.is_operator) {
    request.tenant_id = options.tenant_id.empty() ? kFirstTenant : options.tenant_id;
  }
  std::string scopes = options.scopes;
  if (scopes.empty()) scopes = options.is_public ? "ingest" : options.is_operator ? "all" : "";
  if (scopes.empty()) {
    return Error{ErrorCode::invalid_argument, "say what the key may do, e.g. --scopes ingest,read"};
  }
  const auto bits = parse_scopes(scopes);
  if (!bits) return bits.error();
  request.scopes = *bits;
  if (options.is_public && *bits != http::scope_ingest && *bits != http::scope_decide) {
    return Error{ErrorCode::invalid_argument,
                 "a public key has the scope ingest, or decide, and no other"};
  }
  if (options.is_public == options.origins.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "--public and --origin go together: a public key works on the pages of its "
                 "origins, like https://shop.example"};
  }
  return request;
}

Result<void> create_tenant(const Options& options, const KeyRequest& request, Catalog& catalog) {
  if (request.is_operator) {
    return Error{ErrorCode::invalid_argument, "--new-tenant and --operator exclude each other"};
  }
  const auto found = catalog.tenant(request.tenant_id);
  if (!found) return found.error();
  if (*found) return Error{ErrorCode::conflict, "tenant " + request.tenant_id + " exists already"};
  if (!Zone::find(options.timezone)) {
    return Error{ErrorCode::invalid_argument, "--timezone: unknown IANA name " + options.timezone};
  }
  Tenant tenant;
  tenant.id = request.tenant_id;
  tenant.name = options.name;
  tenant.currency = options.currency;
  tenant.timezone = options.timezone;
  tenant.created_us = system_clock().wall_us();
  return catalog.put_tenant(tenant);
}

int create(const Options& options, CommandIo& io) {
  const auto request = request_of(options);
  if (!request) return fail_usage(io, request.error());
  auto server = server_of(options);
  if (!server) return fail(io, server.error());
  if (*server) {
    if (options.new_tenant) {
      return fail_usage(io, {ErrorCode::invalid_argument,
                             "--new-tenant works on a stopped server's folder only"});
    }
    KeyRequest wanted = *request;
    if (options.tenant_id.empty()) wanted.tenant_id.clear();  // the credential's own
    return create_remote_key(**server, wanted, io);
  }
  auto data = open_data(options, true);
  if (!data) return fail(io, data.error());
  // Otherwise the first start would find keys and think that it was not the first.
  const auto first =
      create_first_key(real_file_system(), *data->catalog, system_clock(), data->folder.paths());
  if (!first) return fail(io, first.error());
  if (*first) io.err << "new data folder; owner key in " << data->folder.paths().admin_key << '\n';
  if (options.new_tenant) {
    if (auto ok = create_tenant(options, *request, *data->catalog); !ok)
      return fail(io, ok.error());
  }
  const auto created = KeyAdministration(*data->catalog, system_clock()).create(*request);
  if (!created) return fail(io, created.error());
  return show_created(options, *created, io);
}

int list(const Options& options, CommandIo& io) {
  auto server = server_of(options);
  if (!server) return fail(io, server.error());
  if (*server) return list_remote_keys(**server, io);
  auto data = open_data(options, false);
  if (!data) return fail(io, data.error());
  const auto keys = data->catalog->keys(options.tenant_id);
  if (!keys) return fail(io, keys.error());
  if (options.json) {
    http::JsonWriter json;
    json.begin_array();
    for (const ApiKey& key : *keys) write_key(json, key, "", system_clock().wall_us());
    json.end_array();
    io.out << json.text() << '\n';
    return kExitDone;
  }
  io.out << key_line_text({"ID", "TENANT", "SCOPES", "STATE", "LAST USED", "NAME"});
  for (const ApiKey& key : *keys) {
    io.out << key_line_text({key.id, key.is_operator ? "(operator)" : key.tenant_id,
                             key_scopes_text(key.scopes), key_state(key, system_clock().wall_us()),
                             key_time_text(key.last_used_us), key.name});
  }
  return kExitDone;
}

int revoke(const Options& options, CommandIo& io) {
  auto server = server_of(options);
  if (!server) return fail(io, server.error());
  if (*server) return revoke_remote_key(**server, options.id, io);
  auto data = open_data(options, false);
  if (!data) return fail(io, data.error());
  const auto key = KeyAdministration(*data->catalog, system_clock()).revoke(options.id);
  if (!key) return fail(io, key.error());
  if (options.json) {
    http::JsonWriter json;
    write_key(json, *key, "", system_clock().wall_us());
    io.out << json.text() << '\n';
  } else {
    io.err << "key " << key->id << " is revoked\n";
  }
  return kExitDone;
}

int rotate(const Options& options, CommandIo& io) {
  auto server = server_of(options);
  if (!server) return fail(io, server.error());
  if (*server) return rotate_remote_key(**server, options.id, options.overlap_hours, io);
  auto data = open_data(options, false);
  if (!data) return fail(io, data.error());
  const auto created = KeyAdministration(*data->catalog, system_clock())
                           .rotate(options.id, options.overlap_hours * kHourUs);
  if (!created) return fail(io, created.error());
  return show_created(options, *created, io);
}

void declare_create(CLI::App& command, Options& options) {
  command.add_option("--tenant", options.tenant_id, "tenant of the key (1)");
  command.add_option("--scopes", options.scopes,
                     "comma-separated: ingest, import, read, decide, "
                     "admin, own; or all");
  command.add_option("--name", options.name, "what the key is for");
  auto* is_operator = command.add_flag("--operator", options.is_operator,
                                       "stands above tenants; names one in X-Adbacus-Tenant");
  command
      .add_flag("--public", options.is_public,
                "browser key: may be seen, may only ingest or decide")
      ->excludes(is_operator);
  command.add_option("--origin", options.origins, "web origin a public key is for, repeatable")
      ->allow_extra_args(false);
  command
      .add_option("--placement", options.placements,
                  "id that a public key of the scope decide is for, repeatable; none: all")
      ->allow_extra_args(false);
  command.add_option("--expires-days", options.expires_days, "lifetime in days, 0 = for ever")
      ->check(CLI::Range(0, 36'500));
  command.add_option("--quota", options.quota, "requests in --quota-period-s, 0 = the server's")
      ->check(CLI::Range(0, 1'000'000'000));
  command.add_option("--quota-period-s", options.quota_period_s, "seconds")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  command.add_flag("--new-tenant", options.new_tenant, "create the tenant too");
  command.add_option("--currency", options.currency, "of the new tenant")->capture_default_str();
  command.add_option("--timezone", options.timezone, "of the new tenant")->capture_default_str();
}

}  // namespace

CommandRun declare_keys_command(CLI::App& command) {
  using Action = int (*)(const Options&, CommandIo&);
  auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  auto actions = std::make_shared<std::vector<std::pair<CLI::App*, Action>>>();
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* sub = command.add_subcommand(name, help);
    options->flags.declare_data(*sub);
    options->remote.declare_beside_data(*sub);
    sub->add_flag("--json", options->json, "as JSON");
    actions->emplace_back(sub, action);
    return sub;
  };
  declare_create(*add("create", "create a key and print it once", create), *options);
  add("list", "list keys, without their secrets", list)
      ->add_option("--tenant", options->tenant_id, "only of this tenant");
  add("revoke", "end a key now", revoke)
      ->add_option("id", options->id, "the part of the key before the dot")
      ->required();
  CLI::App* rotating = add("rotate", "replace a key; both are valid for a while", rotate);
  rotating->add_option("id", options->id, "the part of the key before the dot")->required();
  rotating->add_option("--overlap-hours", options->overlap_hours, "old key stays valid, hours")
      ->capture_default_str()
      ->check(CLI::Range(0, 8'760));
  return [options, actions](CommandIo& io) {
    if (const auto loaded = options->flags.load(); !loaded) return fail_usage(io, loaded.error());
    for (const auto& [sub, action] : *actions) {
      if (sub->parsed()) return action(*options, io);
    }
    return kExitUsage;
  };
}

}  // namespace adbacus
