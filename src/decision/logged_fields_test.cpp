#include "decision/logged_fields.hpp"

#include <gtest/gtest.h>

#include "decision/request_shape.hpp"

namespace adbacus {
namespace {

std::string logged(std::string_view field, std::string_view value) {
  std::string out;
  append_logged_field(out, field, value);
  return out;
}

TEST(LoggedFields, KeepsWhatNamesNobody) {
  std::string out;
  EXPECT_FALSE(append_logged_field(out, "country", "DE"));
  EXPECT_FALSE(append_logged_field(out, "room_type", "sea view"));
  EXPECT_FALSE(append_logged_field(out, "page", "https://example.com/a/b"));
  EXPECT_EQ(out,
            "country\x1f"
            "DE\x1eroom_type\x1fsea view\x1epage\x1fhttps://example.com/a/b\x1e");
}

TEST(LoggedFields, AddressesAreCutWhateverTheFieldIsCalled) {
  EXPECT_EQ(logged("ip", "198.51.100.8"),
            "ip\x1f"
            "198.51.100.0\x1e");
  EXPECT_EQ(logged("client_ip", "198.51.100.8"),
            "client_ip\x1f"
            "198.51.100.0\x1e");
  EXPECT_EQ(logged("x", "2001:db8:1:2:3::4"),
            "x\x1f"
            "2001:db8:1::\x1e");
  EXPECT_EQ(logged("x", "198.51.100.8:443"),
            "x\x1f"
            "198.51.100.0\x1e");
  EXPECT_EQ(logged("x", "[2001:db8:1:2:3::4]:443"),
            "x\x1f"
            "2001:db8:1::\x1e");
  EXPECT_EQ(logged("x", "198.51.100.8, 203.0.113.7"),
            "x\x1f"
            "198.51.100.0,203.0.113.0\x1e");
  EXPECT_EQ(logged("x", "::ffff:198.51.100.8"),
            "x\x1f"
            "198.51.100.0\x1e");
  EXPECT_EQ(logged("version", "1.2.3"),
            "version\x1f"
            "1.2.3\x1e");
  EXPECT_EQ(logged("hour", "12:30"),
            "hour\x1f"
            "12:30\x1e");
}

TEST(LoggedFields, PlacesQueriesAndMailAddressesAreNotKept) {
  EXPECT_EQ(logged("location", "52.52001,13.40495"),
            "location\x1f"
            "52.5,13.4\x1e");
  EXPECT_EQ(logged("location", "somewhere"), "location\x1f\x1e");
  EXPECT_EQ(logged("referrer", "https://a.example/x?ip=198.51.100.8#y"),
            "referrer\x1fhttps://a.example/x\x1e");
  std::string out;
  EXPECT_TRUE(append_logged_field(out, "email", "canary@mail.example"));
  EXPECT_TRUE(append_logged_field(out, "contact", "write to canary@mail.example"));
  EXPECT_TRUE(append_logged_field(out, "contact", "+49 170 1234567"));
  EXPECT_EQ(out, "");
}

// A value cannot end its field and begin another.
TEST(LoggedFields, NoValueForgesAField) {
  std::string out;
  EXPECT_TRUE(append_logged_field(out, "room",
                                  "a\x1e"
                                  "country\x1fUS"));
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  ASSERT_TRUE(read_fields_text(out, fields));
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_EQ(fields[0].second, "a country US");
  EXPECT_FALSE(has_hidden_field(out));
}

}  // namespace
}  // namespace adbacus
