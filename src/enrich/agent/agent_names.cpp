#include "enrich/agent/agent_names.hpp"

namespace adbacus {
namespace {

struct Name {
  std::string_view from;
  std::string_view to;
};

constexpr Name kBrowsers[] = {
    {"Other", ""},
    {"Google Chrome", "Chrome"},
    {"Chrome Mobile", "Chrome"},
    {"Chrome Mobile iOS", "Chrome"},
    {"Chromium", "Chrome"},
    {"Chrome Mobile WebView", "Android WebView"},
    {"Mobile Safari", "Safari"},
    {"Mobile Safari UI/WKWebView", "iOS WebView"},
    {"Firefox Mobile", "Firefox"},
    {"Firefox iOS", "Firefox"},
    {"Firefox (Minefield)", "Firefox"},
    {"Microsoft Edge", "Edge"},
    {"Edge Mobile", "Edge"},
    {"Microsoft Edge WebView2", "Edge"},
    {"Opera Mobile", "Opera"},
    {"Opera Touch", "Opera"},
    {"IE Mobile", "IE"},
    {"Android Browser", "Android"},
    {"YaBrowser", "Yandex Browser"},
};

constexpr Name kSystems[] = {
    {"Other", ""},
    {"Mac OS X", "macOS"},
    {"Mac OS", "macOS"},
    {"ATV OS X", "tvOS"},
    {"Chromium OS", "Chrome OS"},
    {"Ubuntu", "Linux"},
    {"Debian", "Linux"},
    {"Fedora", "Linux"},
    {"Red Hat", "Linux"},
    {"CentOS", "Linux"},
    {"SUSE", "Linux"},
    {"openSUSE", "Linux"},
    {"Gentoo", "Linux"},
    {"Slackware", "Linux"},
    {"Mandriva", "Linux"},
    {"Linux Mint", "Linux"},
    {"Arch Linux", "Linux"},
    {"Kubuntu", "Linux"},
};

template <class Names>
std::string_view renamed(const Names& names, std::string_view name) {
  for (const Name& row : names)
    if (row.from == name) return row.to;
  return name;
}

template <class... Words>
bool has_any(std::string_view text, Words... words) {
  return ((text.find(words) != std::string_view::npos) || ...);
}

// Fire TV's models: AFTB, AFTT, AFTMM, ...
bool is_fire_tv(std::string_view agent) {
  const std::size_t at = agent.find("; AFT");
  return at != std::string_view::npos && at + 5 < agent.size() && agent[at + 5] >= 'A' &&
         agent[at + 5] <= 'Z';
}

bool is_tv(std::string_view agent) {
  return is_fire_tv(agent) ||
         has_any(agent, "SmartTV", "SMART-TV", "Smart TV", "SmartHub", "AppleTV", "Apple TV",
                 "GoogleTV", "Google TV", "Android TV", "HbbTV", "NetCast", "Web0S", "NETTV",
                 "BRAVIA", "Roku", "CrKey", "VIERA", "InettvBrowser", "DTV", "; TV", " TV Build");
}

}  // namespace

std::string_view browser_name(std::string_view name) {
  return renamed(kBrowsers, name);
}

std::string_view os_name(std::string_view name) {
  return renamed(kSystems, name);
}

DeviceType device_type_of(std::string_view agent, std::string_view os) {
  if (os == "tvOS" || is_tv(agent)) return DeviceType::tv;
  if (has_any(agent, "PlayStation", "Xbox", "Nintendo") || os == "watchOS")
    return DeviceType::other;
  if (has_any(agent, "iPad", "Tablet", "PlayBook", "Kindle")) {
    // "Tablet PC" is a desktop's keyboardless cousin of 2004, said by desktops until 2015.
    if (os != "Windows") return DeviceType::tablet;
  }
  if (has_any(agent, "iPhone", "iPod", "Mobi", "Opera Mini", "BlackBerry", "Symbian", "KAIOS") ||
      os == "Windows Phone")
    return DeviceType::mobile;
  if (os == "Android") {
    // Browsers of phones say "Mobile"; apps' agents seldom do.
    const bool is_browser = agent.starts_with("Mozilla/");
    return is_browser || has_any(agent, "; SM-T", "; SM-X") ? DeviceType::tablet
                                                            : DeviceType::mobile;
  }
  if (os == "iOS") return DeviceType::mobile;
  if (os == "Windows" || os == "macOS" || os == "Linux" || os == "Chrome OS")
    return DeviceType::desktop;
  return DeviceType::unknown;
}

std::string_view device_type_name(DeviceType type) {
  switch (type) {
    case DeviceType::unknown:
      return "";
    case DeviceType::mobile:
      return "mobile";
    case DeviceType::tablet:
      return "tablet";
    case DeviceType::desktop:
      return "desktop";
    case DeviceType::tv:
      return "tv";
    case DeviceType::other:
      return "other";
  }
  return "";
}

}  // namespace adbacus
