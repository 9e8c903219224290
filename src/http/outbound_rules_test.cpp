#include "http/outbound_rules.hpp"

#include <gtest/gtest.h>

#include "http/client.hpp"
#include "http/testing/echo_server.hpp"

namespace adbacus::http {
namespace {

HttpUrl url_of(const std::string& text) {
  const auto url = parse_http_url(text);
  EXPECT_TRUE(url) << text;
  return url ? *url : HttpUrl();
}

TEST(HttpUrl, ReadsSchemeHostPortAndTarget) {
  const HttpUrl full = url_of("https://Id.Example:8443/keys?x=1");
  EXPECT_EQ(full.origin(), "https://id.example:8443");
  EXPECT_EQ(full.authority(), "id.example:8443");
  EXPECT_EQ(full.target, "/keys?x=1");
  EXPECT_EQ(url_of("https://a.example").origin(), "https://a.example:443");
  EXPECT_EQ(url_of("https://a.example?x").target, "/?x");
  EXPECT_EQ(url_of("http://[::1]/").authority(), "[::1]");
  EXPECT_EQ(url_of("http://[::1]:81/").host, "::1");
}

TEST(HttpUrl, RefusesWhatAnotherReaderMightTakeForAnotherHost) {
  for (const char* text : {"https:a.example",
                           "https:/a.example",
                           "//a.example",
                           "https://",
                           "https://u@a.example/",
                           "https://a.example\\@b.example/",
                           "https://a.example#@b.example",
                           "https://a.example:0/",
                           "https://a.example:65536/",
                           "https://a.example:/",
                           "https://a.example:8o/",
                           "https://a.example /",
                           "https://a.example/\r\nHost: b",
                           "https://\xc3\xa4.example/",
                           "https://[::1/",
                           "https://[::1]x/",
                           "https://[a.example]y",
                           "https://a%2eexample/",
                           "https://::1/",
                           "javascript:alert(1)",
                           "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
}

TEST(OutboundRules, KnowWhichAddressesArePublic) {
  for (const char* text :
       {"8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "11.0.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(is_public_address(*PeerAddress::parse(text))) << text;
  }
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.1.2.3",
                           "169.254.169.254",
                           "169.254.170.2",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.170",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "203.0.113.9",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "64:ff9b::a00:1",
                           "2002:7f00:1::",
                           "2001:0:1::",
                           "2001:db8::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "::127.0.0.1",
                           "4000::1",
                           "100::1"}) {
    EXPECT_FALSE(is_public_address(*PeerAddress::parse(text))) << text;
  }
}

TEST(OutboundRules, AllowHttpsToPublicAddressesAndWhatIsNamed) {
  const OutboundRules usual;
  EXPECT_TRUE(usual.check(url_of("https://a.example/")));
  for (const char* text :
       {"http://a.example/", "https://a.example:8443/", "http://a.example:443/"}) {
    EXPECT_EQ(usual.check(url_of(text)).error().code, ErrorCode::forbidden) << text;
  }
  const auto named = OutboundRules::make({"https://ID.internal:8443", "http://127.0.0.1:9000"});
  ASSERT_TRUE(named);
  const auto inside = *PeerAddress::parse("10.0.0.1");
  EXPECT_TRUE(named->check(url_of("https://id.internal:8443/x")));
  EXPECT_TRUE(named->check(url_of("https://id.internal:8443/x"), inside));
  EXPECT_TRUE(named->check(url_of("http://127.0.0.1:9000")));
  // Another port, scheme or name is another server.
  EXPECT_FALSE(named->check(url_of("https://id.internal/x"), inside));
  EXPECT_FALSE(named->check(url_of("http://id.internal:8443/x")));
  EXPECT_FALSE(named->check(url_of("https://x.id.internal:8443/x")));
  EXPECT_FALSE(OutboundRules::make({"https://a.example/path"}));
  EXPECT_FALSE(OutboundRules::make({"10.0.0.0/8"}));
}

// R10: spellings of loopback and of a metadata service, as a URL's host.
TEST(OutboundRules, HoldForWhatANameStandsFor) {
  for (const char* host :
       {"127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "[::1]",
        "[::ffff:127.0.0.1]", "169.254.169.254", "0", "[fe80::1]", "10.0.0.1"}) {
    ClientOptions options;
    options.timeout_s = 5;
    const auto answer = call_url("GET", std::string("https://") + host + "/", {}, "", options);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, ErrorCode::forbidden) << host << answer.error().message;
  }
}

TEST(OutboundRules, NobodyFollowsARedirect) {
  Router router;
  RouteSpec spec;
  spec.path = "/keys";
  spec.is_open = true;
  router.add(spec, [](const Request&, Responder responder) {
    responder.send({302, "", {{"Location", "http://169.254.169.254/latest/meta-data/"}}, ""});
  });
  ManualClock clock;
  ServerOptions server_options;
  server_options.port = 0;
  const auto server = Server::start(server_options, router, nullptr, clock);
  ASSERT_TRUE(server);
  const std::string origin = "http://127.0.0.1:" + std::to_string((*server)->port());
  ClientOptions options;
  options.rules = *OutboundRules::make({origin});
  const auto answer = call_url("GET", origin + "/keys", {}, "", options);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 302);
}

}  // namespace
}  // namespace adbacus::http
