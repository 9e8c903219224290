#include "app/pseudonym_files.hpp"

#include <gtest/gtest.h>

#include "base/testing/sim_file_system.hpp"
#include "ingest/pseudonym_keys.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'795'262'400 * kSecondUs;

class PseudonymFiles : public ::testing::Test {
 protected:
  PseudonymFiles() { EXPECT_TRUE(fs_.make_folders("/data")); }
  Result<void> load(const std::string& configured, IngestOptions& ingest) {
    return load_pseudonym_keys(fs_, paths_, configured, kNowUs, ingest);
  }
  SimFileSystem fs_;
  const DataPaths paths_{"/data"};
};

TEST_F(PseudonymFiles, KeysAreMadeAtTheStartAndKept) {
  IngestOptions first;
  ASSERT_TRUE(load("", first));
  EXPECT_EQ(first.ip_hash_key, IpHashKey{});
  EXPECT_TRUE(*fs_.exists(paths_.pseudonym_keys));
  IngestOptions second;
  ASSERT_TRUE(load("", second));
  EXPECT_EQ(*second.pseudonym_keys->at(kNowUs)->find(kNowUs),
            *first.pseudonym_keys->at(kNowUs)->find(kNowUs));
}

TEST_F(PseudonymFiles, AConfiguredKeyIsTakenForAddresses) {
  IngestOptions ingest;
  ASSERT_TRUE(load("000000000000000100000000000000ff", ingest));
  EXPECT_EQ(ingest.ip_hash_key, (IpHashKey{1, 255}));
  for (const char* wrong : {"0123", "00000000000000010000000000000fg0"})
    EXPECT_EQ(load(wrong, ingest).error().code, ErrorCode::invalid_argument);
}

TEST_F(PseudonymFiles, TheKeyThatOlderVersionsKeptIsRemoved) {
  ASSERT_TRUE(write_file_atomically(fs_, "/data/ip_hash.key", std::string(32, '1') + "\n"));
  IngestOptions ingest;
  ASSERT_TRUE(load("", ingest));
  EXPECT_FALSE(*fs_.exists("/data/ip_hash.key"));
}

}  // namespace
}  // namespace adbacus
