#include "ingest/ip_pseudonym.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr IpHashKey kKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};  // of the paper's vectors

TEST(SipHash, AnswersThePublishedVectors) {
  std::string input;
  EXPECT_EQ(sip_hash(input, kKey), 0x726fdb47dd0e0e31ULL);
  for (char c = 0; c < 15; ++c) input.push_back(c);
  EXPECT_EQ(sip_hash(input, kKey), 0xa129ca6149be45e5ULL);
  EXPECT_EQ(sip_hash(input.substr(0, 8), kKey), 0x93f5f5799a932462ULL);
}

struct PrefixCase {
  const char* text;
  const char* prefix;
  bool hashed;
};

TEST(IpPseudonym, CutsAddressesAndPrefixes) {
  const PrefixCase cases[] = {
      {"203.0.113.77", "203.0.113.0/24", true},
      {"::ffff:203.0.113.77", "203.0.113.0/24", true},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", true},
      {"2001:DB8:1::", "2001:db8:1::/48", true},
      {"203.0.113.0/24", "203.0.113.0/24", false},
      {"203.0.113.77/32", "203.0.113.0/24", false},
      {"203.0.113.77/12", "203.0.0.0/12", false},
      {"2001:db8:1:2::/64", "2001:db8:1::/48", false},
      {"2001:db8::/32", "2001:db8::/32", false},
      {"106.114.177.*", "106.114.177.0/24", false},
      {"106.114.177.x", "106.114.177.0/24", false},
  };
  for (const PrefixCase& c : cases) {
    const auto pseudonym = pseudonymise_ip(c.text, kKey);
    ASSERT_TRUE(pseudonym) << c.text;
    EXPECT_EQ(pseudonym->prefix, c.prefix) << c.text;
    EXPECT_EQ(pseudonym->hash.size(), c.hashed ? 16U : 0U) << c.text;
  }
  EXPECT_EQ(pseudonymise_ip("203.0.113.77", kKey)->hash,
            pseudonymise_ip("::ffff:203.0.113.77", kKey)->hash);
  EXPECT_NE(pseudonymise_ip("203.0.113.77", kKey)->hash,
            pseudonymise_ip("203.0.113.77", IpHashKey{1, 2})->hash);
}

TEST(IpPseudonym, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4/33",
                           "1.2.3.4/", "1.2.3.4/-1", "1.2.*.*", "*.*.*.*", "::g", "1.2.3.4:80",
                           "11111111111111111111111111111111111111111111111111"})
    EXPECT_FALSE(pseudonymise_ip(text, kKey)) << text;
}

}  // namespace
}  // namespace adbacus
