#include "http/name_lookup.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <gtest/gtest.h>
#include <semaphore>
#include <thread>

namespace adbacus::http {
namespace {

TimeUs in_ms(TimeUs ms) {
  return system_clock().mono_us() + ms * kMillisecondUs;
}

int resolve_loopback(const std::string&, const std::string& port, const addrinfo& hints,
                     addrinfo** found) {
  return ::getaddrinfo("127.0.0.1", port.c_str(), &hints, found);
}

TEST(NameLookup, FindsAddressesAndAsksNobodyForThem) {
  std::atomic<int> asked{0};
  NameLookup lookup(
      [&](const std::string& host, const std::string& port, const addrinfo& hints,
          addrinfo** found) {
        ++asked;
        return host == "none.example" ? EAI_NONAME : resolve_loopback(host, port, hints, found);
      },
      2);
  const auto named = lookup.find("some.example", 8080, in_ms(60'000));
  ASSERT_TRUE(named) << named.error().message;
  ASSERT_EQ((*named)->ai_family, AF_INET);
  EXPECT_EQ(ntohs(reinterpret_cast<const sockaddr_in*>((*named)->ai_addr)->sin_port), 8080);
  const auto unknown = lookup.find("none.example", 80, in_ms(60'000));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::unavailable);
  EXPECT_EQ(asked, 2);
  for (const char* address : {"127.0.0.1", "::1"}) EXPECT_TRUE(lookup.find(address, 80, 0));
  EXPECT_EQ(asked, 2);
}

TEST(NameLookup, LeavesAResolverThatHangsAtTheDeadlineAndBoundsHowManyHang) {
  std::counting_semaphore<> answers(0);
  std::atomic<int> asked{0};
  std::atomic<int> back{0};
  NameLookup lookup(
      [&](const std::string& host, const std::string& port, const addrinfo& hints,
          addrinfo** found) {
        ++asked;
        if (host.starts_with("hangs")) {
          answers.acquire();
          ++back;
        }
        return resolve_loopback(host, port, hints, found);
      },
      2);
  for (int i = 0; i < 2; ++i) {
    const TimeUs begin_us = system_clock().mono_us();
    const auto late = lookup.find("hangs.example", 80, in_ms(50));
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message.find("timed out"), std::string::npos) << late.error().message;
    EXPECT_GE(system_clock().mono_us() - begin_us, 50 * kMillisecondUs);
  }
  EXPECT_FALSE(lookup.find("other.example", 80, in_ms(60'000))) << "two hang";
  EXPECT_EQ(asked, 2);
  answers.release(2);
  for (const TimeUs end = in_ms(60'000); system_clock().mono_us() < end;) {  // until they are back
    if (back == 2 && lookup.find("other.example", 80, in_ms(60'000))) return;
    std::this_thread::yield();
  }
  ADD_FAILURE() << "what hung came back, and no name is looked up";
}

}  // namespace
}  // namespace adbacus::http
