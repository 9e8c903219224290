#include "base/network/network_table.hpp"

#include <gtest/gtest.h>

#include "base/network/network_list.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress{});
}

IpNetwork network(std::string_view text) {
  const auto parsed = IpNetwork::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpNetwork{});
}

// Every entry is looked at for every address.
class Model {
 public:
  void add(const IpNetwork& network, NetworkLists list, bool is_exception) {
    entries_.push_back({network, list, is_exception});
  }
  NetworkLists find(const IpAddress& address) const {
    NetworkLists found = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      const auto list = static_cast<NetworkLists>(1U << bit);
      const Entry* best = nullptr;
      for (const Entry& e : entries_) {
        const bool holds = e.list == list && e.network.first.is_v4 == address.is_v4 &&
                           e.network.first <= address && address <= e.network.last();
        if (!holds) continue;
        if (best == nullptr || e.network.prefix_bits > best->network.prefix_bits ||
            (e.network.prefix_bits == best->network.prefix_bits && e.is_exception))
          best = &e;
      }
      if (best != nullptr && !best->is_exception) found = static_cast<NetworkLists>(found | list);
    }
    return found;
  }

 private:
  struct Entry {
    IpNetwork network;
    NetworkLists list;
    bool is_exception;
  };
  std::vector<Entry> entries_;
};

// Addresses that lie close together, at the ends of the space too.
IpAddress random_address(Rng& rng, bool is_v4) {
  const std::uint64_t near = rng.below(1024) * (rng.below(4) == 0 ? 255 : 1);
  if (is_v4) {
    const std::uint64_t base =
        std::array<std::uint64_t, 3>{0, 0x0a00ff00, 0xfffc0000}[rng.below(3)];
    return {.is_v4 = true, .low = (base + near) & 0xffffffffU};
  }
  const bool is_high = rng.below(2) == 0;
  const std::uint64_t base =
      std::array<std::uint64_t, 3>{0, 7, ~std::uint64_t{0} << 18U}[rng.below(3)];
  return {false, is_high ? base + near : base, is_high ? 0 : base + near};
}

// `v6_bits_max`: no longer prefixes of IPv6.
IpNetwork random_network(Rng& rng, unsigned v6_bits_max = 128) {
  const bool is_v4 = rng.below(2) == 0;
  const unsigned width = is_v4 ? 32 : 128;
  const auto host = static_cast<unsigned>(rng.below(8) == 0 ? rng.below(width + 1) : rng.below(12));
  IpAddress first = random_address(rng, is_v4);
  for (unsigned bit = 0; bit < host; ++bit) {
    std::uint64_t& half = bit < 64 ? first.low : first.high;
    half &= ~(std::uint64_t{1} << (bit % 64));
  }
  if (is_v4 || width - host <= v6_bits_max) return {first, width - host};
  first.low = 0;
  return {first, v6_bits_max};
}

TEST(NetworkTable, AgreesWithLookingAtEveryEntry) {
  Rng rng(test_seed());
  for (int round = 0; round < 200; ++round) {
    NetworkTableBuilder builder;
    Model model;
    const unsigned v6_bits_max = round % 2 == 0 ? 64 : 128;
    for (std::uint64_t i = rng.below(60); i > 0; --i) {
      const IpNetwork entry = random_network(rng, v6_bits_max);
      const auto list = static_cast<NetworkLists>(1U << rng.below(3) * 3U);
      const bool is_exception = rng.below(4) == 0;
      builder.add(entry, list, is_exception);
      model.add(entry, list, is_exception);
    }
    const NetworkTable table = std::move(builder).build();
    for (int i = 0; i < 300; ++i) {
      const IpAddress at = random_address(rng, rng.below(2) == 0);
      ASSERT_EQ(table.find(at), model.find(at)) << at.text() << " seed " << test_seed();
    }
    for (int i = 0; i < 40; ++i) {
      IpNetwork asked = random_network(rng);
      if (asked.first.is_v4 ? asked.prefix_bits < 22 : asked.prefix_bits < 118) continue;
      NetworkLists all = 0xff;
      for (IpAddress at = asked.first;; ++at.low) {
        all = static_cast<NetworkLists>(all & model.find(at));
        if (at == asked.last()) break;
      }
      ASSERT_EQ(table.find_whole(asked), all) << asked.text() << " seed " << test_seed();
    }
  }
}

TEST(NetworkTable, TheLongestPrefixOfEachListDecides) {
  NetworkTableBuilder builder;
  builder.add(network("10.0.0.0/8"), 1);
  builder.add(network("10.1.0.0/16"), 1, true);
  builder.add(network("10.1.2.0/24"), 1);
  builder.add(network("10.1.2.3"), 2);
  builder.add(network("0.0.0.0/0"), 4);
  builder.add(network("::/0"), 8);
  const NetworkTable table = std::move(builder).build();
  EXPECT_EQ(table.find(address("9.255.255.255")), 4);
  EXPECT_EQ(table.find(address("10.0.0.0")), 5);
  EXPECT_EQ(table.find(address("10.1.1.255")), 4);
  EXPECT_EQ(table.find(address("10.1.2.3")), 7);
  EXPECT_EQ(table.find(address("::ffff:10.1.2.4")), 5);
  EXPECT_EQ(table.find(address("255.255.255.255")), 4);
  EXPECT_EQ(table.find(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 8);
  EXPECT_EQ(table.find_whole(network("10.1.2.0/24")), 5);
  EXPECT_EQ(table.find_whole(network("10.0.0.0/8")), 4);
  EXPECT_EQ(NetworkTable().find(address("10.1.2.3")), 0);
  EXPECT_EQ(NetworkTable().find(address("2001:db8::")), 0);
}

TEST(NetworkTable, ManyScatteredEntriesStaySmall) {
  constexpr std::size_t kEntries = 1'000'000;
  Rng rng(test_seed());
  NetworkTableBuilder builder;
  for (std::size_t i = 0; i < kEntries; ++i)
    builder.add({{.is_v4 = true, .low = rng.next() & 0xffffffffU}, 32}, 1);
  const NetworkTable table = std::move(builder).build();
  const std::size_t empty = NetworkTable().memory_bytes();
  EXPECT_LE(table.memory_bytes() - empty, 6 * kEntries);
}

TEST(IpNetwork, TextsThatAreNoNetworkAreRefused) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.4/33",
                           "1.2.3.4/",
                           "1.2.3.0/024",
                           "1.2.3.4/24",
                           "1.2.3.0/-1",
                           "1.2.3.0/+24",
                           "01.2.3.4",
                           "1..3.4",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "::1/129",
                           "2001:db8::1/64",
                           "::ffff:1.2.3.0/120",
                           "g::",
                           ":",
                           "1.2.3.0/24/24",
                           "1.2.3.0/99999999999999999999"})
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  EXPECT_FALSE(IpNetwork::parse(std::string_view("::1\0", 4)));
  for (const char* text : {"0.0.0.0/0", "1.2.3.4/32", "203.0.113.0/24", "::/0", "2001:db8::/48"})
    EXPECT_EQ(network(text).text(), text);
  EXPECT_EQ(network("::ffff:1.2.3.4").text(), "1.2.3.4/32");
}

TEST(NetworkList, ReadsPublishedListsAndNamesTheLineThatIsWrong) {
  NetworkTableBuilder builder;
  ASSERT_TRUE(
      read_network_list("# hosts\r\n203.0.113.0/24 ; SBL1\r\n\r\n !203.0.113.9\t# ours\n"
                        "2001:db8::/32",
                        1, builder));
  EXPECT_EQ(builder.size(), 3U);
  const NetworkTable table = std::move(builder).build();
  EXPECT_EQ(table.find(address("203.0.113.8")), 1);
  EXPECT_EQ(table.find(address("203.0.113.9")), 0);
  EXPECT_EQ(table.find(address("2001:db8:ffff::")), 1);

  NetworkTableBuilder untouched;
  const auto refused = read_network_list("1.2.3.4\n1.2.3.0/33\x07\n", 1, untouched);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "line 2: \"1.2.3.0/33?\" is no network like 203.0.113.0/24");
  EXPECT_EQ(untouched.size(), 0U);
}

TEST(NetworkList, SurvivesAnyBytes) {
  Rng rng(test_seed());
  constexpr std::string_view kBytes = "0123456789abcdf.:/!#;\n\n\r \xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(40); n > 0; --n) text += kBytes[rng.below(kBytes.size())];
    NetworkTableBuilder builder;
    if (!read_network_list(text, 1, builder)) continue;
    const NetworkTable table = std::move(builder).build();
    table.find(random_address(rng, true));
  }
}

}  // namespace
}  // namespace adbacus
