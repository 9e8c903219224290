// What events of nobody are told, and by which keys addresses are hashed.
#include <gtest/gtest.h>

#include "base/testing/sim_file_system.hpp"
#include "ingest/pseudonym_keys.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

class EventVisitor : public ::testing::Test {
 protected:
  EventVisitor() {
    EXPECT_TRUE(fs_.make_folders("/data"));
    fixture_.options.pseudonym_keys = std::make_shared<PseudonymKeys>(fs_, "/data/pseudonym.keys");
    fixture_.options.ip_hash_key = {};
  }
  const Event& one(const std::string& members) {
    const ReadBody& read =
        fixture_.read(R"({"event_id":"e","event_type":"page_view",)" + members + "}");
    EXPECT_EQ(read.code(), "") << members;
    return read.events.at(0);
  }
  std::string session_of(const std::string& members) {
    return std::string(one(members).session_id);
  }
  SimFileSystem fs_;
  IntakeFixture fixture_;
};

constexpr const char* kNobody = R"("ip":"203.0.113.9","user_agent":"UA")";

TEST_F(EventVisitor, NobodyWithAnAddressIsAVisitorOfTheDay) {
  const std::string id = session_of(kNobody);
  EXPECT_EQ(id.substr(0, 2), "v-");
  EXPECT_EQ(session_of(kNobody), id);
  EXPECT_EQ(one(kNobody).user_id, "");
  EXPECT_NE(session_of(R"("ip":"203.0.113.8","user_agent":"UA")"), id);
  EXPECT_NE(session_of(R"("ip":"203.0.113.9","user_agent":"UB")"), id);
  // Of yesterday, whose key was not made then; of the day before.
  EXPECT_EQ(session_of(std::string(kNobody) + R"(,"ts":"2026-11-20T12:00:00Z")"), "");
  fixture_.facts.received_us += kDayUs;
  EXPECT_NE(session_of(kNobody), id) << "another day, another key";
  EXPECT_EQ(session_of(std::string(kNobody) + R"(,"ts":"2026-11-21T12:00:00Z")"), id);
  fixture_.facts.received_us += kDayUs;
  EXPECT_EQ(session_of(std::string(kNobody) + R"(,"ts":"2026-11-21T12:00:00Z")"), "");
}

TEST_F(EventVisitor, WhoHasAnIdKeepsIt) {
  const std::string nobody = kNobody;
  EXPECT_EQ(session_of(nobody + R"(,"user_id":"u")"), "");
  EXPECT_EQ(session_of(nobody + R"(,"session_id":"s")"), "s");
}

TEST_F(EventVisitor, ThereIsNoneWithoutAddressAgentOrConsent) {
  const std::string nobody = kNobody;
  for (const std::string& members :
       {std::string(R"("ip":"203.0.113.9")"), std::string(R"("user_agent":"UA")"),
        std::string(R"("ip":"203.0.113.0/24","user_agent":"UA")"),
        nobody + R"(,"consent":{"gdpr":1})", nobody + R"(,"consent":{"coppa":1})"})
    EXPECT_EQ(session_of(members), "") << members;
  EXPECT_NE(session_of(nobody + R"(,"consent":{"gpc":1})"), "");
  fixture_.options.makes_visitor_ids = false;
  EXPECT_EQ(session_of(nobody), "");
}

TEST_F(EventVisitor, AddressesAreHashedByTheDaysKeyUnlessOneIsSet) {
  const std::string today(one(kNobody).ip_hash);
  EXPECT_EQ(today.size(), 16U);
  EXPECT_EQ(one(kNobody).ip_hash, today);
  fixture_.facts.received_us += kDayUs;
  EXPECT_NE(one(kNobody).ip_hash, today);
  EXPECT_EQ(one(std::string(kNobody) + R"(,"ts":"2026-11-21T12:00:00Z")").ip_hash, today);
  fixture_.options.ip_hash_key = {1, 2};
  const std::string fixed(one(kNobody).ip_hash);
  fixture_.facts.received_us += kDayUs;
  EXPECT_EQ(one(kNobody).ip_hash, fixed);
}

}  // namespace
}  // namespace adbacus
