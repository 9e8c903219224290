#include "http/testing/test_authority.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace adbacus::http {
namespace {

constexpr long kAnHourAgo = -3600;
using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

void require(bool done) {
  if (!done) std::abort();
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate make(const std::string& name, long serial, long lifetime_s, EVP_PKEY* key,
                 X509* issuer) {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), kAnHourAgo);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), lifetime_s);
  X509_set_pubkey(made.get(), key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
  return made;
}

template <class Write>
std::string write_pem(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  require(file != nullptr && write(file) == 1);
  std::fclose(file);
  return path;
}

}  // namespace

TestAuthority::TestAuthority() {
  std::string pattern = (std::filesystem::temp_directory_path() / "authority.XXXXXX").string();
  require(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  key_ = Key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  certificate_ = make("test authority", 1, 3600, key_.get(), nullptr);
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) != 0);
  ca_file_ = write_pem(folder_ + "/ca.pem",
                       [&](std::FILE* file) { return PEM_write_X509(file, certificate_.get()); });
}

TestAuthority::~TestAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

TestCertificate TestAuthority::issue(const std::string& names, long lifetime_s) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const auto own = make("test server", ++issued_ + 1, lifetime_s, key.get(), certificate_.get());
  add_extension(own.get(), NID_subject_alt_name, names);
  require(X509_sign(own.get(), key_.get(), EVP_sha256()) != 0);
  const std::string path = folder_ + "/" + std::to_string(issued_);
  return {
      write_pem(path + ".crt", [&](std::FILE* file) { return PEM_write_X509(file, own.get()); }),
      write_pem(path + ".key", [&](std::FILE* file) {
        return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      })};
}

}  // namespace adbacus::http
