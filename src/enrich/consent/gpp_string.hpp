// The Global Privacy Platform string of IAB Tech Lab: a header that lists the sections, and the
// sections, with '~' between them. Read in place. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace adbacus {

namespace gpp_section_id {
inline constexpr unsigned tcf_eu = 2;
inline constexpr unsigned tcf_canada = 5;
inline constexpr unsigned us_privacy = 6;
inline constexpr unsigned us_national = 7;
inline constexpr unsigned us_california = 8;
inline constexpr unsigned us_virginia = 9;
inline constexpr unsigned us_colorado = 10;
inline constexpr unsigned us_utah = 11;
}  // namespace gpp_section_id

struct GppSection {
  unsigned id = 0;
  std::string_view text = {};
};

struct GppString {
  static constexpr std::size_t kSectionsMax = 32;
  std::array<GppSection, kSectionsMax> sections{};  // by ascending id
  std::size_t count = 0;

  std::string_view section(unsigned id) const;  // "" if it is not there
};

// nullopt: malformed, more than kSectionsMax sections, or not as many as the header says.
std::optional<GppString> decode_gpp(std::string_view text);

// Whether a US section (id 6 to 11) says that the person opted out of the sale or sharing of data
// or of targeted advertising, or has GPC on. A section that cannot be read says nothing.
bool says_opt_out(const GppSection& section);

// The US privacy string: "1YNN" opted out.
bool us_privacy_opts_out(std::string_view text);

}  // namespace adbacus
