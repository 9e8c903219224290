// The settings of who may call and how often.
#include "app/config_setting.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kRequestsMax = 1'000'000'000;

template <class Field>
Setting quota(std::string name, std::string_view whose, Field field) {
  return live(whole_number(std::move(name),
                           fmt::format("requests of {} in access.window_s; 0 = no quota", whose),
                           field, 0, kRequestsMax));
}

}  // namespace

void add_access_settings(std::vector<Setting>& rows) {
  rows.push_back(whole_number("access.reload_interval_ms",
                              "a key's change acts within this, milliseconds",
                              FIELD(access.reload_interval_ms), 10, 4'000));
  rows.push_back(whole_number("access.use_write_interval_ms",
                              "a key's last use is stored this often, milliseconds",
                              FIELD(access.use_write_interval_ms), 1'000, 3'600'000));
  rows.push_back(
      live(whole_number("access.window_s", "what the quotas below are counted in, seconds",
                        FIELD(quotas.window_s), 1, 86'400)));
  rows.push_back(quota("access.key_requests", "one key that has no quota of its own",
                       FIELD(quotas.key_requests)));
  rows.push_back(quota("access.user_requests", "one user", FIELD(quotas.user_requests)));
  rows.push_back(quota("access.tenant_requests", "one tenant", FIELD(quotas.tenant_requests)));
  rows.push_back(quota("access.address_requests", "one IPv4 address or IPv6 /64",
                       FIELD(quotas.address_requests)));
  rows.push_back(quota("access.page_requests", "one address with one public key",
                       FIELD(quotas.page_requests)));
}

}  // namespace adbacus
