// The Transparency & Consent String of IAB Europe's TCF 2.2 and 2.3: Core.DisclosedVendors and
// further segments, each in web-safe base64. Read in place; the text must outlive what was read.
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "enrich/consent/base64_bits.hpp"

namespace adbacus {

// A bit for each vendor up to the greatest, or a list of ranges.
class VendorSet {
 public:
  VendorSet() = default;
  // Reads MaxVendorId and what follows it at `at`, which moves behind it. nullopt: cut off.
  static std::optional<VendorSet> read(const Base64Bits& bits, std::size_t& at);
  bool contains(unsigned vendor) const;
  std::vector<unsigned> list() const;  // ascending
  unsigned vendor_max() const { return vendor_max_; }

 private:
  Base64Bits bits_;
  std::size_t begin_ = 0;
  unsigned vendor_max_ = 0;
  unsigned entries_ = 0;
  bool is_range_ = false;
};

struct TcfString {
  unsigned version = 0;
  std::int64_t created_ds = 0;  // tenths of a second since 1970
  std::int64_t updated_ds = 0;
  unsigned cmp_id = 0;
  char language[2] = {};  // "EN"
  unsigned vendor_list_version = 0;
  unsigned policy_version = 0;
  bool is_service_specific = false;
  std::uint32_t special_features = 0;  // bit 0: the first
  std::uint32_t purposes_consent = 0;  // bit 0: purpose 1
  std::uint32_t purposes_interest = 0;
  char publisher_country[2] = {};
  VendorSet vendors;                   // with consent
  std::optional<VendorSet> disclosed;  // shown to the person; nullopt: no such segment

  bool has_purpose(unsigned number) const { return (purposes_consent >> (number - 1) & 1U) != 0; }
  // Of its own service, and by the policy that was in force when it was made, which since 2023
  // leaves no legitimate interest in choosing ads and content by profiles.
  bool is_valid() const;
  // It has consent and, where the string says who was shown to the person, was shown.
  bool allows_vendor(unsigned vendor) const;
};

// nullopt: it cannot be decoded, or is of another version than 2.
std::optional<TcfString> decode_tcf(std::string_view text);

}  // namespace adbacus
