#include "app/roles.hpp"

#include <algorithm>

namespace adbacus {

Result<Roles> parse_roles(std::string_view text) {
  Roles roles{false, false, false, false};
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, comma);
    if (name == "ingest") {
      roles.ingest = true;
    } else if (name == "process") {
      roles.process = true;
    } else if (name == "report") {
      roles.report = true;
    } else if (name == "decide") {
      roles.decide = true;
    } else {
      return Error{ErrorCode::invalid_argument,
                   "must be some of ingest,process,report,decide, separated by commas"};
    }
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  if (roles.report && !roles.process) {
    return Error{ErrorCode::invalid_argument, "report needs process: they share one store"};
  }
  if (roles.decide && !roles.process) {
    return Error{ErrorCode::invalid_argument, "decide needs process: budgets go by what it counts"};
  }
  return roles;
}

std::string roles_text(const Roles& roles) {
  std::string text;
  const auto add = [&](bool has, std::string_view name) {
    if (!has) return;
    if (!text.empty()) text += ',';
    text += name;
  };
  add(roles.ingest, "ingest");
  add(roles.process, "process");
  add(roles.report, "report");
  add(roles.decide, "decide");
  return text;
}

}  // namespace adbacus
