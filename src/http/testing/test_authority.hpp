// A certificate authority in a temporary folder, for tests of TLS. Its certificates are valid for
// an hour unless told otherwise.
#pragma once

#include <memory>
#include <openssl/types.h>
#include <string>

namespace adbacus::http {

struct TestCertificate {
  std::string certificate_file;  // PEM
  std::string key_file;
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();  // removes the folder
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  const std::string& ca_file() const { return ca_file_; }
  const std::string& folder() const { return folder_; }
  // `names` as in "DNS:a.example,IP:127.0.0.1". A negative lifetime has ended already.
  TestCertificate issue(const std::string& names, long lifetime_s = 3600);

 private:
  std::string folder_;
  std::string ca_file_;
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  int issued_ = 0;
};

}  // namespace adbacus::http
