// How far behind the log's end a place lies, and what of it the page cache is told to forget.
#include "eventlog/embedded/segment_list.hpp"

#include <gtest/gtest.h>

#include "eventlog/embedded/cache_trail.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

// Sealed segments of 256 MiB and a newest one that is durable up to `end`.
void fill(SegmentList& list, std::uint64_t sealed, std::uint64_t end) {
  for (std::uint64_t number = 1; number <= sealed + 1; ++number) {
    Segment segment;
    segment.path = std::to_string(number);
    segment.header.number = number;
    segment.header.first_seq = number * 100;
    segment.header.segment_bytes = 256 * kMiB;
    list.add(segment);
    list.publish(number * 100 + 99, 0, number <= sealed ? 256 * kMiB : end);
    SegmentFooter footer;
    footer.number = number;
    footer.last_seq = number * 100 + 99;
    footer.data_end = 256 * kMiB;
    if (number <= sealed) list.seal(footer);
  }
}

TEST(SegmentList, KnowsWhichPlaceLiesHowFarBehindItsEnd) {
  SegmentList list;
  fill(list, 3, 10 * kMiB);
  auto place = list.place_behind(4 * kMiB);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->number, 4U);
  EXPECT_EQ(place->end_offset, 6 * kMiB);
  place = list.place_behind(11 * kMiB);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->number, 3U);
  EXPECT_EQ(place->end_offset, 255 * kMiB);
  place = list.place_behind(10 * kMiB + 256 * kMiB * 3 - 1);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->number, 1U);
  EXPECT_EQ(place->end_offset, 1U);
  EXPECT_FALSE(list.place_behind(10 * kMiB + 256 * kMiB * 3));
  EXPECT_FALSE(SegmentList().place_behind(0));
}

// Notes what is forgotten of which file.
struct ForgetfulFiles final : FileSystem {
  struct Note {
    std::string path;
    std::uint64_t from;
    std::uint64_t to;
  };
  std::vector<Note> notes;

  struct Forgetful final : File {
    Forgetful(ForgetfulFiles& files, std::string name) : all(files), path(std::move(name)) {}
    Result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) override { return 0; }
    Result<void> write_at(std::uint64_t, std::span<const std::byte>) override { return {}; }
    Result<void> sync() override { return {}; }
    Result<std::uint64_t> size() override { return 256 * kMiB; }
    Result<void> resize(std::uint64_t) override { return {}; }
    void forget_cached(std::uint64_t from, std::uint64_t to) override {
      all.notes.push_back({path, from, to});
    }
    ForgetfulFiles& all;
    std::string path;
  };
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode) override {
    return std::unique_ptr<File>(std::make_unique<Forgetful>(*this, path));
  }
  Result<void> rename(const std::string&, const std::string&) override { return {}; }
  Result<void> remove(const std::string&) override { return {}; }
  Result<void> make_folders(const std::string&) override { return {}; }
  Result<std::vector<std::string>> list(const std::string&) override {
    return std::vector<std::string>{};
  }
  Result<bool> exists(const std::string&) override { return true; }
  Result<void> sync_folder(const std::string&) override { return {}; }
  Result<std::unique_ptr<FileLock>> lock(const std::string&) override {
    return std::make_unique<FileLock>();
  }
  Result<Space> space(const std::string&) override { return Space{}; }
};

TEST(CacheTrail, ForgetsWhatLiesAGigabyteBehindPieceByPiece) {
  ForgetfulFiles files;
  SegmentList list;
  CacheTrail trail(files, list);
  fill(list, 4, 4 * kMiB);
  trail.follow();
  EXPECT_TRUE(files.notes.empty());  // too little to be worth a call
  list.publish(600, 0, 40 * kMiB);
  trail.follow();
  ASSERT_EQ(files.notes.size(), 1U);
  EXPECT_EQ(files.notes[0].path, "1");
  EXPECT_EQ(files.notes[0].from, 0U);
  EXPECT_EQ(files.notes[0].to, 40 * kMiB);
  list.publish(601, 0, 50 * kMiB);
  trail.follow();
  EXPECT_EQ(files.notes.size(), 1U);
  list.publish(602, 0, 256 * kMiB);
  trail.follow();
  ASSERT_EQ(files.notes.size(), 2U);
  EXPECT_EQ(files.notes[1].from, 40 * kMiB);
  EXPECT_EQ(files.notes[1].to, 256 * kMiB);
}

}  // namespace
}  // namespace adbacus
