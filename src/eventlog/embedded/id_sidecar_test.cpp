#include "eventlog/embedded/id_sidecar.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/sim_file_system.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kFileHeaderBytes = 64;

SegmentHeader header_of(Seq first_seq) {
  SegmentHeader header;
  header.identity = {.uuid = std::string(kUuidBytes, 'a'), .hash_seed = 7};
  header.first_seq = first_seq;
  return header;
}

std::vector<Hash128> random_keys(Rng& rng, std::size_t count) {
  std::vector<Hash128> keys(count);
  for (Hash128& key : keys) key = {rng.next(), rng.next()};
  return keys;
}

NewIds random_ids(Rng& rng) {
  return {.live = random_keys(rng, rng.below(200)),
          .conversion = random_keys(rng, rng.below(5)),
          .transaction = random_keys(rng, rng.below(5)),
          .import_run = random_keys(rng, rng.below(50))};
}

// The bits that every window compares, whatever the size of its segments.
std::vector<Hash128> compared(std::vector<Hash128> keys) {
  for (Hash128& key : keys) key.low &= 0xff00'0000'00ff'ffffU;
  return keys;
}

void expect_same(const NewIds& read, const NewIds& written) {
  EXPECT_EQ(compared(read.live), compared(written.live));
  EXPECT_EQ(compared(read.conversion), compared(written.conversion));
  EXPECT_EQ(compared(read.transaction), compared(written.transaction));
  EXPECT_EQ(compared(read.import_run), compared(written.import_run));
}

// A chunk with whole keys of 16 bytes, as the first versions wrote it.
std::string wide_chunk(Seq first_seq, std::uint32_t count, TimeUs time_us, const NewIds& ids) {
  std::string bytes(48, '\0');
  store_le(bytes.data(), std::uint32_t{0xADB51D5});
  store_le(bytes.data() + 8, first_seq);
  store_le(bytes.data() + 16, time_us);
  store_le(bytes.data() + 24, count);
  std::size_t at = 28;
  for (const auto* keys : {&ids.live, &ids.conversion, &ids.transaction, &ids.import_run}) {
    store_le(bytes.data() + at, static_cast<std::uint32_t>(keys->size()));
    at += 4;
    for (const Hash128& key : *keys) {
      const std::size_t end = bytes.size();
      bytes.resize(end + 16);
      store_le(bytes.data() + end, key.low);
      store_le(bytes.data() + end + 8, key.high);
    }
  }
  store_le(bytes.data() + 4, crc32c(0, bytes.data() + 8, bytes.size() - 8));
  return bytes;
}

class IdSidecar : public testing::Test {
 protected:
  // Groups of 10 events each from `first_seq` on; the next expected seq.
  SidecarExtent load(Seq end_seq) {
    chunks_.clear();
    return load_id_sidecar(fs_, path_, header_, end_seq,
                           [&](const SidecarChunk& chunk) { chunks_.push_back(chunk); });
  }

  SimFileSystem fs_;
  const std::string path_ = "/1.ids";
  const SegmentHeader header_ = header_of(100);
  std::vector<SidecarChunk> chunks_;
};

TEST_F(IdSidecar, TellsTheIdsOfEachGroupIn12BytesAKey) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed);
  Rng rng(seed);
  std::vector<NewIds> groups;
  IdSidecarWriter writer;
  writer.open(fs_, path_, header_, {});
  std::size_t keys = 0;
  for (Seq seq = 100; seq < 400; seq += 10) {
    const NewIds& ids = groups.emplace_back(random_ids(rng));
    keys += ids.live.size() + ids.conversion.size() + ids.transaction.size();
    keys += ids.import_run.size();
    writer.append(seq, 10, static_cast<TimeUs>(seq), ids);
  }
  EXPECT_EQ(load(400).next_seq, 400U);
  ASSERT_EQ(chunks_.size(), groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    EXPECT_EQ(chunks_[i].time_us, static_cast<TimeUs>(chunks_[i].first_seq));
    expect_same(chunks_[i].ids, groups[i]);
  }
  EXPECT_EQ(fs_.content(path_).size(), kFileHeaderBytes + groups.size() * 48 + keys * 12);
}

TEST_F(IdSidecar, GoesOnInAFileOfTheFirstVersion) {
  Rng rng(5);
  const NewIds old_ids = random_ids(rng);
  const NewIds new_ids = random_ids(rng);
  {
    IdSidecarWriter writer;
    writer.open(fs_, path_, header_, {});
  }
  fs_.set_content(path_, fs_.content(path_) + wide_chunk(100, 10, 77, old_ids));
  const SidecarExtent extent = load(1000);
  EXPECT_EQ(extent.next_seq, 110U);
  IdSidecarWriter writer;
  writer.open(fs_, path_, header_, extent);
  writer.append(110, 20, 78, new_ids);
  EXPECT_EQ(load(1000).next_seq, 130U);
  ASSERT_EQ(chunks_.size(), 2U);
  EXPECT_EQ(chunks_[0].ids.live, old_ids.live);
  expect_same(chunks_[0].ids, old_ids);
  expect_same(chunks_[1].ids, new_ids);
  const IdCounts counts = estimate_id_sidecar(fs_, path_);
  EXPECT_EQ(counts.live, old_ids.live.size() + new_ids.live.size());
  EXPECT_EQ(counts.import_run, old_ids.import_run.size() + new_ids.import_run.size());
}

TEST_F(IdSidecar, EndsBeforeAChunkThatIsDamagedOrBeyondTheLogsEnd) {
  Rng rng(6);
  IdSidecarWriter writer;
  writer.open(fs_, path_, header_, {});
  for (Seq seq = 100; seq < 150; seq += 10) writer.append(seq, 10, 1, random_ids(rng));
  const std::string whole = fs_.content(path_);
  EXPECT_EQ(load(149).next_seq, 140U);
  for (int round = 0; round < 200; ++round) {
    std::string content = whole;
    const std::size_t at = rng.below(content.size());
    content[at] = static_cast<char>(content[at] ^ (1 << rng.below(8)));
    fs_.set_content(path_, content);
    const SidecarExtent extent = load(150);
    EXPECT_LT(extent.next_seq, 150U) << "bit in byte " << at;
    EXPECT_LE(extent.offset, at);
  }
}

}  // namespace
}  // namespace adbacus
