#include "enrich/agent/agent_parser.hpp"

#include <charconv>
#include <string>

#include "enrich/agent/agent_names.hpp"
#include "enrich/agent/client_hints.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kAgentBytesMax = 1024;
constexpr std::string_view kBotDevice = "Spider";  // uap-core's device of every bot
constexpr int kWindows11 = 13;  // first major platform version, as the hint's specification has it

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

// What is kept must be text, and short: names of anything else are dropped.
template <std::size_t BytesMax>
SmallText<BytesMax> plain(std::string_view text) {
  for (const char c : text)
    if (c < ' ' || c > '~') return {};
  return SmallText<BytesMax>(text);
}

std::string_view first_parts(std::string_view version, int parts) {
  std::size_t end = version.find('.');
  while (--parts > 0 && end != std::string_view::npos) end = version.find('.', end + 1);
  return version.substr(0, end);
}

// Windows 10 and 11 say "NT 10.0" in the agent; the hint tells them apart by its own numbers.
std::string_view windows_version(std::string_view hint) {
  int major = 0;
  const auto read = std::from_chars(hint.data(), hint.data() + hint.size(), major);
  if (read.ec != std::errc() || major == 0) return {};  // 0: 7 or 8, as the agent says
  return major >= kWindows11 ? "11" : "10";
}

void apply_hints(const ClientHints& hints, AgentFacts& facts) {
  if (!hints.brand.empty()) {
    const auto browser = plain<39>(browser_name(hints.brand));
    // "Chromium" alone names the engine of a browser that the agent may know better.
    if (hints.brand != "Chromium" || facts.browser.empty()) facts.browser = browser;
    facts.browser_version = plain<15>(first_parts(hints.brand_version, 1));
  }
  if (!hints.platform.empty() && hints.platform != "Unknown") {
    const auto os = plain<31>(os_name(hints.platform));
    if (!(os == facts.os)) facts.os_version = {};
    facts.os = os;
  }
  const bool is_windows = facts.os.view() == "Windows";
  const std::string_view version =
      is_windows ? windows_version(hints.platform_version) : first_parts(hints.platform_version, 2);
  if (!version.empty()) facts.os_version = plain<15>(version);
  if (!hints.is_mobile || facts.is_bot || facts.device == DeviceType::tv) return;
  if (*hints.is_mobile) {
    if (facts.device != DeviceType::tablet) facts.device = DeviceType::mobile;
  } else if (facts.os.view() == "Android") {
    facts.device = DeviceType::tablet;
  } else if (facts.device == DeviceType::unknown || facts.device == DeviceType::mobile) {
    facts.device = DeviceType::desktop;
  }
}

}  // namespace

AgentParser::AgentParser()
    : browsers_(browser_rules()), systems_(os_rules()), devices_(device_rules()) {}

void AgentParser::read_agent(std::string_view agent, AgentFacts& facts) const {
  const std::string lower = lower_case(agent);
  if (const auto browser = browsers_.first_match(agent, lower)) {
    facts.browser = plain<39>(browser_name(browser->name));
    if (!facts.browser.empty()) facts.browser_version = plain<15>(browser->major);
  }
  if (const auto os = systems_.first_match(agent, lower)) {
    facts.os = plain<31>(os_name(os->name));
    std::string version = os->major;
    if (!version.empty() && !os->minor.empty()) version += "." + os->minor;
    if (!facts.os.empty()) facts.os_version = plain<15>(version);
  }
  const auto device = devices_.first_match(agent, lower);
  facts.is_bot = device && device->name == kBotDevice;
  facts.device = facts.is_bot ? DeviceType::other : device_type_of(agent, facts.os.view());
}

AgentFacts AgentParser::parse(const AgentSigns& signs) const {
  AgentFacts facts;
  if (!signs.user_agent.empty()) read_agent(signs.user_agent.substr(0, kAgentBytesMax), facts);
  if (signs.has_hints()) apply_hints(read_client_hints(signs), facts);
  return facts;
}

SharedAgentParser::SharedAgentParser()
    : parser_(std::async(std::launch::async, []() -> std::unique_ptr<const AgentParser> {
                return std::make_unique<const AgentParser>();
              }).share()) {}

}  // namespace adbacus
