// The client over TLS: whom it believes, and how much and how long it takes.
#include <gtest/gtest.h>

#include "http/client.hpp"
#include "http/testing/echo_server.hpp"
#include "http/testing/test_authority.hpp"

namespace adbacus::http {
namespace {

class ClientTls : public ::testing::Test {
 protected:
  std::unique_ptr<EchoServer> server_with(const std::string& names, long lifetime_s = 3600) {
    const TestCertificate own = authority_.issue(names, lifetime_s);
    ServerOptions options;
    options.tls_certificate_file = own.certificate_file;
    options.tls_key_file = own.key_file;
    return std::make_unique<EchoServer>(options);
  }
  static std::string url_of(const EchoServer& server, const std::string& host) {
    return "https://" + host + ":" + std::to_string(server.port());
  }
  Result<ClientResponse> get(const std::string& url, const std::string& ca_file,
                             const std::string& target = "/hello") {
    auto client = Client::open_for_command(url, ca_file, 20);
    if (!client) return client.error();
    return (*client)->call("GET", target, {}, "");
  }
  TestAuthority authority_;
};

TEST_F(ClientTls, CallsAgainAndAgainOnOneConnection) {
  const auto server = server_with("IP:127.0.0.1");
  auto client = Client::open_for_command(url_of(*server, "127.0.0.1"), authority_.ca_file(), 20);
  ASSERT_TRUE(client) << client.error().message;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string body(i * 50'000, 'a');
    const auto response = (*client)->call("POST", "/echo", {}, body);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, body);
  }
  EXPECT_EQ((*client)->call("GET", "/hello", {{"Connection", "close"}}, "")->status, 200);
  EXPECT_EQ((*client)->call("GET", "/hello", {}, "")->body, "hello");
}

TEST_F(ClientTls, BelievesACertificateForTheHostOnly) {
  const auto named = server_with("DNS:localhost");
  EXPECT_TRUE(get(url_of(*named, "localhost"), authority_.ca_file()));
  const auto by_address = get(url_of(*named, "127.0.0.1"), authority_.ca_file());
  ASSERT_FALSE(by_address);
  EXPECT_NE(by_address.error().message.find("certificate"), std::string::npos)
      << by_address.error().message;
  const auto other = server_with("DNS:other.example,IP:127.0.0.2");
  EXPECT_FALSE(get(url_of(*other, "localhost"), authority_.ca_file()));
  EXPECT_FALSE(get(url_of(*other, "127.0.0.1"), authority_.ca_file()));
}

TEST_F(ClientTls, BelievesNoUnknownAuthorityAndNoCertificateThatHasExpired) {
  const auto server = server_with("IP:127.0.0.1");
  EXPECT_FALSE(get(url_of(*server, "127.0.0.1"), ""));  // the system does not know it
  TestAuthority stranger;
  EXPECT_FALSE(get(url_of(*server, "127.0.0.1"), stranger.ca_file()));
  EXPECT_FALSE(get(url_of(*server, "127.0.0.1"), authority_.folder() + "/absent"));
  const auto expired = server_with("IP:127.0.0.1", -60);
  const auto answer = get(url_of(*expired, "127.0.0.1"), authority_.ca_file());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_NE(answer.error().message.find("expired"), std::string::npos) << answer.error().message;
}

TEST_F(ClientTls, BelievesThePinnedCertificateWhateverItsNameAndNoOther) {
  const TestCertificate own = authority_.issue("DNS:ads.example", -60);
  ServerOptions options;
  options.tls_certificate_file = own.certificate_file;
  options.tls_key_file = own.key_file;
  const EchoServer server(options);
  const std::string url = url_of(server, "127.0.0.1");
  const auto answer = [&](const std::string& pinned) {
    ClientOptions wanted;
    wanted.pinned_file = pinned;
    wanted.rules = OutboundRules::unrestricted();
    return call_url("GET", url + "/hello", {}, "", wanted);
  };
  const auto believed = answer(own.certificate_file);
  ASSERT_TRUE(believed) << believed.error().message;
  EXPECT_EQ(believed->body, "hello");
  EXPECT_FALSE(answer(authority_.issue("DNS:ads.example").certificate_file));
  EXPECT_FALSE(answer(authority_.ca_file())) << "who has signed it says nothing";
  EXPECT_FALSE(answer(own.key_file));
}

TEST_F(ClientTls, ReportsAServerWithoutTlsAsUnavailable) {
  EchoServer plain;
  const auto answer = get(url_of(plain, "127.0.0.1"), authority_.ca_file());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST_F(ClientTls, RefusesAnswersThatAreTooLargeOrTooLate) {
  const auto server = server_with("IP:127.0.0.1");
  const std::string origin = url_of(*server, "127.0.0.1");
  ClientOptions options;
  options.timeout_s = 1;
  options.body_bytes_max = 100'000;
  options.ca_file = authority_.ca_file();
  options.rules = *OutboundRules::make({origin});
  EXPECT_EQ(call_url("GET", origin + "/large?bytes=100000", {}, "", options)->body.size(),
            100'000U);
  EXPECT_FALSE(call_url("GET", origin + "/large?bytes=100001", {}, "", options));
  const auto late = call_url("POST", origin + "/hold", {}, "", options);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace adbacus::http
