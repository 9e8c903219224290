#include "app/pseudonym_files.hpp"

#include <charconv>
#include <optional>

#include "base/logging.hpp"
#include "ingest/pseudonym_keys.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kHashKeyDigits = 32;
constexpr const char* kFormerKey = "/ip_hash.key";

std::optional<IpHashKey> parse_ip_hash_key(std::string_view text) {
  IpHashKey key{};
  if (text.size() != kHashKeyDigits) return std::nullopt;
  for (std::uint64_t& half : key) {
    const char* end = text.data() + kHashKeyDigits / 2;
    const auto [stopped, error] = std::from_chars(text.data(), end, half, 16);
    if (error != std::errc() || stopped != end) return std::nullopt;
    text.remove_prefix(kHashKeyDigits / 2);
  }
  return key;
}

}  // namespace

Result<void> load_pseudonym_keys(FileSystem& fs, const DataPaths& paths,
                                 const std::string& ip_hash_key, TimeUs now_us,
                                 IngestOptions& ingest) {
  if (!ip_hash_key.empty()) {
    const auto key = parse_ip_hash_key(ip_hash_key);
    if (!key) return Error{ErrorCode::invalid_argument, "ip_hash_key has not 32 hex digits"};
    ingest.ip_hash_key = *key;
  }
  const std::string former = paths.folder + kFormerKey;
  const auto there = fs.exists(former);
  if (!there) return there.error();
  if (*there) {
    if (auto removed = fs.remove(former); !removed) return removed;
    log_info("addresses are hashed by keys that change each day; the former key is removed");
  }
  ingest.pseudonym_keys = std::make_shared<PseudonymKeys>(fs, paths.pseudonym_keys);
  ingest.pseudonym_keys->at(now_us);
  return {};
}

}  // namespace adbacus
