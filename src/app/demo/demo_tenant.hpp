// The tenant `demo` and its key, made on first use. One thread.
#pragma once

#include <string>

#include "app/node.hpp"

namespace adbacus {

inline constexpr const char* kDemoTenant = "demo";

struct DemoTenant {
  std::string key;
  std::string key_file;  // <data>/demo.key, readable by its owner only
  bool is_new = false;
};
Result<DemoTenant> prepare_demo(Node& node, Clock& clock);

}  // namespace adbacus
