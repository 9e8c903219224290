#include "access/jwk.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <optional>
#include <utility>

#include "base/base64url.hpp"
#include "catalog/schema/json_node.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kKeysMax = 100;
constexpr std::size_t kSecretBytesMin = 32;  // as many as the hash has (RFC 7518, 3.2)
constexpr std::size_t kCoordinateBytes = 32;
constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::size_t kIdBytesMax = 256;

using Pkey = std::shared_ptr<EVP_PKEY>;
struct Free {
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

struct AlgorithmRow {
  JwtAlgorithm algorithm;
  std::string_view name;
  std::string_view key_type;
};
// Of several for one type of key the first is the one a key without `alg` gets.
constexpr AlgorithmRow kAlgorithms[] = {
    {JwtAlgorithm::eddsa, "EdDSA", "OKP"}, {JwtAlgorithm::es256, "ES256", "EC"},
    {JwtAlgorithm::rs256, "RS256", "RSA"}, {JwtAlgorithm::ps256, "PS256", "RSA"},
    {JwtAlgorithm::hs256, "HS256", "oct"},
};

Error bad(std::string what) {
  return {ErrorCode::invalid_argument, std::move(what)};
}

std::string_view text_of(const JsonNode& key, std::string_view name) {
  const JsonNode* found = key.member(name);
  return found != nullptr && found->type == JsonNode::Type::text ? std::string_view(found->text)
                                                                 : std::string_view();
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// nullptr: OpenSSL refuses the parameters, for instance a point that is not on its curve.
Pkey public_key_of(const char* type, const OSSL_PARAM* params) {
  const Owned<EVP_PKEY_CTX> making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!making || EVP_PKEY_fromdata_init(making.get()) != 1 ||
      EVP_PKEY_fromdata(making.get(), &raw, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(params)) !=
          1) {
    return nullptr;
  }
  Pkey key(raw, EVP_PKEY_free);
  const Owned<EVP_PKEY_CTX> checking(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!checking || EVP_PKEY_public_check(checking.get()) != 1) return nullptr;
  return key;
}

Result<Pkey> read_edwards(const JsonNode& node) {
  const auto x = base64url_decode(text_of(node, "x"));
  if (!x || x->size() != kCoordinateBytes) return bad("x: must be 32 bytes in base64url");
  Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()),
           EVP_PKEY_free);
  if (!key) return bad("x: is no key");
  return key;
}

Result<Pkey> read_elliptic(const JsonNode& node) {
  const auto x = base64url_decode(text_of(node, "x"));
  const auto y = base64url_decode(text_of(node, "y"));
  if (!x || !y || x->size() != kCoordinateBytes || y->size() != kCoordinateBytes) {
    return bad("x and y: must be 32 bytes each in base64url");
  }
  const std::string point = "\x04" + *x + *y;  // uncompressed (SEC 1, 2.3.3)
  std::string group = "P-256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<char*>(point.data()),
                                        point.size()),
      OSSL_PARAM_construct_end()};
  auto key = public_key_of("EC", params);
  if (!key) return bad("x and y: no point of P-256");
  return key;
}

Result<Pkey> read_rsa(const JsonNode& node) {
  const auto n = base64url_decode(text_of(node, "n"));
  const auto e = base64url_decode(text_of(node, "e"));
  if (!n || !e || n->empty() || e->empty() || e->size() > 8) {
    return bad("n and e: must be numbers in base64url");
  }
  const Owned<BIGNUM> modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr));
  const Owned<BIGNUM> exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr));
  if (!modulus || !exponent) return bad("n and e: no memory");
  const int bits = BN_num_bits(modulus.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return bad(fmt::format("n: must have {} to {} bits", kRsaBitsMin, kRsaBitsMax));
  }
  if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) return bad("e: too weak");
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return bad("n and e: no memory");
  }
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
  auto key = public_key_of("RSA", params.get());
  if (!key) return bad("n and e: no RSA key");
  return key;
}

// nullopt: a key for something else.
std::optional<JwtAlgorithm> algorithm_of(const JsonNode& node) {
  const std::string_view type = text_of(node, "kty");
  const std::string_view curve = text_of(node, "crv");
  if (type == "OKP" && curve != "Ed25519") return std::nullopt;
  if (type == "EC" && curve != "P-256") return std::nullopt;
  const JsonNode* use = node.member("use");
  if (use != nullptr && use->text != "sig") return std::nullopt;
  if (const JsonNode* operations = node.member("key_ops")) {
    const auto& items = operations->items;
    if (std::none_of(items.begin(), items.end(),
                     [](const JsonNode& item) { return item.text == "verify"; })) {
      return std::nullopt;
    }
  }
  const JsonNode* named = node.member("alg");
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.key_type == type && (named == nullptr || named->text == row.name)) return row.algorithm;
  }
  return std::nullopt;
}

Result<JwtKey> read_key(const JsonNode& node, JwtAlgorithm algorithm) {
  std::string id(text_of(node, "kid"));
  if (id.size() > kIdBytesMax) return bad("kid: too long");
  if (algorithm == JwtAlgorithm::hs256) {
    auto secret = base64url_decode(text_of(node, "k"));
    if (!secret) return bad("k: must be base64url");
    return JwtKey::shared_secret(std::move(id), *std::move(secret));
  }
  if (node.member("d") != nullptr) return bad("d: a private key does not belong here");
  auto key = algorithm == JwtAlgorithm::eddsa   ? read_edwards(node)
             : algorithm == JwtAlgorithm::es256 ? read_elliptic(node)
                                                : read_rsa(node);
  if (!key) return key.error();
  return JwtKey::public_key(std::move(id), algorithm, *std::move(key));
}

}  // namespace

std::string_view jwt_algorithm_name(JwtAlgorithm algorithm) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.algorithm == algorithm) return row.name;
  }
  return {};
}

Result<JwtKey> JwtKey::shared_secret(std::string id, std::string secret) {
  if (secret.size() < kSecretBytesMin) {
    return bad(fmt::format("a secret of HS256 must have {} bytes or more", kSecretBytesMin));
  }
  JwtKey key;
  key.id_ = std::move(id);
  key.algorithm_ = JwtAlgorithm::hs256;
  key.secret_ = std::move(secret);
  return key;
}

JwtKey JwtKey::public_key(std::string id, JwtAlgorithm algorithm, std::shared_ptr<EVP_PKEY> key) {
  JwtKey made;
  made.id_ = std::move(id);
  made.algorithm_ = algorithm;
  made.key_ = std::move(key);
  return made;
}

Result<std::vector<JwtKey>> read_jwks(std::string_view json) {
  const auto root = parse_json(json);
  if (!root) return root.error();
  const JsonNode* list = root->member("keys");
  if (list == nullptr || list->type != JsonNode::Type::list) return bad("has no list \"keys\"");
  if (list->items.size() > kKeysMax) return bad(fmt::format("has more than {} keys", kKeysMax));
  std::vector<JwtKey> keys;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto algorithm = algorithm_of(list->items[i]);
    if (!algorithm) continue;
    auto key = read_key(list->items[i], *algorithm);
    if (!key) return bad(fmt::format("key {}: {}", i, key.error().message));
    const bool is_taken = std::any_of(keys.begin(), keys.end(),
                                      [&](const JwtKey& other) { return other.id() == key->id(); });
    if (is_taken) return bad(fmt::format("key {}: kid \"{}\" appears twice", i, key->id()));
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return bad("has no key for EdDSA, ES256, RS256, PS256 or HS256");
  return keys;
}

}  // namespace adbacus
