#include "eventlog/entry_keys.hpp"

#include <gtest/gtest.h>
#include <map>

#include "eventlog/testing/test_events.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kSeed = 4711;

EntryMeta keys(const TestEvent& event) {
  return make_entry_keys(event.view(), kSeed);
}

TEST(EntryKeys, AreEqualForTheSameIdWhateverElseTheEventSays) {
  const TestEvent a{.id = "a", .user = "u"};
  const TestEvent same{.id = "a", .type = EventType::click, .user = "other", .url = "x"};
  EXPECT_EQ(keys(a).id_key, keys(same).id_key);
  EXPECT_NE(keys(a).id_key, keys({.id = "b"}).id_key);
  EXPECT_NE(keys(a).id_key, keys({.id = "a", .tenant = "2"}).id_key);
  EXPECT_NE(keys(a).id_key, make_entry_keys(a.view(), kSeed + 1).id_key) << "keyed by the log";
}

TEST(EntryKeys, DoNotConfuseWhereOnePartEndsAndTheNextBegins) {
  EXPECT_NE(keys({.id = "bc", .tenant = "a"}).id_key, keys({.id = "c", .tenant = "ab"}).id_key);
  EXPECT_NE(import_run_key("a", "bc", kSeed), import_run_key("ab", "c", kSeed));
}

TEST(EntryKeys, RouteByUserThenSessionThenId) {
  const TestEvent source{.id = "a", .user = "u"};
  Event event = source.view();
  const Partition by_user = make_entry_keys(event, kSeed).partition;
  event.event_id = "b";
  event.session_id = "s";
  EXPECT_EQ(make_entry_keys(event, kSeed).partition, by_user);
  std::map<Partition, int> used;
  for (int i = 0; i < 6400; ++i) ++used[keys({.id = "x", .user = std::to_string(i)}).partition];
  EXPECT_EQ(used.size(), kPartitions);
  for (const auto& [partition, count] : used) EXPECT_NEAR(count, 100, 60) << partition;
}

TEST(EntryKeys, KeepConversionsLongerAndImportsWithTheirRun) {
  EXPECT_EQ(keys({.id = "a"}).scope, IdScope::live);
  EXPECT_EQ(keys({.id = "a", .type = EventType::conversion}).scope, IdScope::conversion);
  const EntryMeta import = keys({.id = "a", .type = EventType::conversion, .import_run = "r"});
  EXPECT_EQ(import.scope, IdScope::import_run);
  EXPECT_EQ(import.import_key, import_run_key("1", "r", kSeed));
  EXPECT_EQ(keys({.id = "a"}).import_key, Hash128{});
}

TEST(EntryKeys, NameATransactionByTenantTypeAndNumber) {
  const TestEvent sale{.id = "a", .type = EventType::conversion, .transaction = "t"};
  const auto approved = [](const std::string& tenant) {
    return TestEvent{.id = "b",
                     .type = EventType::conversion,
                     .tenant = tenant,
                     .transaction = "t",
                     .status = ConversionStatus::approved};
  };
  EXPECT_EQ(keys(sale).transaction_key, keys(approved("1")).transaction_key);
  EXPECT_EQ(keys(approved("1")).status, ConversionStatus::approved);
  EXPECT_NE(keys(sale).transaction_key, keys(approved("2")).transaction_key);
  Event other_type = sale.view();
  other_type.conversion_type = "signup";
  EXPECT_NE(make_entry_keys(other_type, kSeed).transaction_key, keys(sale).transaction_key);
  EXPECT_EQ(keys({.id = "a", .transaction = "t"}).transaction_key, Hash128{})
      << "only conversions have one";
}

TEST(EntryKeys, NameAUseOfADecisionByTenantTypeAndId) {
  const TestEvent shown{.id = "a", .decision = "d"};
  EXPECT_EQ(keys(shown).transaction_key, keys({.id = "b", .decision = "d"}).transaction_key);
  EXPECT_NE(keys(shown).transaction_key, Hash128{});
  for (const TestEvent& other :
       {TestEvent{.id = "a", .decision = "e"}, TestEvent{.id = "a", .tenant = "2", .decision = "d"},
        TestEvent{.id = "a", .type = EventType::click, .decision = "d"}})
    EXPECT_NE(keys(shown).transaction_key, keys(other).transaction_key);
  for (const TestEvent& none :
       {TestEvent{.id = "a", .type = EventType::conversion, .decision = "d"},
        TestEvent{.id = "a", .type = EventType::page_view, .decision = "d"},
        TestEvent{.id = "a", .import_run = "r", .decision = "d"}})
    EXPECT_EQ(keys(none).transaction_key, Hash128{});
  Event unsigned_id = shown.view();
  unsigned_id.flags = event_flag::foreign_decision;
  EXPECT_EQ(make_entry_keys(unsigned_id, kSeed).transaction_key, Hash128{});
}

TEST(EntryKeys, AddsEventsBackToBack) {
  AppendBatch batch;
  const TestEvent a{.id = "a"};
  const TestEvent b{.id = "b", .url = "https://example.com/"};
  add_event(a.view(), kSeed, batch);
  add_event(b.view(), kSeed, batch);
  EXPECT_EQ(batch.bytes, a.encoded() + b.encoded());
  ASSERT_EQ(batch.entries.size(), 2U);
  EXPECT_EQ(batch.entries[1].offset, a.encoded().size());
  EXPECT_EQ(batch.entries[1].length, b.encoded().size());
  EXPECT_NE(batch.entries[0].content_hash, batch.entries[1].content_hash);
}

}  // namespace
}  // namespace adbacus
