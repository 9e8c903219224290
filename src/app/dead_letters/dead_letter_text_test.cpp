#include "app/dead_letters/dead_letter_text.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/dead_letters/dead_letter_json.hpp"

namespace adbacus {
namespace {

using ::testing::HasSubstr;

LetterPage page_of(std::vector<DeadLetter> letters, bool more) {
  LetterPage page;
  page.letters = std::move(letters);
  page.more = more;
  return page;
}

std::string table(const LetterPage& page) {
  http::JsonWriter json;
  write_page(json, page);
  const auto text = letter_table(json.text());
  EXPECT_TRUE(text) << text.error().message;
  return text ? *text : std::string();
}

DeadLetter letter(Seq seq) {
  DeadLetter letter;
  letter.seq = seq;
  letter.tenant = "1";
  letter.event_id = "e" + std::to_string(seq);
  letter.tries = 3;
  letter.reason = "the process died while folding it";
  return letter;
}

TEST(DeadLetterText, IsATableWithOneLineALetter) {
  const std::string text = table(page_of({letter(7), letter(300)}, false));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_TRUE(text.starts_with("ID ")) << text;
  EXPECT_THAT(text, HasSubstr("\n300          open      1            e300 "));
  EXPECT_THAT(text, HasSubstr("the process died while folding it\n"));
}

TEST(DeadLetterText, SaysThatThereAreNoneOrMore) {
  EXPECT_EQ(table(page_of({}, false)), "no dead letters\n");
  EXPECT_THAT(table(page_of({letter(7)}, true)), HasSubstr("there are more: --cursor 7\n"));
}

TEST(DeadLetterText, TextsOfEventsDoNotReachTheTerminalAsTheyAre) {
  DeadLetter hostile = letter(1);
  hostile.event_id = "a\x1b[2Jb\nc";
  const std::string text = table(page_of({hostile}, false));
  EXPECT_THAT(text, HasSubstr("a\\x1b[2Jb\\x0ac"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(DeadLetterText, ShowsOneLetterAndWhatBecameOfIt) {
  DeadLetter fixed = letter(9);
  fixed.state = LetterState::fixed;
  http::JsonWriter json;
  write_letter(json, fixed, nullptr);
  const auto lines = letter_lines(json.text());
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, HasSubstr("event_id         e9\n"));
  EXPECT_EQ(*letter_sentence(json.text()), "dead letter 9 is fixed\n");
  EXPECT_EQ(*letter_sentence("{\"letter\":" + json.text() + ",\"position\":\"x-9\"}"),
            "dead letter 9 is fixed\n");
  EXPECT_FALSE(letter_table("<html>"));
}

}  // namespace
}  // namespace adbacus
