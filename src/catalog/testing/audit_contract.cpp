// What every backend promises about the audit log.
#include <fmt/format.h>

#include "catalog/testing/entity_contract.hpp"

namespace adbacus::testing {
namespace {

AuditEntry sample(const std::string& tenant, int n) {
  return {.tenant_id = tenant,
          .time_us = n,
          .actor = "adb_key",
          .action = n % 2 == 0 ? "update" : "create",
          .kind = "campaign",
          .object_id = fmt::format("id {}", n % 3),
          .before = n % 2 == 0 ? "{\"a\":\"\\n\"}" : "",
          .after = "{}",
          .request_id = "r"};
}

}  // namespace

std::vector<CatalogBackend> audit_contract(CatalogBackend backend) {
  return {std::move(backend)};
}

AuditEntry AuditContract::append(AuditEntry entry) {
  const auto done = store().transact(entry.tenant_id,
                                     [&](EntityTransaction& tx) { return tx.append_audit(entry); });
  EXPECT_TRUE(done);
  return entry;
}

TEST_P(AuditContract, AuditEntriesFormOneChainATenant) {
  std::vector<AuditEntry> one;
  for (int n = 1; n <= 7; ++n) {
    one.push_back(append(sample("tenant 1", n)));
    EXPECT_EQ(one.back().seq, n);
    append(sample("", n));
  }
  EXPECT_EQ(append(sample("tenant 2", 1)).seq, 1);
  reopen();
  EXPECT_EQ(*store().audit().read("tenant 1", 0, 100), one);
  EXPECT_EQ(store().audit().read("tenant 1", 2, 3)->size(), 3U);
  const auto verdict = verify_audit(store().audit(), "tenant 1", {});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->broken, "");
  EXPECT_EQ(verdict->entries, 7);
  EXPECT_EQ(verdict->head, one.back().hash);
  const auto heads = store().audit().heads();
  ASSERT_TRUE(heads);
  ASSERT_EQ(heads->size(), 3U);
  EXPECT_EQ((*heads)[1], (AuditHead{"tenant 1", 7, one.back().hash}));
}

TEST_P(AuditContract, WhatThisProcessWroteIsRememberedByItsHead) {
  EXPECT_TRUE(store().audit().written().empty());
  for (int n = 1; n <= 3; ++n) append(sample("tenant 1", n));
  const AuditEntry last = append(sample("", 1));
  ASSERT_FALSE(store().transact("tenant 1", [&](EntityTransaction& tx) -> Result<void> {
    AuditEntry given_up = sample("tenant 1", 4);
    EXPECT_TRUE(tx.append_audit(given_up));
    return Error{ErrorCode::conflict, "given up"};
  }));
  const auto heads = store().audit().written();
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_EQ(heads[0], (AuditHead{"", 1, last.hash}));
  EXPECT_EQ(heads[1], store().audit().heads()->at(1));
  reopen();
  EXPECT_TRUE(store().audit().written().empty());
}

TEST_P(AuditContract, TheNewestAuditEntriesComeFirstAndOnlyThoseAskedFor) {
  for (int n = 1; n <= 9; ++n) append(sample("tenant 1", n));
  append(sample("tenant 2", 5));
  const auto seqs = [&](const AuditQuery& query) {
    std::vector<std::int64_t> found;
    const auto entries = store().audit().newest(query);
    EXPECT_TRUE(entries);
    if (!entries) return found;
    for (const AuditEntry& entry : *entries) found.push_back(entry.seq);
    return found;
  };
  using Seqs = std::vector<std::int64_t>;
  EXPECT_EQ(seqs({.tenant_id = "tenant 1", .limit = 3}), (Seqs{9, 8, 7}));
  EXPECT_EQ(seqs({.tenant_id = "tenant 1", .before_seq = 3}), (Seqs{2, 1}));
  EXPECT_EQ(seqs({.tenant_id = "tenant 1", .object_id = "id 0", .action = "update"}), Seqs{6});
  EXPECT_EQ(seqs({.tenant_id = "tenant 1", .kind = "creative"}), Seqs{});
}

TEST_P(AuditContract, AnAuditEntryGoesTheWayOfItsTransaction) {
  AuditEntry entry = sample("tenant 1", 1);
  EXPECT_FALSE(store().transact("tenant 1", [&](EntityTransaction& tx) -> Result<void> {
    EXPECT_TRUE(tx.append_audit(entry));
    return Error{ErrorCode::invalid_argument, "given up"};
  }));
  EXPECT_TRUE(store().audit().heads()->empty());
  EXPECT_FALSE(store().transact("tenant 2", [&](EntityTransaction& tx) {
    return tx.append_audit(entry);
  })) << "of another tenant";
}

}  // namespace adbacus::testing
