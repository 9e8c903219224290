#include "app/roles.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(Roles, AreReadInAnyOrderAndWrittenInOne) {
  const auto roles = parse_roles("process,ingest");
  ASSERT_TRUE(roles);
  EXPECT_TRUE(roles->ingest);
  EXPECT_TRUE(roles->process);
  EXPECT_FALSE(roles->report);
  EXPECT_EQ(roles_text(*roles), "ingest,process");
  EXPECT_EQ(roles_text(Roles{}), "ingest,process,report,decide");
}

TEST(Roles, RefuseWhatCannotWork) {
  for (const char* text : {"", "deciding", "decide", "ingest,decide", "ingest,", ",ingest",
                           "report", "ingest,report", "Ingest"})
    EXPECT_FALSE(parse_roles(text)) << text;
}

}  // namespace
}  // namespace adbacus
