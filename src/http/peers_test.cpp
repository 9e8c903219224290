#include "http/peers.hpp"

#include <gtest/gtest.h>

namespace adbacus::http {
namespace {

PeerAddress at(std::string_view text) {
  return PeerAddress::parse(text).value();
}

TEST(PeerAddress, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(at("192.0.2.1").text(), "192.0.2.1");
  EXPECT_EQ(at("::ffff:192.0.2.1"), at("192.0.2.1"));
  EXPECT_EQ(at("2001:DB8::1").text(), "2001:db8::1");
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "x", "1.2.3.4:5", "[::1]"}) {
    EXPECT_FALSE(PeerAddress::parse(text)) << text;
  }
}

TEST(PeerAddress, OfWhatIsKeptTheLastPartsAreGone) {
  EXPECT_EQ(network_text(at("192.0.2.77")), "192.0.2.0/24");
  EXPECT_EQ(network_text(at("2001:db8:1:2:3:4:5:6")), "2001:db8:1::/48");
  EXPECT_EQ(network_text(at("::1")), "::/48");
}

TEST(PeerPolicy, TrustsListedAddressesAndNetworksOnly) {
  const auto policy = PeerPolicy::make({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33"});
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->is_trusted(at("10.255.0.1")));
  EXPECT_FALSE(policy->is_trusted(at("11.0.0.1")));
  EXPECT_TRUE(policy->is_trusted(at("192.0.2.7")));
  EXPECT_FALSE(policy->is_trusted(at("192.0.2.6")));
  EXPECT_TRUE(policy->is_trusted(at("2001:db8:7fff::1")));
  EXPECT_FALSE(policy->is_trusted(at("2001:db8:8000::1")));
}

TEST(PeerPolicy, NamesTheEntryItCannotRead) {
  for (const char* entry : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "proxy"}) {
    const auto policy = PeerPolicy::make({"127.0.0.1", entry});
    ASSERT_FALSE(policy) << entry;
    EXPECT_NE(policy.error().message.find(entry), std::string::npos);
  }
}

TEST(PeerPolicy, TakesTheNearestAddressThatIsNotAProxy) {
  const auto policy = PeerPolicy::make({"10.0.0.0/8"});
  const PeerAddress peer = at("10.0.0.1");
  EXPECT_EQ(policy->caller(peer, "").text(), "10.0.0.1");
  EXPECT_EQ(policy->caller(peer, "198.51.100.1").text(), "198.51.100.1");
  EXPECT_EQ(policy->caller(peer, "6.6.6.6, 198.51.100.1 , 10.0.0.2").text(), "198.51.100.1");
  EXPECT_EQ(policy->caller(peer, "6.6.6.6, junk, 10.0.0.2").text(), "10.0.0.2");
  EXPECT_EQ(policy->caller(peer, "198.51.100.1:4711").text(), "198.51.100.1");
  EXPECT_EQ(policy->caller(peer, "[2001:db8::9]:443").text(), "2001:db8::9");
}

TEST(PeerTable, CountsV4ByAddressAndV6ByItsNetwork) {
  PeerTable table(2);
  EXPECT_TRUE(table.enter(at("192.0.2.1")));
  EXPECT_TRUE(table.enter(at("192.0.2.1")));
  EXPECT_FALSE(table.enter(at("192.0.2.1")));
  EXPECT_TRUE(table.enter(at("192.0.2.2")));
  table.leave(at("192.0.2.1"));
  EXPECT_TRUE(table.enter(at("192.0.2.1")));
  EXPECT_TRUE(table.enter(at("2001:db8::1")));
  EXPECT_TRUE(table.enter(at("2001:db8::2")));
  EXPECT_FALSE(table.enter(at("2001:db8::3")));
  EXPECT_TRUE(table.enter(at("2001:db8:0:1::3")));
}

}  // namespace
}  // namespace adbacus::http
