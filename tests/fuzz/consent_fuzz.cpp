// libFuzzer target: privacy strings. The first line is read as a TCF, a GPP and a US privacy string
// by itself and within an event's signals, the second as its gpp_sid. Checked besides memory
// safety: what is decoded agrees with itself, and no string gives what a missing one denies.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "enrich/consent/consent_verdict.hpp"
#include "enrich/consent/gpp_string.hpp"
#include "enrich/consent/tcf_string.hpp"

namespace {

using namespace adbacus;

void demand(bool holds) {
  if (!holds) std::abort();
}

void check_vendors(const VendorSet& vendors) {
  demand(!vendors.contains(0) && !vendors.contains(vendors.vendor_max() + 1));
  if (vendors.vendor_max() > 256) return;  // a list of ranges costs its square
  for (const unsigned vendor : vendors.list()) demand(vendors.contains(vendor));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view text = input.substr(0, line);
  const std::string_view sids = line == std::string_view::npos ? "" : input.substr(line + 1);
  const auto tcf = decode_tcf(text);
  if (tcf) {
    demand(tcf->version == 2);
    check_vendors(tcf->vendors);
    if (tcf->disclosed) check_vendors(*tcf->disclosed);
  }
  if (const auto gpp = decode_gpp(text)) {
    for (std::size_t i = 1; i < gpp->count; ++i)
      demand(gpp->sections[i - 1].id < gpp->sections[i].id);
  }
  const auto judge = [](const ConsentSignals& signals, std::uint16_t vendor) {
    return judge_consent(signals, {.tcf_vendor_id = vendor}, GdprPlace::unknown, false);
  };
  const std::uint8_t by_tcf = judge({.gdpr = true, .tcf = text}, 7);
  demand((by_tcf & ~denied::all) == 0);
  demand(by_tcf == denied::all || (tcf && tcf->is_valid() && tcf->vendors.contains(7)));
  demand((judge({.gpp = text, .gpp_sid = sids}, 0) & ~denied::all) == 0);
  const std::uint8_t of_a_child = judge({.coppa = true}, 0);
  demand(of_a_child != 0);
  demand((judge({.gpp = text, .coppa = true}, 0) & of_a_child) == of_a_child);
  return 0;
}
