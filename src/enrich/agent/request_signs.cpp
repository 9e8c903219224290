#include "enrich/agent/request_signs.hpp"

#include <simdjson.h>

#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kAgentBytesMax = 8 * 1024;
constexpr std::size_t kHintBytesMax = 512;
constexpr std::string_view kHintPrefix = "sec-ch-ua";

void take_agent(std::string_view agent, RequestSigns& signs) {
  signs.has_bad_user_agent =
      agent.size() > kAgentBytesMax || !simdjson::validate_utf8(agent.data(), agent.size());
  signs.agent.user_agent = signs.has_bad_user_agent ? std::string_view() : agent;
}

// `name` begins with the prefix.
void take_hint(std::string_view name, std::string_view value, AgentSigns& agent) {
  if (value.size() > kHintBytesMax) return;
  name.remove_prefix(kHintPrefix.size());
  if (name.empty()) {
    agent.brands = value;
  } else if (http::equals_ignoring_case(name, "-mobile")) {
    agent.mobile = value;
  } else if (http::equals_ignoring_case(name, "-platform")) {
    agent.platform = value;
  } else if (http::equals_ignoring_case(name, "-platform-version")) {
    agent.platform_version = value;
  }
}

}  // namespace

SmallText<3> primary_language(std::string_view accept_language) {
  std::string_view first = http::take_element(accept_language, ',');
  first = first.substr(0, first.find_first_of("-_;"));
  std::string language;
  for (const char c : first) language += http::lower_ascii(c);
  const bool is_language =
      language.size() >= 2 && language.size() <= 3 &&
      language.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  return is_language ? SmallText<3>(language) : SmallText<3>();
}

RequestSigns signs_of_device(const http::Request& request) {
  RequestSigns signs;
  for (const auto& [name, value] : request.headers) {
    if (http::equals_ignoring_case(name, "user-agent")) {
      take_agent(value, signs);
    } else if (http::equals_ignoring_case(name, "accept-language")) {
      signs.language = primary_language(value);
    } else if (http::equals_ignoring_case(name.substr(0, kHintPrefix.size()), kHintPrefix)) {
      take_hint(name, value, signs.agent);
    }
  }
  return signs;
}

RequestSigns signs_of_forwarder(const http::Request& request) {
  RequestSigns signs;
  take_agent(request.header("x-device-user-agent"), signs);
  return signs;
}

}  // namespace adbacus
