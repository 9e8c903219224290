#include "ingest/links/link_macros.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(LinkMacros, AreFilledWithEncodedValues) {
  const MacroValues values{"id-1", "https://shop.example/?a=b&c=\r\n"};
  EXPECT_EQ(expand_macros("https://t/?c={click_id}&u={lpurl}&x={other}{", values),
            "https://t/?c=id-1&u=https%3A%2F%2Fshop.example%2F%3Fa%3Db%26c%3D%0D%0A&x={other}{");
  EXPECT_EQ(expand_macros("{lpurl}{click_id}", {"", ""}), "");
}

}  // namespace
}  // namespace adbacus
