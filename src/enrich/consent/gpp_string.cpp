#include "enrich/consent/gpp_string.hpp"

#include "enrich/consent/base64_bits.hpp"

namespace adbacus {
namespace {

constexpr unsigned kType = 3;
constexpr unsigned kVersion = 1;
constexpr unsigned kIdMax = 1U << 16U;
constexpr unsigned kGpcSegment = 1;
constexpr unsigned kOptedOut = 1;

// Fibonacci code (Zeckendorf, the least first, closed by a second 1). 0: cut off or too large.
unsigned take_fibonacci(const Base64Bits& bits, std::size_t& at) {
  unsigned value = 0;
  unsigned weight = 1;
  unsigned next = 2;
  bool was_set = false;
  for (; bits.has(at, 1); ++at) {
    const bool is_set = bits.read(at, 1) != 0;
    if (is_set && was_set) {
      ++at;
      return value <= kIdMax ? value : 0;
    }
    if (is_set) value += weight;
    if (value > kIdMax || weight > kIdMax) return 0;
    const unsigned sum = weight + next;
    weight = next;
    next = sum;
    was_set = is_set;
  }
  return 0;
}

// The ids of the header. False: malformed, or more than fit.
bool read_header(std::string_view text, GppString& out) {
  const auto bits = Base64Bits::of(text);
  if (!bits || !bits->has(0, 24)) return false;
  if (bits->read(0, 6) != kType || bits->read(6, 6) != kVersion) return false;
  const auto items = static_cast<unsigned>(bits->read(12, 12));
  std::size_t at = 24;
  unsigned last = 0;
  for (unsigned i = 0; i < items; ++i) {
    if (!bits->has(at, 1)) return false;
    const bool is_group = bits->read(at++, 1) != 0;
    const unsigned offset = take_fibonacci(*bits, at);
    const unsigned length = is_group ? take_fibonacci(*bits, at) : 0;
    if (offset == 0 || (is_group && length == 0)) return false;
    const unsigned first = last + offset;
    last = first + length;
    if (last > kIdMax) return false;
    for (unsigned id = first; id <= last; ++id) {
      if (out.count == GppString::kSectionsMax) return false;
      out.sections[out.count++].id = id;
    }
  }
  return true;
}

// First bit of each field that says "opted out" by the value 1, two bits each.
struct OptOuts {
  unsigned section;
  std::array<unsigned, 3> at;  // 0: none
};
constexpr std::array<OptOuts, 5> kOptOuts{{{gpp_section_id::us_national, {18, 20, 22}},
                                           {gpp_section_id::us_california, {12, 14, 0}},
                                           {gpp_section_id::us_virginia, {12, 14, 0}},
                                           {gpp_section_id::us_colorado, {12, 14, 0}},
                                           {gpp_section_id::us_utah, {14, 16, 0}}}};

bool core_opts_out(const OptOuts& row, std::string_view core) {
  const auto bits = Base64Bits::of(core);
  if (!bits) return false;
  for (const unsigned at : row.at)
    if (at != 0 && bits->has(at, 2) && bits->read(at, 2) == kOptedOut) return true;
  return false;
}

}  // namespace

std::string_view GppString::section(unsigned id) const {
  for (std::size_t i = 0; i < count; ++i)
    if (sections[i].id == id) return sections[i].text;
  return {};
}

std::optional<GppString> decode_gpp(std::string_view text) {
  GppString out;
  std::size_t end = text.find('~');
  if (!read_header(text.substr(0, end), out)) return std::nullopt;
  for (std::size_t i = 0; i < out.count; ++i) {
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
    end = text.find('~');
    out.sections[i].text = text.substr(0, end);
  }
  if (end != std::string_view::npos) return std::nullopt;
  return out;
}

bool us_privacy_opts_out(std::string_view text) {
  return text.size() == 4 && text[0] == '1' && (text[2] == 'Y' || text[2] == 'y');
}

bool says_opt_out(const GppSection& section) {
  if (section.id == gpp_section_id::us_privacy) return us_privacy_opts_out(section.text);
  for (const OptOuts& row : kOptOuts) {
    if (row.section != section.id) continue;
    std::string_view rest = section.text;
    if (core_opts_out(row, rest.substr(0, rest.find('.')))) return true;
    while (rest.find('.') != std::string_view::npos) {
      rest.remove_prefix(rest.find('.') + 1);
      const auto bits = Base64Bits::of(rest.substr(0, rest.find('.')));
      if (bits && bits->has(0, 3) && bits->read(0, 2) == kGpcSegment && bits->read(2, 1) != 0)
        return true;
    }
  }
  return false;
}

}  // namespace adbacus
