#include "eventlog/embedded/deduplication.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/rng.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStartUs = 1'795'262'400 * kSecondUs;
constexpr std::uint64_t kHashSeed = 99;

std::vector<Disposition> decide(Deduplication& ids, const std::vector<TestEvent>& events,
                                TimeUs time_us) {
  const AppendBatch batch = make_batch(events, kHashSeed);
  std::vector<Disposition> dispositions(events.size());
  AppendSlice slice{.batch = &batch,
                    .begin = 0,
                    .end = static_cast<std::uint32_t>(events.size()),
                    .dispositions = dispositions.data(),
                    .last_seq = 0};
  ids.decide({&slice, 1}, time_us);
  return dispositions;
}

Disposition decide_one(Deduplication& ids, const TestEvent& event, TimeUs time_us) {
  return decide(ids, {event}, time_us)[0];
}

TEST(Deduplication, ForgetsLiveIdsAfterTheirWindowAndConversionsLater) {
  Deduplication ids(96, 91);
  const TestEvent live{.id = "live"};
  const TestEvent sale{.id = "sale", .type = EventType::conversion};
  decide(ids, {live, sale}, kStartUs);
  EXPECT_EQ(decide_one(ids, live, kStartUs + 96 * kHourUs), Disposition::duplicate_id);
  EXPECT_EQ(decide_one(ids, live, kStartUs + 98 * kHourUs), Disposition::counted);
  EXPECT_NE(decide_one(ids, sale, kStartUs + 91 * kDayUs), Disposition::counted);
  EXPECT_EQ(decide_one(ids, sale, kStartUs + 93 * kDayUs), Disposition::counted);
}

TEST(Deduplication, CountsADecisionOncePerEventTypeAsLongAsIdsAreKept) {
  Deduplication ids(96, 91);
  const TestEvent shown{.id = "a", .decision = "d"};
  const TestEvent again{.id = "b", .decision = "d"};
  const TestEvent clicked{.id = "c", .type = EventType::click, .decision = "d"};
  const TestEvent theirs{.id = "e", .tenant = "2", .decision = "d"};
  const TestEvent sale{.id = "f", .type = EventType::conversion, .decision = "d"};
  const TestEvent second_sale{.id = "g", .type = EventType::conversion, .decision = "d"};
  EXPECT_EQ(decide(ids, {shown, again, clicked, theirs, sale, second_sale}, kStartUs),
            (std::vector{Disposition::counted, Disposition::repeat, Disposition::counted,
                         Disposition::counted, Disposition::counted, Disposition::counted}));
  EXPECT_EQ(decide_one(ids, {.id = "h", .decision = "d"}, kStartUs + 96 * kHourUs),
            Disposition::repeat);
  EXPECT_EQ(decide_one(ids, shown, kStartUs + 96 * kHourUs), Disposition::duplicate_id);
  EXPECT_EQ(decide_one(ids, {.id = "i", .decision = "d"}, kStartUs + 98 * kHourUs),
            Disposition::counted);
}

TEST(Deduplication, NeverForgetsAnImport) {
  Deduplication ids(96, 91);
  const TestEvent import{.id = "a", .import_run = "run"};
  decide_one(ids, import, kStartUs);
  EXPECT_EQ(decide_one(ids, import, kStartUs + 1000 * kDayUs), Disposition::duplicate_id);
}

TEST(Deduplication, HasNeverSeenTheIdsOfAGroupThatFailed) {
  Deduplication ids(96, 91);
  const std::vector<TestEvent> kept = {{.id = "k"}};
  const std::vector<TestEvent> failed = {
      {.id = "k"},
      {.id = "a"},
      {.id = "b", .type = EventType::conversion, .transaction = "t"},
      {.id = "c", .import_run = "run"}};
  decide(ids, kept, kStartUs);
  const std::size_t size = ids.size();
  decide(ids, failed, kStartUs);
  ids.take_back();
  EXPECT_EQ(ids.size(), size);
  EXPECT_EQ(decide(ids, failed, kStartUs),
            (std::vector{Disposition::duplicate_id, Disposition::counted, Disposition::counted,
                         Disposition::counted}));
}

TEST(Deduplication, TellsOtherContentWhileTheFirstIsResident) {
  Deduplication ids(96, 91);
  decide_one(ids, {.id = "a", .url = "1"}, kStartUs);
  EXPECT_EQ(decide_one(ids, {.id = "a", .url = "2"}, kStartUs), Disposition::duplicate_differs);
  EXPECT_EQ(decide_one(ids, {.id = "a", .url = "1"}, kStartUs), Disposition::duplicate_id);
}

// What a conversion without a status says, before and behind others of its transaction.
TEST(Deduplication, TakesAConversionWithoutStatusForAnApprovedOne) {
  using Status = ConversionStatus;
  struct Case {
    Status first, second, third;
    Disposition second_is, third_is;
  };
  constexpr auto kRepeat = Disposition::repeat;
  constexpr auto kTransition = Disposition::transition;
  for (const Case& c :
       {Case{Status::none, Status::approved, Status::none, kRepeat, kRepeat},
        Case{Status::approved, Status::none, Status::rejected, kRepeat, kTransition},
        Case{Status::pending, Status::none, Status::approved, kRepeat, kTransition},
        Case{Status::pending, Status::approved, Status::approved, kTransition, kRepeat},
        Case{Status::none, Status::pending, Status::pending, kTransition, kRepeat}}) {
    for (const bool restarts : {false, true}) {
      std::optional<Deduplication> ids(std::in_place, 96, 91);
      NewIds logged;
      std::vector<Disposition> found;
      for (const Status status : {c.first, c.second, c.third}) {
        const TestEvent event{.id = "e" + std::to_string(found.size()),
                              .type = EventType::conversion,
                              .transaction = "t",
                              .status = status};
        found.push_back(decide_one(*ids, event, kStartUs));
        const AppendBatch batch = make_batch({event}, kHashSeed);
        logged.add_logged(batch.entries[0], found.back());
        if (!restarts) continue;
        ids.emplace(96, 91);
        IdStretch stretch = ids->new_stretch();
        ids->add(logged, kStartUs, kStartUs, stretch);
        ids->restore({&stretch, 1}, kStartUs, 1);
      }
      EXPECT_EQ(found, (std::vector{Disposition::counted, c.second_is, c.third_is}))
          << int(c.first) << int(c.second) << int(c.third) << " restarts " << restarts;
    }
  }
}

// The same rules, written down the slow way.
class NaiveRules {
 public:
  NaiveRules(TimeUs live_hours, TimeUs days) : live_hours_(live_hours), days_(days) {}

  Disposition decide(const TestEvent& event, TimeUs time_us) {
    const std::string id = event.tenant + "/" + event.id;
    const bool in_live = alive(live_, id, time_us, kHourUs, live_hours_);
    const bool in_sales = alive(sales_, id, time_us, kDayUs, days_);
    bool known = in_live || in_sales;
    if (!event.import_run.empty()) {
      known =
          !imports_.insert(event.tenant + "/" + event.import_run + "/" + event.id).second || known;
    } else if (event.type == EventType::conversion) {
      if (!in_sales) sales_[id] = time_us;
    } else if (!in_live) {
      live_[id] = time_us;
    }
    if (known) return Disposition::duplicate_id;
    if (!event.decision.empty() && event.import_run.empty() &&
        event.type != EventType::conversion) {
      const std::string use =
          "use/" + event.tenant + "/" + std::to_string(int(event.type)) + "/" + event.decision;
      if (alive(live_, use, time_us, kHourUs, live_hours_)) return Disposition::repeat;
      live_[use] = time_us;
      return Disposition::counted;
    }
    if (event.transaction.empty()) return Disposition::counted;
    const std::string transaction = event.tenant + "/" + event.transaction;
    const bool seen = alive(transactions_, transaction, time_us, kDayUs, days_);
    if (!seen) transactions_[transaction] = time_us;
    if (seen && event.status == ConversionStatus::none) return Disposition::repeat;
    const bool approved =
        event.status == ConversionStatus::none || event.status == ConversionStatus::approved;
    const std::string with_status =
        transaction + "/" + (approved ? "approved" : std::to_string(int(event.status)));
    const bool same = alive(transactions_, with_status, time_us, kDayUs, days_);
    if (!same) transactions_[with_status] = time_us;
    if (!seen) return Disposition::counted;
    return same ? Disposition::repeat : Disposition::transition;
  }

 private:
  using Times = std::map<std::string, TimeUs>;
  static bool alive(const Times& times, const std::string& key, TimeUs now, TimeUs unit,
                    TimeUs window) {
    const auto found = times.find(key);
    return found != times.end() && now / unit <= found->second / unit + window;
  }
  TimeUs live_hours_;
  TimeUs days_;
  Times live_;
  Times sales_;
  Times transactions_;
  std::set<std::string> imports_;
};

TEST(Deduplication, AgreesWithTheNaiveRulesOverMonths) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  Deduplication ids(5, 3);
  NaiveRules rules(5, 3);
  TimeUs now = kStartUs;
  for (int group = 0; group < 3000; ++group) {
    now += static_cast<TimeUs>(rng.below(rng.below(10) == 0 ? 20 * kHourUs : 20 * kMinuteUs));
    std::vector<TestEvent> events;
    for (std::size_t i = rng.below(12) + 1; i > 0; --i) {
      TestEvent event;
      event.id = std::to_string(rng.below(300));
      event.tenant = std::to_string(rng.below(2));
      if (rng.below(3) == 0) event.type = EventType::conversion;
      if (rng.below(10) == 0) event.import_run = std::to_string(rng.below(2));
      if (event.type == EventType::conversion && rng.below(2) == 0) {
        event.transaction = std::to_string(rng.below(40));
        event.status = static_cast<ConversionStatus>(rng.below(4));
      }
      if (rng.below(3) == 0) event.decision = std::to_string(rng.below(60));
      if (event.type != EventType::conversion && rng.below(2) == 0) event.type = EventType::click;
      events.push_back(event);
    }
    auto found = decide(ids, events, now);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (found[i] == Disposition::duplicate_differs) found[i] = Disposition::duplicate_id;
      ASSERT_EQ(found[i], rules.decide(events[i], now))
          << "seed " << seed << " group " << group << " id " << events[i].id << " tenant "
          << events[i].tenant << " run " << events[i].import_run << " type "
          << event_type_name(events[i].type);
    }
  }
}

}  // namespace
}  // namespace adbacus
