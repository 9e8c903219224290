#include <gtest/gtest.h>
#include <sstream>

#include "app/import/column_mapping.hpp"
#include "app/import/delimited_reader.hpp"
#include "app/import/import_position.hpp"
#include "app/import/time_format.hpp"

namespace adbacus {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows read_all(const std::string& text, char separator) {
  std::istringstream in(text);
  DelimitedReader reader(in, separator);
  Rows rows;
  std::vector<std::string> row;
  while (true) {
    const auto read = reader.next(row);
    if (!read) {
      rows.push_back({"error", read.error().message});
      continue;
    }
    if (!*read) return rows;
    rows.push_back(row);
  }
}

TEST(DelimitedReader, ReadsCsvWithQuotesBreaksAndEmptyFields) {
  EXPECT_EQ(read_all("a,b\r\n\"x,1\",\"he said \"\"hi\"\"\"\n,\n", ','),
            (Rows{{"a", "b"}, {"x,1", "he said \"hi\""}, {"", ""}}));
  EXPECT_EQ(read_all("\"two\nlines\",z", ','), (Rows{{"two\nlines", "z"}}));
  EXPECT_EQ(read_all("", ','), Rows{});
}

TEST(DelimitedReader, NamesTheLineOfABrokenRow) {
  EXPECT_EQ(read_all("a\n\"open", ','), (Rows{{"a"}, {"error", "line 2: quote is not closed"}}));
  EXPECT_EQ(read_all("\"a\"b\n", ','), (Rows{{"error", "line 1: text after a closing quote"}}));
}

TEST(DelimitedReader, GoesOnBehindABrokenRow) {
  EXPECT_EQ(read_all("a\n\"open,1\nb,\"x\ny\"\n\"c\"d\ne\n", ','),
            (Rows{{"a"},
                  {"error", "line 2: text after a closing quote"},
                  {"b", "x\ny"},
                  {"error", "line 5: text after a closing quote"},
                  {"e"}}));
  EXPECT_EQ(read_all("\"open\nb\n", ','), (Rows{{"error", "line 1: quote is not closed"}, {"b"}}));
}

TEST(DelimitedReader, ReadsTabSeparatedTextAsItStands) {
  EXPECT_EQ(read_all("a\t\"b\t\n\tc\n", '\t'), (Rows{{"a", "\"b", ""}, {"", "c"}}));
}

TEST(ImportPosition, ReadsBackWhatItWrites) {
  const ImportPosition written{.row = 4711,
                               .digest = 18446744073709551615U,
                               .position = "1f0c2a77-815",
                               .rejected = 12,
                               .reasons = {{"invalid_row", 5}, {"unknown field", 7}},
                               .first_rejections = {"row 3: invalid_row: a\nb", "row 9: x"}};
  const ImportPosition read = parse_import_position(import_position_text(written));
  EXPECT_EQ(read.row, 4711U);
  EXPECT_EQ(read.digest, written.digest);
  EXPECT_EQ(read.position, written.position);
  EXPECT_EQ(read.rejected, 12U);
  EXPECT_EQ(read.reasons, written.reasons);
  EXPECT_EQ(read.first_rejections,
            (std::vector<std::string>{"row 3: invalid_row: a b", "row 9: x"}));
}

TEST(ImportPosition, TakesARowAloneAndNothingFromWhatItCannotRead) {
  EXPECT_EQ(parse_import_position("17").row, 17U);
  for (const char* text : {"", "x", "reason", "reason 3", "shown", "\n\n", "reason x y"}) {
    const ImportPosition position = parse_import_position(text);
    EXPECT_EQ(position.row, 0U) << text;
    EXPECT_EQ(position.rejected, 0U) << text;
  }
}

TEST(TimeFormat, ReadsCompactLocalTimes) {
  const auto time = parse_time("20131021221202155", "yyyyMMddHHmmssSSS", "Asia/Shanghai");
  ASSERT_TRUE(time) << time.error().message;
  EXPECT_EQ(*time, 1'382'364'722'155'000);  // date -u -d '2013-10-21 14:12:02.155'
  EXPECT_FALSE(parse_time("20131321221202155", "yyyyMMddHHmmssSSS", "UTC"));
  EXPECT_FALSE(parse_time("2013", "yyyyMM", "UTC"));
  EXPECT_FALSE(parse_time("201310x", "yyyyMM", "UTC"));
}

const char* const kMapping = R"(
format: tsv
header: false
columns: [id, kind, time, price, width, height, exchange]
"null": ["null"]
fields:
  event_id: {join: [id, kind, time], separator: "-"}
  event_type: {column: kind, values: {"1": impression, "2": click}}
  ts: {column: time, time_format: yyyyMMddHHmmss, timezone: UTC}
  cost: {column: price, micros_per_unit: 10, only_if: {kind: "1"}}
  metadata.exchange: exchange
  metadata.slot_size: {join: [width, height], separator: x}
constants: {currency: CNY}
)";

TEST(ColumnMapping, TurnsARowIntoAnEvent) {
  const auto mapping = ColumnMapping::parse(kMapping);
  ASSERT_TRUE(mapping) << mapping.error().message;
  const auto event = mapping->event({"b1", "1", "20131021141202", "62", "300", "250", "4"});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(*event,
            R"({"currency":"CNY","event_id":"b1-1-20131021141202","event_type":"impression",)"
            R"("ts":1382364722000000,"cost":0.00062,)"
            R"("metadata":{"exchange":"4","slot_size":"300x250"}})");
  const auto click = mapping->event({"b1", "2", "20131021141202", "62", "300", "250", "null"});
  ASSERT_TRUE(click);
  EXPECT_EQ(click->find("cost"), std::string::npos);
  EXPECT_EQ(click->find("exchange"), std::string::npos);
}

TEST(ColumnMapping, NamesWhatIsWrongWithARow) {
  const auto mapping = ColumnMapping::parse(kMapping);
  ASSERT_TRUE(mapping);
  const auto short_row = mapping->event({"b1", "1"});
  ASSERT_FALSE(short_row);
  const auto bad_time = mapping->event({"b1", "1", "yesterday", "62", "1", "1", "4"});
  ASSERT_FALSE(bad_time);
  EXPECT_NE(bad_time.error().message.find("ts:"), std::string::npos);
}

TEST(ColumnMapping, WantsAYearInATimeFormat) {
  for (const char* format : {"%Y-%m-%d", "iso8601", "epoch"}) {
    const auto mapping = ColumnMapping::parse(
        std::string("columns: [a]\nfields: {ts: {column: a, time_format: '") + format + "'}}\n");
    ASSERT_FALSE(mapping) << format;
    EXPECT_NE(mapping.error().message.find("is no pattern"), std::string::npos) << format;
  }
}

TEST(ColumnMapping, ReportsAllErrorsAtOnce) {
  const auto mapping = ColumnMapping::parse(
      "format: xml\ncolumns: [a]\nfields: {event_id: b, ts: {column: a, colour: red}}\n");
  ASSERT_FALSE(mapping);
  for (const char* part : {"xml", "no column 'b'", "unknown key 'colour'"})
    EXPECT_NE(mapping.error().message.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace adbacus
