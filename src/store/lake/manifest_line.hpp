// The text form of one change of the lake's manifest (docs/formats/lake.md). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/lake/manifest.hpp"

namespace adbacus {

inline constexpr std::string_view kManifestHeader = "adbacus-lake 1\n";
inline constexpr std::string_view kManifestName = "adbacus-lake ";  // then the version
inline constexpr int kManifestVersion = 1;

// By its first line; such a manifest is not ours to touch.
bool manifest_is_newer(std::string_view content);

// With checksum and line end.
std::string manifest_line(const LakeChange& change);
// Without the line end; corrupt if the checksum or the grammar does not hold.
Result<LakeChange> parse_manifest_line(std::string_view line);

}  // namespace adbacus
