#include "access/refusal_tally.hpp"

#include <algorithm>
#include <utility>

namespace adbacus {
namespace {

Hash128 key_of(const RefusalRecord& refusal) {
  std::string text;
  text.reserve(256);
  for (const std::string* part :
       {&refusal.actor, &refusal.network, &refusal.code, &refusal.route}) {
    text.append(*part).push_back('\n');
  }
  text += std::to_string(refusal.status);
  return hash128(text, 0);
}

// What stands for all that cannot be told apart any more.
void forget_kind(RefusalRecord& refusal) {
  refusal.actor.clear();
  refusal.network.clear();
  refusal.code.clear();
  refusal.route.clear();
  refusal.status = 0;
}

}  // namespace

void RefusalTally::add(RefusalRecord refusal, TimeUs wall_us, TimeUs mono_us) {
  refusal.count = 1;
  refusal.first_us = refusal.last_us = wall_us;
  const std::lock_guard lock(mutex_);
  merge(std::move(refusal), mono_us);
}

void RefusalTally::give_back(const std::vector<RefusalRecord>& records, TimeUs mono_us) {
  const std::lock_guard lock(mutex_);
  for (const RefusalRecord& record : records) merge(record, mono_us);
}

void RefusalTally::merge(RefusalRecord refusal, TimeUs mono_us) {
  Tenant& tenant = tenant_of(refusal, mono_us);
  Kind& kind = kind_of(tenant, refusal, mono_us);
  RefusalRecord& known = kind.record;
  if (known.count == 0 && kind.wait_us != 0) --tenant.quiet;
  if (known.count == 0 || refusal.first_us < known.first_us) {
    known.first_us = refusal.first_us;
    known.request_id = std::move(refusal.request_id);
  }
  known.last_us = std::max(known.count == 0 ? refusal.last_us : known.last_us, refusal.last_us);
  known.count += refusal.count;
}

// Beyond the bound nobody's: counted, and told without what it was.
RefusalTally::Tenant& RefusalTally::tenant_of(RefusalRecord& refusal, TimeUs mono_us) {
  auto found = tenants_.find(refusal.tenant);
  if (found == tenants_.end() && tenants_.size() >= limits_.tenants_max) {
    refusal.tenant.clear();
    forget_kind(refusal);
    found = tenants_.find(refusal.tenant);
  }
  if (found != tenants_.end()) return found->second;
  Tenant& made = tenants_[refusal.tenant];
  made.left = limits_.burst;
  made.filled_us = mono_us;
  return made;
}

// Quiet kinds make room for new ones. What stands for all kinds that found none comes on top of the
// bound, so one that goes may not be enough.
void RefusalTally::make_room(Tenant& tenant) {
  while (tenant.quiet != 0 && tenant.kinds.size() >= limits_.kinds_max) {
    tenant.kinds.erase(std::find_if(tenant.kinds.begin(), tenant.kinds.end(),
                                    [](const auto& k) { return k.second.record.count == 0; }));
    --tenant.quiet;
  }
}

RefusalTally::Kind& RefusalTally::kind_of(Tenant& tenant, RefusalRecord& refusal, TimeUs mono_us) {
  Hash128 key = key_of(refusal);
  auto found = tenant.kinds.find(key);
  if (found == tenant.kinds.end()) {
    make_room(tenant);
    if (tenant.kinds.size() >= limits_.kinds_max) {
      forget_kind(refusal);
      key = key_of(refusal);
      found = tenant.kinds.find(key);
    }
  }
  if (found != tenant.kinds.end()) return found->second;
  Kind& made = tenant.kinds[key];
  made.record = refusal;
  made.record.count = 0;
  made.due_us = mono_us + limits_.first_wait_us;
  return made;
}

std::vector<RefusalRecord> RefusalTally::take_due(TimeUs mono_us) {
  std::vector<RefusalRecord> out;
  const std::lock_guard lock(mutex_);
  for (auto it = tenants_.begin(); it != tenants_.end();) {
    Tenant& tenant = it->second;
    const TimeUs periods = (mono_us - tenant.filled_us) / limits_.period_us;
    tenant.filled_us += periods * limits_.period_us;
    tenant.left =
        static_cast<std::uint32_t>(std::min<TimeUs>(limits_.burst, tenant.left + periods));
    take(tenant, mono_us, out);
    const bool is_idle = tenant.kinds.empty() && tenant.left == limits_.burst;
    it = is_idle ? tenants_.erase(it) : std::next(it);
  }
  return out;
}

void RefusalTally::take(Tenant& tenant, TimeUs mono_us, std::vector<RefusalRecord>& out) {
  std::vector<Kind*> due;
  for (auto it = tenant.kinds.begin(); it != tenant.kinds.end();) {
    const bool is_due = it->second.due_us <= mono_us;
    if (is_due && it->second.record.count == 0) {  // quiet for as long as it was waited for
      it = tenant.kinds.erase(it);
      --tenant.quiet;
      continue;
    }
    if (is_due) due.push_back(&it->second);
    ++it;
  }
  std::sort(due.begin(), due.end(),
            [](const Kind* a, const Kind* b) { return a->due_us < b->due_us; });
  for (Kind* kind : due) {
    if (tenant.left == 0) return;
    --tenant.left;
    out.push_back(kind->record);
    kind->record.count = 0;
    kind->wait_us = kind->wait_us == 0 ? limits_.next_wait_us
                                       : std::min(2 * kind->wait_us, limits_.wait_max_us);
    kind->due_us = mono_us + kind->wait_us;
    ++tenant.quiet;
  }
}

std::vector<RefusalRecord> RefusalTally::take_all() {
  std::vector<RefusalRecord> out;
  const std::lock_guard lock(mutex_);
  for (auto& [id, tenant] : tenants_) {
    for (auto& [key, kind] : tenant.kinds) {
      if (kind.record.count != 0) out.push_back(std::move(kind.record));
    }
  }
  tenants_.clear();
  return out;
}

}  // namespace adbacus
