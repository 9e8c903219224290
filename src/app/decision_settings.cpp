// The settings of ad decisions.
#include "app/config_setting.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kLifeMaxS = 86'400;
constexpr std::size_t kUrlBytesMax = 512;

Setting ranking() {
  Setting setting;
  setting.name = "decision.ranking";
  setting.meaning = "among line items of one priority: weighted_bid, priority, ecpm or thompson";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    const auto ranking = parse_ranking(text);
    if (!ranking) return bad_value("must be weighted_bid, priority, ecpm or thompson");
    config.decision.serving.decider.ranking = *ranking;
    return {};
  };
  setting.show = [](const Config& config) {
    return std::string(ranking_name(config.decision.serving.decider.ranking));
  };
  return setting;
}

Setting require_identity() {
  Setting setting;
  setting.name = "decision.require_identity";
  setting.meaning = "true: no ad for requests without user or session, whose caps nobody can keep";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    if (text != "true" && text != "false") return bad_value("must be true or false");
    config.decision.serving.decider.require_identity = text == "true";
    return {};
  };
  setting.show = [](const Config& config) -> std::string {
    return config.decision.serving.decider.require_identity ? "true" : "false";
  };
  return setting;
}

Setting public_url() {
  Setting setting;
  setting.name = "decision.public_url";
  setting.meaning =
      "how pages reach this server, for impression and click URLs: https://ads.example.com; empty: "
      "as the request's Host says";
  setting.set = [](Config& config, const std::string& text) -> Result<void> {
    const bool has_scheme = text.starts_with("https://") || text.starts_with("http://");
    if (!text.empty() && (!has_scheme || text.size() > kUrlBytesMax || text.ends_with('/') ||
                          text.find_first_of(" \"'<>\\") != std::string::npos)) {
      return bad_value("must be http(s)://host[:port][/path] without a slash at the end");
    }
    config.decision.serving.public_url = text;
    return {};
  };
  setting.show = [](const Config& config) { return config.decision.serving.public_url; };
  return setting;
}

}  // namespace

void add_decision_settings(std::vector<Setting>& rows) {
  rows.push_back(ranking());
  rows.push_back(require_identity());
  rows.push_back(public_url());
  rows.push_back(whole_number("decision.display_life_s",
                              "how long the impression of a display or text ad counts, seconds",
                              FIELD(decision.serving.display_life_s), 1, kLifeMaxS));
  rows.push_back(whole_number("decision.native_life_s",
                              "how long the impression of a native ad counts, seconds",
                              FIELD(decision.serving.native_life_s), 1, kLifeMaxS));
  rows.push_back(whole_number("decision.video_life_s",
                              "how long the impression of a video or audio ad counts, seconds",
                              FIELD(decision.serving.video_life_s), 1, kLifeMaxS));
  rows.push_back(whole_number("decision.reserve_s",
                              "how long a decision keeps its share of a budget, seconds",
                              FIELD(decision.keeper.reserve_s), 1, 120));
}

}  // namespace adbacus
