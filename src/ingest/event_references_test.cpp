#include "ingest/event_references.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "ingest/testing/catalog_objects.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

class EventReferencesTest : public ::testing::Test {
 protected:
  EventReferencesTest() { fixture_.facts.objects = objects_.tenant(); }

  // `fields` of a click, e.g. R"("ad_id":"a")".
  const Event& event(const std::string& fields) {
    read_ = &fixture_.read(R"({"event_id":"e","event_type":"click","ts":1795262400000,)" + fields +
                           "}");
    EXPECT_EQ(read_->code(), "") << fields;
    static const Event kNone;
    return read_->events.empty() ? kNone : read_->events.front();
  }
  std::string warnings() const { return read_->warnings(); }

  CatalogObjects objects_ = two_campaigns();
  IntakeFixture fixture_;
  const ReadBody* read_ = nullptr;
};

TEST_F(EventReferencesTest, FillsInWhatFollowsFromWhatWasNamed) {
  for (const char* named : {R"("ad_id":"ad1")", R"("creative_id":"cr1")", R"("line_item_id":"li1")",
                            R"("ad_id":"ad1","campaign_id":"c1","placement_key":"top")"}) {
    const Event& e = event(named);
    EXPECT_EQ(e.campaign_id, "c1") << named;
    EXPECT_EQ(e.line_item_id, "li1") << named;
    EXPECT_EQ(e.placement_id, "pl1") << named;
    EXPECT_EQ(e.publisher_id, "pub") << named;
    EXPECT_EQ(e.flags, 0) << named;
    EXPECT_EQ(warnings(), "") << named;
  }
  EXPECT_EQ(event(R"("ad_id":"ad1")").creative_id, "cr1");
  EXPECT_EQ(event(R"("creative_id":"cr1")").ad_id, "") << "a creative may have several ads";
  EXPECT_EQ(event(R"("campaign_id":"c1")").placement_id, "");
}

TEST_F(EventReferencesTest, TakesAPlacementByItsKey) {
  EXPECT_EQ(event(R"("placement_key":"side")").placement_id, "pl2");
  EXPECT_EQ(event(R"("placement_key":"side","placement_id":"pl2")").flags, 0);
  EXPECT_EQ(event(R"("placement_key":"nowhere")").placement_id, "nowhere");
  EXPECT_EQ(warnings(), "unknown_ref");
  EXPECT_EQ(event(R"("placement_key":"side","placement_id":"pl1")").placement_id, "pl1");
  EXPECT_EQ(warnings(), "conflicting_ref");
}

TEST_F(EventReferencesTest, FlagsTheUnknownAndCountsTheEvent) {
  for (const char* field : {"campaign_id", "line_item_id", "placement_id", "placement_key",
                            "creative_id", "ad_id", "publisher_id"}) {
    const std::string named = "\"" + std::string(field) + R"(":"nope")";
    EXPECT_EQ(event(named).flags, event_flag::unknown_ref) << field;
    EXPECT_EQ(warnings(), "unknown_ref") << field;
  }
  fixture_.options.rejects_unknown_refs = true;
  for (const char* field : {"campaign_id", "line_item_id", "placement_id", "placement_key",
                            "creative_id", "ad_id", "publisher_id"}) {
    const ReadBody& read = fixture_.read(
        R"([{"event_type":"click","campaign_id":"c1","event_id":"1"},{"event_type":"click",")" +
        std::string(field) + R"(":"nope"}])");
    EXPECT_EQ(read.code(), "unknown_ref");
    EXPECT_EQ(read.pointer(), "/1/" + std::string(field));
    EXPECT_EQ(read.events.size(), 1U);
  }
}

TEST_F(EventReferencesTest, DoesWithTheUnknownAsTheTenantSays) {
  fixture_.tenant.rejects_unknown_refs = true;
  EXPECT_EQ(fixture_.read(R"({"event_type":"click","ad_id":"nope"})").code(), "unknown_ref");
  fixture_.options.rejects_unknown_refs = true;
  fixture_.tenant.rejects_unknown_refs = false;
  EXPECT_EQ(event(R"("ad_id":"nope")").flags, event_flag::unknown_ref);
}

TEST_F(EventReferencesTest, KnowsWhatWasDeletedAndFillsNothingFromIt) {
  EXPECT_EQ(event(R"("campaign_id":"gone")").flags, 0);
  objects_.add(EntityKind::line_item, "li1", "{}", true);
  fixture_.facts.objects = objects_.tenant();
  const Event& e = event(R"("creative_id":"cr1")");
  EXPECT_EQ(e.line_item_id, "li1");
  EXPECT_EQ(e.campaign_id, "");
  EXPECT_EQ(e.flags, 0);
}

TEST_F(EventReferencesTest, FlagsWhatDoesNotBelongTogetherAndKeepsWhatWasSent) {
  const Event& e = event(R"("line_item_id":"li1","campaign_id":"c2")");
  EXPECT_EQ(e.campaign_id, "c2");
  EXPECT_EQ(e.placement_id, "pl1");
  EXPECT_EQ(e.flags, event_flag::conflicting_ref);
  EXPECT_EQ(warnings(), "conflicting_ref");
  EXPECT_EQ(event(R"("line_item_id":"li1","placement_id":"pl2")").flags,
            event_flag::conflicting_ref);
  EXPECT_EQ(event(R"("creative_id":"cr1","line_item_id":"li2")").flags,
            event_flag::conflicting_ref);
  EXPECT_EQ(event(R"("publisher_id":"other","placement_id":"pl1")").flags,
            event_flag::conflicting_ref | event_flag::unknown_ref);
}

TEST_F(EventReferencesTest, LeavesKindsAloneOfWhichTheTenantManagesNone) {
  CatalogObjects few;
  few.add(EntityKind::campaign, "c1", R"({"name":"one"})");
  fixture_.facts.objects = few.tenant();
  const char* others = R"("line_item_id":"x","placement_key":"y","creative_id":"z","ad_id":"w")";
  EXPECT_EQ(event(others).flags, 0);
  EXPECT_EQ(event(others).placement_id, "y");
  EXPECT_EQ(event(R"("campaign_id":"c2")").flags, event_flag::unknown_ref);
  fixture_.facts.objects = nullptr;
  EXPECT_EQ(event(R"("campaign_id":"c2")").flags, 0);
}

class ConversionTypeTest : public EventReferencesTest {
 protected:
  ConversionTypeTest() {
    objects_.add(EntityKind::conversion_type, "1",
                 R"({"key":"lead","default_value_micros":5000000})");
    objects_.add(EntityKind::conversion_type, "2",
                 R"({"key":"trial","default_value_micros":7000000,"currency":"EUR"})");
    objects_.add(EntityKind::conversion_type, "3", R"({"key":"visit"})");
    fixture_.facts.objects = objects_.tenant();
  }
  const Event& conversion(const std::string& fields) {
    read_ = &fixture_.read(R"({"event_id":"e","event_type":"conversion","ts":1795262400000,)" +
                           fields + "}");
    EXPECT_EQ(read_->code(), "") << fields;
    return read_->events.at(0);
  }
};

TEST_F(ConversionTypeTest, AConversionWithoutAValueHasThatOfItsType) {
  const Event& lead = conversion(R"("type":"lead")");
  EXPECT_TRUE(lead.has_value);
  EXPECT_EQ(lead.value_micros, 5'000'000);
  EXPECT_EQ(lead.currency, "USD") << "the tenant's";
  EXPECT_EQ(lead.flags, 0);
  const Event& trial = conversion(R"("type":"trial")");
  EXPECT_EQ(trial.value_micros, 7'000'000);
  EXPECT_EQ(trial.currency, "EUR");
  EXPECT_EQ(conversion(R"("type":"trial","currency":"EUR")").value_micros, 7'000'000);
  EXPECT_EQ(conversion(R"("type":"lead","value":0)").value_micros, 0) << "what was sent stays";
  EXPECT_EQ(conversion(R"("type":"trial","value":1)").currency, "USD");
  for (const char* other : {R"("type":"trial","currency":"USD")", R"("type":"trial","cost":1)",
                            R"("type":"visit")", R"("type":"lead","currency":"EUR")"}) {
    EXPECT_FALSE(conversion(other).has_value) << other;
  }
  EXPECT_FALSE(event(R"("type":"lead")").has_value) << "a click";
}

TEST_F(ConversionTypeTest, AnUnknownTypeIsAnUnknownObject) {
  EXPECT_EQ(conversion(R"("type":"leed")").flags, event_flag::unknown_ref);
  EXPECT_EQ(warnings(), "unknown_ref");
  EXPECT_EQ(conversion(R"("value":1)").flags, 0);
  EXPECT_EQ(conversion(R"("type":"refund","value":-1)").flags, 0);
  EXPECT_EQ(event(R"("type":"leed")").flags, 0) << "a click";
  objects_.add(EntityKind::conversion_type, "3", R"({"key":"call"})");
  objects_.add(EntityKind::conversion_type, "1", R"({"key":"lead"})", true);
  fixture_.facts.objects = objects_.tenant();
  EXPECT_EQ(conversion(R"("type":"call")").flags, 0);
  EXPECT_EQ(conversion(R"("type":"visit")").flags, event_flag::unknown_ref) << "it has another key";
  EXPECT_EQ(conversion(R"("type":"lead")").flags, event_flag::unknown_ref);
  fixture_.options.rejects_unknown_refs = true;
  const ReadBody& refused = fixture_.read(R"({"event_type":"conversion","type":"leed"})");
  EXPECT_EQ(refused.code(), "unknown_ref");
  EXPECT_EQ(refused.pointer(), "/type");
}

TEST_F(EventReferencesTest, TellsATenantNothingOfAnothersObjects) {
  objects_.add(EntityKind::campaign, "theirs", R"({"name":"x"})", false, "2");
  fixture_.facts.objects = objects_.tenant("1");
  EXPECT_EQ(event(R"("campaign_id":"theirs")").flags, event_flag::unknown_ref);
}

// The same words, without what is remembered of a body.
struct Plain {
  const TenantObjects& objects;
  std::array<std::string, 6> ids{};  // ad, creative, line item, campaign, placement, publisher
  bool unknown = false;
  bool conflict = false;

  void follow(std::size_t to, const std::string& id) {
    if (id.empty()) return;
    if (ids[to].empty()) {
      ids[to] = id;
    } else if (ids[to] != id) {
      conflict = true;
    }
  }
  void run(const std::string& key) {
    static constexpr EntityKind kKinds[] = {EntityKind::ad,        EntityKind::creative,
                                            EntityKind::line_item, EntityKind::campaign,
                                            EntityKind::placement, EntityKind::publisher};
    for (std::size_t i = 0; i < ids.size(); ++i)
      unknown = unknown || (!ids[i].empty() && !objects.has_known(kKinds[i], ids[i]));
    if (!key.empty()) {
      const std::string* named = objects.placement_of(key);
      if (named != nullptr) follow(4, *named);
      if (named == nullptr) unknown = true;
      if (named == nullptr && ids[4].empty()) ids[4] = key;
    }
    if (const auto* ad = objects.find<Ad>(ids[0]))
      follow(3, ad->campaign_id), follow(1, ad->creative_id);
    if (const auto* creative = objects.find<Creative>(ids[1])) follow(2, creative->line_item_id);
    if (const auto* item = objects.find<LineItem>(ids[2]))
      follow(3, item->campaign_id), follow(4, item->placement_id);
    if (const auto* placement = objects.find<Placement>(ids[4])) follow(5, placement->publisher_id);
  }
};

TEST_F(EventReferencesTest, SaysOfManyEventsWhatItSaysOfOne) {
  Rng rng(test_seed());
  static const std::array<std::vector<std::string>, 7> kIds{
      {{"ad1", "odd", "a-very-long-ad-id-that-is-unknown"},
       {"cr1", "cr2", "no"},
       {"li1", "li2", "no"},
       {"c1", "c2", "gone", "no"},
       {"pl1", "pl2", "no"},
       {"pub", "no"},
       {"top", "side", "no"}}};
  static const char* const kNames[] = {"ad_id",        "creative_id",  "line_item_id",
                                       "campaign_id",  "placement_id", "publisher_id",
                                       "placement_key"};
  std::set<std::uint16_t> flags_seen;
  for (int round = 0; round < 300; ++round) {
    std::string body;
    std::vector<Plain> expected;
    for (int i = 0; i < 20; ++i) {
      Plain plain{*objects_.tenant()};
      std::string key;
      body += body.empty() ? "[" : ",";
      body +=
          R"({"event_id":")" + std::to_string(i) + R"(","event_type":"click","ts":1795262400000)";
      for (std::size_t f = 0; f < kIds.size(); ++f) {
        if (rng.below(3) != 0) continue;
        std::string& id = f == 6 ? key : plain.ids[f];
        id = kIds[f][rng.below(kIds[f].size())];
        body += ",\"" + std::string(kNames[f]) + "\":\"" + id + "\"";
      }
      body += "}";
      plain.run(key);
      expected.push_back(plain);
    }
    const ReadBody& read = fixture_.read(body + "]");
    ASSERT_EQ(read.events.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Event& e = read.events[i];
      const std::array<std::string, 6> got{
          std::string(e.ad_id),       std::string(e.creative_id),  std::string(e.line_item_id),
          std::string(e.campaign_id), std::string(e.placement_id), std::string(e.publisher_id)};
      ASSERT_EQ(got, expected[i].ids) << body;
      const int flags = (expected[i].unknown ? event_flag::unknown_ref : 0) |
                        (expected[i].conflict ? event_flag::conflicting_ref : 0);
      ASSERT_EQ(e.flags, flags) << body;
      flags_seen.insert(e.flags);
    }
    fixture_.forget();
  }
  EXPECT_EQ(flags_seen.size(), 4U);
}

}  // namespace
}  // namespace adbacus
