#include "enrich/consent/consent_verdict.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "enrich/consent/gpp_string.hpp"
#include "enrich/consent/tcf_string.hpp"

namespace adbacus {
namespace {

// The EEA, the United Kingdom and Switzerland.
constexpr std::array<std::string_view, 32> kGdprCountries{
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"};

// Whether the list names `id`; an empty list names all.
bool applies(std::string_view sids, unsigned id) {
  unsigned number = 0;
  bool in_number = false;
  bool is_empty = true;
  bool found = false;
  const auto close = [&] {
    found = found || (in_number && number == id);
    number = 0;
    in_number = false;
  };
  for (const char c : sids) {
    if (c >= '0' && c <= '9') {
      number = std::min(number * 10 + static_cast<unsigned>(c - '0'), 1'000'000U);
      in_number = true;
      is_empty = false;
    } else {
      close();
    }
  }
  close();
  return is_empty || found;
}

struct GppFindings {
  std::string_view tcf = {};
  bool opts_out = false;
};

GppFindings read_gpp(const ConsentSignals& signals) {
  GppFindings findings;
  if (signals.gpp.empty()) return findings;
  const auto gpp = decode_gpp(signals.gpp);
  if (!gpp) return findings;
  for (std::size_t i = 0; i < gpp->count; ++i) {
    const GppSection& section = gpp->sections[i];
    if (!applies(signals.gpp_sid, section.id)) continue;
    if (section.id == gpp_section_id::tcf_eu) {
      findings.tcf = section.text;
    } else {
      findings.opts_out = findings.opts_out || says_opt_out(section);
    }
  }
  return findings;
}

bool gdpr_applies(const ConsentSignals& signals, const ConsentRules& rules, std::string_view tcf,
                  GdprPlace place, bool unknown_is_inside) {
  if (signals.gdpr) return *signals.gdpr;
  switch (rules.gdpr_default) {
    case GdprDefault::applies:
      return true;
    case GdprDefault::never:
      return false;
    case GdprDefault::automatic:
      break;
  }
  if (!tcf.empty() || place == GdprPlace::inside) return true;
  return place == GdprPlace::unknown && unknown_is_inside;
}

std::uint8_t judge_tcf(std::string_view text, std::uint16_t vendor) {
  const auto tcf = decode_tcf(text);
  if (!tcf || !tcf->is_valid()) return denied::all;
  if (vendor != 0 && !tcf->allows_vendor(vendor)) return denied::all;
  unsigned bits = 0;
  if (!tcf->has_purpose(1))
    bits |= denied::identity | denied::measurement | denied::outbound | denied::cross_context;
  if (!tcf->has_purpose(2)) bits |= denied::selection;
  if (!tcf->has_purpose(3) || !tcf->has_purpose(4)) bits |= denied::personalisation;
  if (!tcf->has_purpose(7)) bits |= denied::measurement;
  return static_cast<std::uint8_t>(bits);
}

}  // namespace

std::optional<bool> parse_grant(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (lower == "true" || lower == "1" || lower.ends_with("granted")) return true;
  if (lower == "false" || lower == "0" || lower.ends_with("denied")) return false;
  return std::nullopt;
}

GdprPlace gdpr_place(std::string_view country) {
  if (country.empty()) return GdprPlace::unknown;
  const bool inside = std::binary_search(kGdprCountries.begin(), kGdprCountries.end(), country);
  return inside ? GdprPlace::inside : GdprPlace::outside;
}

std::uint8_t judge_consent(const ConsentSignals& signals, const ConsentRules& rules,
                           GdprPlace place, bool unknown_is_inside) {
  const GppFindings gpp = read_gpp(signals);
  const std::string_view tcf = signals.tcf.empty() ? gpp.tcf : signals.tcf;
  unsigned bits = signals.coppa ? denied::child : 0U;
  if (signals.lmt) bits |= denied::personalisation;
  if (gdpr_applies(signals, rules, tcf, place, unknown_is_inside))
    bits |= judge_tcf(tcf, rules.tcf_vendor_id);
  if (signals.gpc || gpp.opts_out || us_privacy_opts_out(signals.us_privacy))
    bits |= denied::outbound | denied::personalisation | denied::cross_context;
  if (signals.ad_user_data == false) bits |= denied::outbound;
  if (signals.ad_personalization == false) bits |= denied::personalisation;
  return static_cast<std::uint8_t>(bits);
}

}  // namespace adbacus
