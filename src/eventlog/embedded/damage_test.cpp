// Stored bytes change behind the log's back: it refuses and names the range, or repairs what is
// derived; it never serves other events than those it acknowledged (RELIABILITY: T11, T12, T13).
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "eventlog/embedded/segment_format.hpp"
#include "eventlog/embedded/segment_reader.hpp"
#include "eventlog/testing/log_damage.hpp"

namespace adbacus {
namespace {

using Stop = SimFileSystem::Stop;

// The log says what it goes on without.
void expect_loss(LogModel& model, SeqRange range) {
  ASSERT_EQ(model.log().losses().size(), 1U);
  EXPECT_EQ(model.log().losses()[0].first, range.first);
  EXPECT_EQ(model.log().losses()[0].last, range.last);
}

// The log refuses to open and names a range. With that given up all the rest is served, now and
// after another start.
void give_up_the_damage(LogModel& model) {
  const auto opened = model.open();
  ASSERT_FALSE(opened) << "the damage went unnoticed";
  EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
  const SeqRange range = named_range(opened.error().message);
  ASSERT_GT(range.first, 0U) << opened.error().message;
  model.options().accept_loss = range;
  const auto accepted = model.open();
  ASSERT_TRUE(accepted) << accepted.error().message;
  ASSERT_NO_FATAL_FAILURE(model.check(range));
  ASSERT_NO_FATAL_FAILURE(expect_loss(model, range));
  ASSERT_TRUE(model.commit_some(5, 100));
  model.stop();
  model.options().accept_loss.reset();
  model.options().known_durable_seq = 0;
  const auto again = model.open();
  ASSERT_TRUE(again) << "a gap is a lasting answer: " << again.error().message;
  model.check(range);
  expect_loss(model, range);
}

// Offset behind the last record of the active segment: what lies before it was acknowledged.
std::uint64_t used_bytes(LogModel& model, const std::string& path) {
  const std::string content = model.disk().content(path);
  return content.substr(0, content.size() - kPageBytes).find_last_not_of('\0') + 1;
}

TEST(LogDamage, RefusesAfterOneFlippedBitAndNamesTheRange) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + test_rounds(60, 200); ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    auto model = make_log(seed, 2);
    const bool clean = model->rng().below(2) == 0;
    if (clean) {
      ASSERT_TRUE(model->close());
    } else {
      model->stop();
    }
    model->disk().restart(Stop::process, 0);
    const auto paths = model->segments();
    const std::string& path = paths[model->rng().below(paths.size())];
    const std::uint64_t end = used_bytes(*model, path);
    flip_bit(*model, path, kPageBytes * 8 + model->rng().below((end - kPageBytes) * 8));
    model->options().known_durable_seq = model->acked_seq();
    model->options().verify_sealed = true;
    give_up_the_damage(*model);
    if (HasFatalFailure()) return;
  }
}

// Nothing lies behind it that would say where the damage ends.
TEST(LogDamage, GivesUpTheLastRecordOfASealedSegment) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 2);
    model->stop();
    model->disk().restart(Stop::process, 0);
    const std::string path = model->segments().front();
    const std::uint64_t end = used_bytes(*model, path);
    flip_bit(*model, path, (end - 1 - model->rng().below(20)) * 8 + model->rng().below(8));
    model->options().verify_sealed = true;
    give_up_the_damage(*model);
    if (HasFatalFailure()) return;
  }
}

TEST(LogDamage, FindsAFlippedBitInASealedSegmentWhenItIsRead) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 3);
    model->stop();
    model->disk().restart(Stop::process, 0);
    const std::string path = model->segments()[1];
    const std::uint64_t end = used_bytes(*model, path);
    flip_bit(*model, path, kPageBytes * 8 + model->rng().below((end - kPageBytes) * 8));
    ASSERT_TRUE(model->open()) << "sealed segments are read when needed, not at each start";
    SegmentReader reader(model->disk(), model->log().segments());
    const auto events = read_all(reader, 1, 100'000);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().code, ErrorCode::corrupt);
    EXPECT_NE(events.error().message.find(path), std::string::npos);
  }
}

// Neighbours, records and footer say all that a header says; in a log of one segment the id sidecar
// knows which log it is.
TEST(LogDamage, RebuildsADamagedHeader) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + 40; ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    auto model = make_log(seed, 1 + seed % 3);
    model->stop();
    model->disk().restart(Stop::process, 0);
    const auto paths = model->segments();
    const std::string& path = paths[model->rng().below(paths.size())];
    std::string content = model->disk().content(path);
    if (model->rng().below(2) == 0) {
      flip_bit(*model, path, model->rng().below(8 * kPageBytes));
    } else {
      content.replace(0, kPageBytes, kPageBytes, '\0');
      model->disk().set_content(path, content);
    }
    for (int i = 0; i < 2; ++i) {
      const auto opened = model->open();
      ASSERT_TRUE(opened) << opened.error().message;
      EXPECT_TRUE(model->log().losses().empty());
      ASSERT_NO_FATAL_FAILURE(model->check());
      ASSERT_TRUE(model->commit_some(20, 20'000));
      model->options().verify_sealed = true;
    }
    model->check();
    if (HasFatalFailure()) return;
  }
}

TEST(LogDamage, RebuildsADamagedFooterFromTheRecords) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 3);
    model->stop();
    model->disk().restart(Stop::process, 0);
    const std::string path = model->segments()[model->rng().below(2)];
    const std::string before = model->disk().content(path);
    flip_bit(*model, path, 8 * (before.size() - kPageBytes) + model->rng().below(8 * kPageBytes));
    ASSERT_TRUE(model->open());
    model->check();
    model->options().verify_sealed = true;
    ASSERT_TRUE(model->open()) << "and the footer fits again";
    if (HasFatalFailure()) return;
  }
}

enum class Tampering {
  first_removed,
  middle_removed,
  last_removed,
  all_removed,
  middle_stale,
  last_stale,
  foreign,
  swapped,
  truncated,
};

class LogTampering : public testing::TestWithParam<Tampering> {};

// T13: a file is missing, older than it was, from another log, or in another's place.
TEST_P(LogTampering, IsNoticed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 3);
    const std::string old_active = model->disk().content(model->segments().back());
    while (model->segments().size() < 5) ASSERT_TRUE(model->commit_some(20, 20'000));
    const std::string old_last = model->disk().content(model->segments().back());
    ASSERT_TRUE(model->commit_some(20, 20'000));
    ASSERT_TRUE(model->close());
    const auto paths = model->segments();
    SimFileSystem& disk = model->disk();
    const auto swap = [&](std::size_t a, std::size_t b) {
      const std::string content = disk.content(paths[a]);
      disk.set_content(paths[a], disk.content(paths[b]));
      disk.set_content(paths[b], content);
    };
    switch (GetParam()) {
      case Tampering::first_removed:
        ASSERT_TRUE(disk.remove(paths[0]));
        break;
      case Tampering::middle_removed:
        ASSERT_TRUE(disk.remove(paths[2]));
        break;
      case Tampering::last_removed:
        ASSERT_TRUE(disk.remove(paths[4]));
        break;
      case Tampering::all_removed:
        for (const std::string& path : paths) ASSERT_TRUE(disk.remove(path));
        break;
      case Tampering::middle_stale:
        disk.set_content(paths[2], old_active);
        break;
      case Tampering::last_stale:
        disk.set_content(paths[4], old_last);
        break;
      case Tampering::foreign:
        disk.set_content(paths[2], make_log(seed + 100, 4)->disk().content(paths[2]));
        break;
      case Tampering::swapped:
        swap(1, 2);
        break;
      case Tampering::truncated:
        disk.set_content(paths[2], disk.content(paths[2]).substr(0, 700'000));
        break;
    }
    const auto opened = model->open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt) << opened.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(, LogTampering,
                         testing::Values(Tampering::first_removed, Tampering::middle_removed,
                                         Tampering::last_removed, Tampering::all_removed,
                                         Tampering::middle_stale, Tampering::last_stale,
                                         Tampering::foreign, Tampering::swapped,
                                         Tampering::truncated));

TEST(LogDamage, BridgesAMissingSegmentWhoseLossWasAccepted) {
  auto model = make_log(7, 4);
  model->stop();
  model->disk().restart(Stop::process, 0);
  ASSERT_TRUE(model->disk().remove(model->segments()[1]));
  auto opened = model->open();
  ASSERT_FALSE(opened);
  const SeqRange range = named_range(opened.error().message);
  model->options().accept_loss = SeqRange{.first = range.first, .last = range.last - 1};
  ASSERT_FALSE(model->open()) << "less than the damage was given up";
  model->options().accept_loss = range;
  ASSERT_TRUE(model->open());
  model->check(range);
  expect_loss(*model, range);
  model->options().accept_loss.reset();
  ASSERT_TRUE(model->open());
  model->check(range);
  expect_loss(*model, range);
}

TEST(LogDamage, ReadsASealedSegmentWhoseLossIsAccepted) {
  auto model = make_log(11, 3);
  model->stop();
  model->disk().restart(Stop::process, 0);
  const std::string path = model->segments()[1];
  flip_bit(*model, path, (used_bytes(*model, path) / 2) * 8);
  ASSERT_TRUE(model->open()) << "sealed segments are read when needed";
  EXPECT_TRUE(model->log().losses().empty());
  SegmentReader reader(model->disk(), model->log().segments());
  ASSERT_FALSE(read_all(reader, 1, 100'000));
  model->options().accept_loss = SeqRange{.first = 1, .last = model->acked_seq()};
  ASSERT_TRUE(model->open());
  ASSERT_EQ(model->log().losses().size(), 1U);
  model->check(model->log().losses()[0]);
}

// T12: the sidecar only saves time.
TEST(LogDamage, KnowsEveryIdWhateverHappensToTheSidecars) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + 40; ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    auto model = make_log(seed, 3);
    const std::size_t ids = model->log().id_count();
    model->stop();
    model->disk().restart(Stop::process, 0);
    for (const std::string& segment : model->segments()) {
      const std::string path = sidecar_path(segment);
      const std::string content = model->disk().content(path);
      switch (model->rng().below(4)) {
        case 0:
          ASSERT_TRUE(model->disk().remove(path));
          break;
        case 1:
          flip_bit(*model, path, model->rng().below(content.size() * 8));
          break;
        case 2:
          model->disk().set_content(path, content.substr(0, model->rng().below(content.size())));
          break;
        case 3:
          break;
      }
    }
    ASSERT_TRUE(model->open());
    // Rebuilding keeps a conversion's id again that was only known as a live one.
    EXPECT_GE(model->log().id_count(), ids);
    EXPECT_LE(model->log().id_count(), ids + ids / 10);
    model->check();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(model->commit_some(20, 2000));
    model->check();
    if (HasFatalFailure()) return;
  }
}

// Missing, or cut short so that it cannot be read.
TEST(LogDamage, GivesUpTheFirstOrTheLastSegment) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    auto model = make_log(seed, 3);
    if (seed % 3 == 0) {
      ASSERT_TRUE(model->close());
    }
    model->stop();
    model->disk().restart(Stop::process, 0);
    model->options().known_durable_seq = model->acked_seq();
    const auto paths = model->segments();
    const std::string& path = seed % 2 == 0 ? paths.front() : paths.back();
    if (seed % 4 < 2) {
      ASSERT_TRUE(model->disk().remove(path));
    } else {
      model->disk().set_content(path, model->disk().content(path).substr(0, 700'000));
    }
    give_up_the_damage(*model);
    if (HasFatalFailure()) return;
  }
}

TEST(LogDamage, SaysWhatIsGoneWhenNothingIsLeft) {
  for (const bool removed : {true, false}) {
    auto model = make_log(9, 1);
    const Seq last = model->acked_seq();
    ASSERT_TRUE(model->close());
    const std::string path = model->segments().front();
    if (removed) {
      ASSERT_TRUE(model->disk().remove(path));
    } else {
      model->disk().set_content(path, model->disk().content(path).substr(0, 5000));
    }
    model->options().accept_loss = SeqRange{.first = 1, .last = last};
    const auto opened = model->open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find(fmt::format("events 1-{} ", last)), std::string::npos)
        << opened.error().message;
    EXPECT_EQ(opened.error().message.find("--accept-loss"), std::string::npos)
        << "no advice that is refused";
  }
}

}  // namespace
}  // namespace adbacus
