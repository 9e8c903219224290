#include "app/demo/demo_tenant.hpp"

#include <fmt/format.h>

#include "app/data_folder.hpp"
#include "base/file_system.hpp"
#include "catalog/api_key.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {

Result<DemoTenant> prepare_demo(Catalog& catalog, const std::string& folder, Clock& clock) {
  DemoTenant demo;
  demo.key_file = folder + "/" + kDemoKeyFile;
  const auto tenant = catalog.tenant(kDemoTenant);
  if (!tenant) return tenant.error();
  const auto known = real_file_system().exists(demo.key_file);
  if (!known) return known.error();
  if (*tenant && *known) {
    auto text = read_file(real_file_system(), demo.key_file);
    if (!text) return text.error();
    demo.key = text->substr(0, text->find('\n'));
    return demo;
  }
  demo.is_new = true;
  const TimeUs now = clock.wall_us();
  const NewKey made = generate_key();
  // The file first, as for the owner key: a key that nobody holds could never be found again.
  if (auto ok = write_file_atomically(real_file_system(), demo.key_file, made.text + "\n"); !ok)
    return ok.error();
  Tenant row;
  row.id = kDemoTenant;
  row.name = "demo";
  row.created_us = now;
  if (auto ok = catalog.put_tenant(row); !ok) return ok.error();
  ApiKey key;
  key.id = made.id;
  key.tenant_id = kDemoTenant;
  key.name = "demo traffic";
  key.secret_hash = made.secret_hash;
  key.scopes = all_scopes();
  key.created_us = now;
  if (auto ok = catalog.put_key(key); !ok) return ok.error();
  demo.key = made.text;
  return demo;
}

namespace {

// The port in a URL of this machine; empty for another machine's.
std::string loopback_port(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    break;
  }
  for (const std::string_view host : {"127.0.0.1:", "localhost:", "[::1]:"}) {
    if (!url.starts_with(host)) continue;
    url.remove_prefix(host.size());
    return std::string(url.substr(0, url.find('/')));
  }
  return {};
}

// What the server wrote there when it began to listen; empty without that.
std::string port_of(const std::string& folder) {
  const auto text = read_file(real_file_system(), folder + "/port");
  return text ? text->substr(0, text->find('\n')) : std::string();
}

}  // namespace

Result<DemoTenant> prepare_demo_beside(const std::string& url, const std::string& folder,
                                       Clock& clock) {
  const std::string port = loopback_port(url);
  if (port.empty() || port != port_of(folder)) {
    return Error{ErrorCode::not_found,
                 fmt::format("no key of the tenant demo: {}/{} is not there, and the server at {} "
                             "does not run on that folder. {}",
                             folder, kDemoKeyFile, url, kDemoAdvice)};
  }
  CatalogOptions options;
  options.path = DataPaths(folder).catalog;
  const auto catalog = open_catalog(options);
  if (!catalog) return catalog.error();
  return prepare_demo(**catalog, folder, clock);
}

}  // namespace adbacus
