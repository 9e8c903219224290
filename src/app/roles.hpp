// What a process does: takes events in, folds them, answers reports, decides on ads. `adbacus
// serve` does all;
// --roles names some.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

struct Roles {
  bool ingest = true;
  bool process = true;
  bool report = true;
  bool decide = true;
};

// "ingest,process" in any order. The store on one machine is filled by the process that reads it,
// so `report` needs `process`,
// and so does `decide`, whose budgets go by its counts.
Result<Roles> parse_roles(std::string_view text);
std::string roles_text(const Roles& roles);

}  // namespace adbacus
