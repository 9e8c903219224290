#include "ingest/links/link_token.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

std::string random_text(Rng& rng) {
  std::string text(rng.below(3) == 0 ? 0 : rng.below(200), 'x');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

TEST(LinkToken, ReadsBackWhatWasWritten) {
  Rng rng(test_seed());
  const SigningKeys keys({{7, "a secret of the server"}});
  for (int round = 0; round < 500; ++round) {
    Link link{.tenant = random_text(rng),
              .campaign_id = random_text(rng),
              .line_item_id = random_text(rng),
              .placement_id = random_text(rng),
              .creative_id = random_text(rng),
              .ad_id = random_text(rng),
              .destination = random_text(rng)};
    for (std::uint64_t left = rng.below(4); left > 0; --left)
      link.domains.push_back(random_text(rng));
    if (rng.below(2) == 0)
      link.expires_at = static_cast<TimeUs>(1 + rng.below(5'000'000'000)) * kSecondUs;
    EXPECT_EQ(decode_link(encode_link(link, keys), keys), link);
  }
}

TEST(LinkToken, ReadsNothingElseThatIsSealed) {
  Rng rng(test_seed());
  const SigningKeys keys({{7, "a secret of the server"}});
  const std::string good = *keys.open("link", encode_link({.tenant = "1", .ad_id = "a"}, keys));
  EXPECT_FALSE(decode_link(keys.seal("link", ""), keys));
  EXPECT_FALSE(decode_link(keys.seal("link", good + "x"), keys));
  EXPECT_FALSE(decode_link(keys.seal("other", good), keys));
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_FALSE(decode_link(keys.seal("link", good.substr(0, cut)), keys)) << cut;
  for (int round = 0; round < 20'000; ++round) {  // nothing is read outside the text
    std::string text = "\x01" + random_text(rng);
    decode_link(keys.seal("link", text), keys);
  }
}

}  // namespace
}  // namespace adbacus
