#include "admin/list_cursor.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace adbacus {
namespace {

TEST(ListCursor, ContinuesItsOwnListOnly) {
  for (const std::int64_t ordinal : {std::int64_t{0}, std::int64_t{41}, std::int64_t{1} << 40,
                                     std::numeric_limits<std::int64_t>::max()}) {
    const std::string cursor = seal_cursor("key", "list", ordinal);
    EXPECT_EQ(open_cursor("key", "list", cursor), ordinal);
    EXPECT_EQ(open_cursor("key", "another list", cursor), std::nullopt);
    EXPECT_EQ(open_cursor("another key", "list", cursor), std::nullopt);
  }
}

TEST(ListCursor, NoOtherTextIsOne) {
  const std::string cursor = seal_cursor("key", "list", 77);
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_EQ(open_cursor("key", "list", changed), std::nullopt) << changed;
    EXPECT_EQ(open_cursor("key", "list", cursor.substr(0, i)), std::nullopt);
  }
  for (const char* text : {"", ".", "-1.", "0x4d.", "zz.00"}) {
    EXPECT_EQ(open_cursor("key", "list", text), std::nullopt);
  }
}

}  // namespace
}  // namespace adbacus
