// The settings of what people's privacy signals mean.
#include "app/config_setting.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kVendorsMax = 65'535;  // of IAB Europe's list: 16 bits in a TCF string

Setting gdpr_default() {
  Setting setting;
  setting.name = "privacy.gdpr_default";
  setting.meaning =
      "whether GDPR applies where the sender does not say: auto (where a TCF string is sent, or "
      "geo.place_file says EEA, UK or CH), true or false";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    GdprDefault& value = config.ingest.consent.gdpr_default;
    if (text == "auto") {
      value = GdprDefault::automatic;
    } else if (text == "true") {
      value = GdprDefault::applies;
    } else if (text == "false") {
      value = GdprDefault::never;
    } else {
      return bad_value("must be auto, true or false");
    }
    return {};
  };
  setting.show = [](const Config& config) -> std::string {
    switch (config.ingest.consent.gdpr_default) {
      case GdprDefault::automatic:
        return "auto";
      case GdprDefault::applies:
        return "true";
      case GdprDefault::never:
        return "false";
    }
    return "";
  };
  return setting;
}

Setting visitor_ids() {
  return choice<bool>("privacy.visitor_ids",
                      "whether events of nobody, of a known address and user agent, get a session "
                      "id made of these and a key that is forgotten after two days",
                      {{"true", true}, {"false", false}}, FIELD(ingest.makes_visitor_ids));
}

}  // namespace

void add_privacy_settings(std::vector<Setting>& rows) {
  rows.push_back(visitor_ids());
  rows.push_back(gdpr_default());
  rows.push_back(whole_number("privacy.tcf_vendor_id",
                              "our number in IAB Europe's list of vendors, whose bit a TCF string "
                              "must have; 0: no bit is looked at",
                              FIELD(ingest.consent.tcf_vendor_id), 0, kVendorsMax));
}

}  // namespace adbacus
