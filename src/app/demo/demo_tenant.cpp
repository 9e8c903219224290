#include "app/demo/demo_tenant.hpp"

#include "catalog/api_key.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {

Result<DemoTenant> prepare_demo(Node& node, Clock& clock) {
  DemoTenant demo;
  demo.key_file = node.paths().folder + "/demo.key";
  const auto tenant = node.catalog().tenant(kDemoTenant);
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
  if (auto ok = node.catalog().put_tenant(row); !ok) return ok.error();
  ApiKey key;
  key.id = made.id;
  key.tenant_id = kDemoTenant;
  key.name = "demo traffic";
  key.secret_hash = made.secret_hash;
  key.scopes = all_scopes();
  key.created_us = now;
  if (auto ok = node.catalog().put_key(key); !ok) return ok.error();
  demo.key = made.text;
  return demo;
}

}  // namespace adbacus
