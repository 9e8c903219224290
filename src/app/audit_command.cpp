#include "app/audit_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <ostream>

#include "admin/audit_answer.hpp"
#include "app/audit_heads.hpp"
#include "app/config_flags.hpp"
#include "app/data_folder.hpp"
#include "app/signing_key_file.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/registry.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  bool json = false;
  std::vector<std::string> heads;  // "tenant:seq:hash"
};

Result<std::vector<AuditHead>> noted_heads(const Options& options) {
  std::vector<AuditHead> heads;
  for (const std::string& text : options.heads) {
    auto head = parse_audit_head(text);
    if (!head) {
      return Error{ErrorCode::invalid_argument, "--head: expected TENANT:ENTRIES:HASH, as printed"};
    }
    heads.push_back(*std::move(head));
  }
  return heads;
}

// What the server noted itself.
Result<void> add_own_heads(FileSystem& fs, const DataPaths& paths, std::vector<AuditHead>& heads) {
  const auto there = fs.exists(paths.audit_heads);
  if (!there) return there.error();
  if (!*there) return {};
  const auto keys = load_signing_keys(fs, paths);
  if (!keys) return keys.error();
  const auto own = read_audit_heads(fs, paths.audit_heads, SigningKeys(keys->keys));
  if (!own) return own.error();
  heads.insert(heads.end(), own->begin(), own->end());
  return {};
}

// The chains there are, and those that are said to have been.
std::vector<std::string> chains(const std::vector<AuditHead>& found,
                                const std::vector<AuditHead>& noted) {
  std::vector<std::string> tenants;
  for (const auto* heads : {&found, &noted}) {
    for (const AuditHead& head : *heads) tenants.push_back(head.tenant_id);
  }
  std::sort(tenants.begin(), tenants.end());
  tenants.erase(std::unique(tenants.begin(), tenants.end()), tenants.end());
  return tenants;
}

void show(const Options& options, const AuditVerdict& verdict, CommandIo& io) {
  if (options.json) {
    http::JsonWriter json;
    write_verdict(json, verdict);
    io.out << json.text() << '\n';
  } else if (verdict.broken.empty()) {
    io.out << fmt::format("{}:{}:{}\n", verdict.tenant_id, verdict.entries, verdict.head);
  } else {
    io.err << fmt::format("tenant {}: {}\n", verdict.tenant_id, verdict.broken);
  }
}

int verify(const Options& options, CommandIo& io) {
  auto noted = noted_heads(options);
  if (!noted) return fail_usage(io, noted.error());
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  const DataPaths paths(loaded->config.data_dir);
  FileSystem& fs = real_file_system();
  const auto there = fs.exists(paths.catalog);
  if (!there) return fail(io, there.error());
  if (!*there) {
    return fail(io, {ErrorCode::not_found, "there is no data folder at " + paths.folder});
  }
  const auto folder = DataFolder::open(fs, paths.folder);
  if (!folder) return fail(io, folder.error());
  if (auto ok = add_own_heads(fs, paths, *noted); !ok) return fail(io, ok.error());
  CatalogOptions catalog_options = loaded->config.catalog;
  catalog_options.path = paths.catalog;
  auto catalog = open_catalog(catalog_options);
  if (!catalog) return fail(io, catalog.error());
  AuditLog& log = (*catalog)->entities().audit();
  const auto heads = log.heads();
  if (!heads) return fail(io, heads.error());
  bool intact = true;
  for (const std::string& tenant : chains(*heads, *noted)) {
    const auto verdict = verify_audit(log, tenant, *noted);
    if (!verdict) return fail(io, verdict.error());
    intact = intact && verdict->broken.empty();
    show(options, *verdict, io);
  }
  return intact ? kExitDone : kExitFailed;
}

}  // namespace

CommandRun declare_audit_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  CLI::App* verify_command = command.add_subcommand(
      "verify", "recompute every tenant's chain and print its head, TENANT:ENTRIES:HASH");
  options->flags.declare_data(*verify_command);
  verify_command->add_flag("--json", options->json, "one JSON object a tenant");
  verify_command
      ->add_option("--head", options->heads,
                   "a head that was noted earlier; tells whether the end was cut off. Repeatable")
      ->allow_extra_args(false);
  return [options](CommandIo& io) { return verify(*options, io); };
}

}  // namespace adbacus
