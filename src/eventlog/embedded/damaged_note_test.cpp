// The small files beside the segments are damaged: the log goes on where the segments say the same,
// and asks where nobody else knows.
#include <gtest/gtest.h>

#include "eventlog/testing/log_damage.hpp"

namespace adbacus {
namespace {

TEST(DamagedNote, GoesOnWithoutADamagedNote) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 2);
    ASSERT_TRUE(model->close());
    const std::string path = seed % 2 == 0 ? "/log/start" : "/log/clean_stop";
    flip_bit(*model, path, model->rng().below(8 * model->disk().content(path).size()));
    for (int i = 0; i < 2; ++i) {
      const auto opened = model->open();
      ASSERT_TRUE(opened) << opened.error().message;
      model->check();
      ASSERT_TRUE(model->close());
    }
  }
}

// Nobody else knows whether the segments before were dropped or lost.
TEST(DamagedNote, AsksWhetherTheBeginningWasDroppedWhenTheNoteIsDamaged) {
  auto model = make_log(5, 4);
  const Seq first = *model->log().drop_before(model->acked_seq() / 2, INT64_MAX);
  ASSERT_GT(first, 1U);
  ASSERT_TRUE(model->close());
  flip_bit(*model, "/log/start", 200);
  const auto opened = model->open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("retention"), std::string::npos);
  EXPECT_EQ(named_range(opened.error().message).last, first - 1);
  model->options().accept_loss = named_range(opened.error().message);
  ASSERT_TRUE(model->open());
  EXPECT_TRUE(model->log().losses().empty()) << "nothing was lost";
  model->options().accept_loss.reset();
  ASSERT_TRUE(model->open()) << "the note is there again";
}

}  // namespace
}  // namespace adbacus
