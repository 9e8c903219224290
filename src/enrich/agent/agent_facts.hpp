// What is known of the program and the device behind a request. Values, free of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace adbacus {

// As targeting and OpenRTB requests name them.
enum class DeviceType : std::uint8_t { unknown, mobile, tablet, desktop, tv, other };
std::string_view device_type_name(DeviceType type);  // "" for unknown

// A short text that needs no memory of its own; what is longer is cut.
template <std::size_t BytesMax>
class SmallText {
 public:
  SmallText() = default;
  explicit SmallText(std::string_view text)
      : size_(static_cast<std::uint8_t>(std::min(text.size(), BytesMax))) {
    static_assert(BytesMax < 256);
    std::copy_n(text.data(), size_, bytes_.data());
  }
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const SmallText& a, const SmallText& b) { return a.view() == b.view(); }

 private:
  std::uint8_t size_ = 0;
  std::array<char, BytesMax> bytes_{};
};

// Empty: not known.
struct AgentFacts {
  DeviceType device = DeviceType::unknown;
  bool is_bot = false;            // it says so itself
  SmallText<31> os;               // "Windows", "macOS", "Android", "iOS", "Linux", "Chrome OS", ...
  SmallText<15> os_version;       // "17.4", "10"
  SmallText<39> browser;          // "Chrome", "Safari", "Firefox", "Edge", ...
  SmallText<15> browser_version;  // the major one, "124"
  friend bool operator==(const AgentFacts&, const AgentFacts&) = default;
};

// What a request says of its program. Texts are views into the request.
struct AgentSigns {
  std::string_view user_agent = {};
  // User-Agent client hints, as header fields: Sec-CH-UA (or its -Full-Version-List),
  // Sec-CH-UA-Mobile, Sec-CH-UA-Platform, Sec-CH-UA-Platform-Version.
  std::string_view brands = {};
  std::string_view mobile = {};
  std::string_view platform = {};
  std::string_view platform_version = {};
  // The same as OpenRTB 2.6 writes it, a JSON object (BrandVersions of `sua`). Beats the header.
  std::string_view structured = {};

  bool has_hints() const { return !brands.empty() || !platform.empty() || !structured.empty(); }
  bool empty() const { return user_agent.empty() && !has_hints(); }
};

}  // namespace adbacus
