#include "http/json_writer.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace adbacus::http {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
}

TEST(JsonString, SeesWhatIsOddWhereverItStands) {
  const std::pair<char, const char*> odd[] = {{'"', R"(\")"},           {'\\', R"(\\)"},
                                              {'\x1f', R"(\u001f)"},    {'\n', R"(\n)"},
                                              {'\x80', "\xEF\xBF\xBD"}, {'\xff', "\xEF\xBF\xBD"}};
  for (const auto& [byte, written] : odd) {
    for (std::size_t before = 0; before < 70; ++before) {
      const std::string a(before, '~');
      const std::string b(before % 37, ' ');
      const std::string text = a + byte + b;
      EXPECT_EQ(quoted(std::string_view(text)), "\"" + a + written + b + "\"") << before;
    }
  }
}

TEST(JsonString, KeepsWellFormedUtf8) {
  EXPECT_EQ(quoted("Gr\xC3\xBC\xC3\x9F"
                   "e \xE2\x82\xAC \xF0\x9F\x8E\x89"),
            "\"Gr\xC3\xBC\xC3\x9F"
            "e \xE2\x82\xAC \xF0\x9F\x8E\x89\"");
}

TEST(JsonString, ReplacesOverlongSurrogateTruncatedAndTooLargeSequences) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("\xC0\xAF"), "\"" + r + r + "\"");
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"" + r + r + r + "\"");
  EXPECT_EQ(quoted("x\xE2\x82"), "\"x" + r + r + "\"");
  EXPECT_EQ(quoted("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"");
  EXPECT_EQ(quoted("\xFF"
                   "a"),
            "\"" + r + "a\"");
}

TEST(JsonWriter, PlacesCommasInNestedObjectsAndArrays) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().value(true).null().begin_object();
  json.end_object().value("x").begin_array().end_array().end_array();
  json.key("c").raw("[1,2]").end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[true,null,{},"x",[]],"c":[1,2]})");
}

TEST(JsonWriter, WritesExtremeIntegers) {
  JsonWriter json;
  json.begin_array().value(std::numeric_limits<std::int64_t>::min());
  json.value(std::numeric_limits<std::uint64_t>::max()).value(std::uint8_t{7}).end_array();
  EXPECT_EQ(json.text(), "[-9223372036854775808,18446744073709551615,7]");
}

TEST(JsonWriter, WritesShortestDoublesAndNullForWhatJsonCannotSay) {
  JsonWriter json;
  json.begin_array().value(0.1).value(1.0 / 3).value(2.0).value(1e300).value(std::nan(""));
  json.value(std::numeric_limits<double>::infinity()).end_array();
  EXPECT_EQ(json.text(), "[0.1,0.3333333333333333,2,1e+300,null,null]");
}

}  // namespace
}  // namespace adbacus::http
