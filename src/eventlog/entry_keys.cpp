#include "eventlog/entry_keys.hpp"

#include <charconv>
#include <fmt/core.h>
#include <initializer_list>

#include "base/short_text.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

// Parts joined by NUL, which no id contains, so ("a","bc") and ("ab","c") differ. Ids are at most
// 128 bytes; longer input only costs an allocation.
class JoinedParts {
 public:
  explicit JoinedParts(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) {
      if (!first_) append(std::string_view("\0", 1));
      first_ = false;
      append(part);
    }
  }
  std::string_view view() const {
    return long_.empty() ? std::string_view(short_, size_) : std::string_view(long_);
  }

 private:
  void append(std::string_view part) {
    if (long_.empty() && size_ + part.size() <= sizeof short_) {
      put_text(short_ + size_, part);
      size_ += part.size();
      return;
    }
    if (long_.empty()) long_.assign(short_, size_);
    long_.append(part);
  }

  char short_[512];
  std::size_t size_ = 0;
  std::string long_;
  bool first_ = true;
};

// Different kinds of keys are hashed under different seeds, so equal texts never meet.
constexpr std::uint64_t kTransactionSalt = 0x7472616e73616374ULL;
constexpr std::uint64_t kDecisionSalt = 0x6465636973696f6eULL;
constexpr std::uint64_t kImportSalt = 0x696d706f72742d72ULL;
constexpr std::uint64_t kContentSeed = 0;
constexpr std::size_t kUuidPrefixDigits = 8;

IdScope scope_of(const Event& event) {
  if (!event.import_run.empty()) return IdScope::import_run;
  return event.type == EventType::conversion ? IdScope::conversion : IdScope::live;
}

// Conversions are told apart by their transactions, and an import is apart from what is live.
bool uses_decision(const Event& event, IdScope scope) {
  return (event.flags & event_flag::signed_decision) != 0 && scope == IdScope::live &&
         (event.type == EventType::impression || event.type == EventType::viewable_impression ||
          event.type == EventType::click);
}

template <class Encode>
void add_encoded(const Event& event, std::uint64_t hash_seed, AppendBatch& batch, Encode&& encode) {
  EntryMeta& meta = batch.entries.emplace_back(make_entry_keys(event, hash_seed));
  const std::size_t begin = batch.bytes.size();
  encode(event, batch.bytes);
  meta.offset = static_cast<std::uint32_t>(begin);
  meta.length = static_cast<std::uint32_t>(batch.bytes.size() - begin);
  meta.content_hash = hash64(std::string_view(batch.bytes).substr(begin), kContentSeed);
}

}  // namespace

EntryMeta make_entry_keys(const Event& event, std::uint64_t hash_seed) {
  EntryMeta meta;
  meta.scope = scope_of(event);
  meta.status = event.status;
  meta.id_key = hash128(JoinedParts({event.tenant, event.event_id}).view(), hash_seed);
  const std::uint64_t route =
      hash64(JoinedParts({event.tenant, routing_key(event)}).view(), hash_seed);
  meta.partition = static_cast<Partition>(route % kPartitions);
  if (event.type == EventType::conversion && !event.transaction_id.empty()) {
    const JoinedParts parts({event.tenant, event.conversion_type, event.transaction_id});
    meta.transaction_key = hash128(parts.view(), hash_seed ^ kTransactionSalt);
  }
  if (uses_decision(event, meta.scope)) {
    const JoinedParts parts({event.tenant, event_type_name(event.type), event.decision_id});
    meta.transaction_key = hash128(parts.view(), hash_seed ^ kDecisionSalt);
  }
  if (meta.scope == IdScope::import_run) {
    meta.import_key = import_run_key(event.tenant, event.import_run, hash_seed);
  }
  return meta;
}

Hash128 import_run_key(std::string_view tenant, std::string_view run, std::uint64_t hash_seed) {
  return hash128(JoinedParts({tenant, run}).view(), hash_seed ^ kImportSalt);
}

void add_event(const Event& event, std::uint64_t hash_seed, AppendBatch& batch) {
  add_encoded(event, hash_seed, batch, encode_event);
}

void add_event(const Event& event, std::uint64_t hash_seed, EventEncoder& encoder,
               AppendBatch& batch) {
  add_encoded(event, hash_seed, batch,
              [&encoder](const Event& e, std::string& out) { encoder.encode(e, out); });
}

std::string position_token(const LogIdentity& log, Seq seq) {
  return fmt::format("{}-{}", std::string_view(log.uuid).substr(0, kUuidPrefixDigits), seq);
}

Result<Seq> parse_position(const LogIdentity& log, std::string_view token) {
  const Error not_a_token{ErrorCode::invalid_argument, "position: not a position token"};
  if (token.size() < kUuidPrefixDigits + 2 || token[kUuidPrefixDigits] != '-') return not_a_token;
  const std::string_view prefix = token.substr(0, kUuidPrefixDigits);
  if (prefix.find_first_not_of("0123456789abcdef") != std::string_view::npos) return not_a_token;
  const std::string_view digits = token.substr(kUuidPrefixDigits + 1);
  Seq seq = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (error != std::errc() || end != digits.data() + digits.size()) return not_a_token;
  if (prefix != std::string_view(log.uuid).substr(0, kUuidPrefixDigits)) {
    return Error{ErrorCode::conflict, "position: the token belongs to another log"};
  }
  return seq;
}

}  // namespace adbacus
