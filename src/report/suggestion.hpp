// Turns "unknown name" into a message that helps: the nearest known name, and all of them.
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace adbacus {

// "unknown metric 'clikcs'; did you mean 'clicks'? Known: ..."
std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& known);

}  // namespace adbacus
