#include "enrich/consent/tcf_string.hpp"

namespace adbacus {
namespace {

constexpr unsigned kVersion = 2;
constexpr std::size_t kMaxVendorAt = 213;
constexpr unsigned kDisclosedSegment = 1;
// Strings made after 30 September 2023 follow policy 4 or a later one.
constexpr unsigned kPolicyMin = 4;
constexpr std::int64_t kPolicyFromDs = 16'961'184'000;  // 2023-10-01T00:00:00Z
constexpr std::uint32_t kNoInterest = 0b111100;         // purposes 3 to 6
constexpr unsigned kRangeEntryBits = 17;                // one vendor; 33 with its end

unsigned number(const Base64Bits& bits, std::size_t at, unsigned count) {
  return static_cast<unsigned>(bits.read(at, count));
}

// Bit 0 is the first that stands there.
std::uint32_t flags(const Base64Bits& bits, std::size_t at, unsigned count) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < count; ++i) out |= number(bits, at + i, 1) << i;
  return out;
}

void letters(const Base64Bits& bits, std::size_t at, char (&out)[2]) {
  out[0] = static_cast<char>('A' + number(bits, at, 6));
  out[1] = static_cast<char>('A' + number(bits, at + 6, 6));
}

}  // namespace

std::optional<VendorSet> VendorSet::read(const Base64Bits& bits, std::size_t& at) {
  VendorSet set;
  if (!bits.has(at, 17)) return std::nullopt;
  set.bits_ = bits;
  set.vendor_max_ = number(bits, at, 16);
  set.is_range_ = number(bits, at + 16, 1) != 0;
  at += 17;
  if (!set.is_range_) {
    set.begin_ = at;
    if (!bits.has(at, set.vendor_max_)) return std::nullopt;
    at += set.vendor_max_;
    return set;
  }
  if (!bits.has(at, 12)) return std::nullopt;
  set.entries_ = number(bits, at, 12);
  at += 12;
  set.begin_ = at;
  for (unsigned i = 0; i < set.entries_; ++i) {
    if (!bits.has(at, kRangeEntryBits)) return std::nullopt;
    at += kRangeEntryBits + (number(bits, at, 1) != 0 ? 16 : 0);
  }
  if (!bits.has(at, 0)) return std::nullopt;
  return set;
}

bool VendorSet::contains(unsigned vendor) const {
  if (vendor == 0 || vendor > vendor_max_) return false;
  if (!is_range_) return number(bits_, begin_ + vendor - 1, 1) != 0;
  std::size_t at = begin_;
  for (unsigned i = 0; i < entries_; ++i) {
    const bool has_end = number(bits_, at, 1) != 0;
    const unsigned first = number(bits_, at + 1, 16);
    const unsigned last = has_end ? number(bits_, at + kRangeEntryBits, 16) : first;
    if (vendor >= first && vendor <= last) return true;
    at += kRangeEntryBits + (has_end ? 16 : 0);
  }
  return false;
}

std::vector<unsigned> VendorSet::list() const {
  std::vector<unsigned> out;
  for (unsigned vendor = 1; vendor <= vendor_max_; ++vendor)
    if (contains(vendor)) out.push_back(vendor);
  return out;
}

bool TcfString::is_valid() const {
  if (!is_service_specific) return false;
  if (policy_version < kPolicyMin) return created_ds < kPolicyFromDs;
  return (purposes_interest & kNoInterest) == 0;
}

bool TcfString::allows_vendor(unsigned vendor) const {
  return vendors.contains(vendor) && (!disclosed || disclosed->contains(vendor));
}

std::optional<TcfString> decode_tcf(std::string_view text) {
  const std::size_t core_end = text.find('.');
  const auto core = Base64Bits::of(text.substr(0, core_end));
  if (!core || !core->has(0, kMaxVendorAt)) return std::nullopt;
  TcfString out;
  out.version = number(*core, 0, 6);
  if (out.version != kVersion) return std::nullopt;
  out.created_ds = static_cast<std::int64_t>(core->read(6, 36));
  out.updated_ds = static_cast<std::int64_t>(core->read(42, 36));
  out.cmp_id = number(*core, 78, 12);
  letters(*core, 108, out.language);
  out.vendor_list_version = number(*core, 120, 12);
  out.policy_version = number(*core, 132, 6);
  out.is_service_specific = number(*core, 138, 1) != 0;
  out.special_features = flags(*core, 140, 12);
  out.purposes_consent = flags(*core, 152, 24);
  out.purposes_interest = flags(*core, 176, 24);
  letters(*core, 201, out.publisher_country);
  std::size_t at = kMaxVendorAt;
  const auto vendors = VendorSet::read(*core, at);
  if (!vendors) return std::nullopt;
  out.vendors = *vendors;
  while (text.find('.') != std::string_view::npos) {
    text.remove_prefix(text.find('.') + 1);
    const auto segment = Base64Bits::of(text.substr(0, text.find('.')));
    if (!segment) return std::nullopt;
    if (!segment->has(0, 3) || segment->read(0, 3) != kDisclosedSegment) continue;
    at = 3;
    out.disclosed = VendorSet::read(*segment, at);
    if (!out.disclosed) return std::nullopt;
  }
  return out;
}

}  // namespace adbacus
