// What is wrong with derived data on the disk, as somebody says who looked and changed nothing.
// Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace adbacus {

enum class DamageKind : std::uint8_t { damaged, missing, surplus };
constexpr std::string_view damage_kind_name(DamageKind kind) {
  switch (kind) {
    case DamageKind::damaged:
      return "damaged";
    case DamageKind::missing:
      return "missing";
    case DamageKind::surplus:
      return "surplus";
  }
  return "";
}

struct StoredDamage {
  DamageKind kind = DamageKind::damaged;
  std::string name;  // a file in the data folder, with the line of a manifest or the table
  std::string detail;
  // A crash leaves such a thing behind, nothing is lost with it and the next start removes it.
  // Behind a stop in order it is as wrong as all else.
  bool left_by_crash = false;
};

}  // namespace adbacus
