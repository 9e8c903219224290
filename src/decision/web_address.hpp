// The parts of a page's URL that targeting and blocking look at. Pure.
#pragma once

#include <string>
#include <string_view>

namespace adbacus {

struct WebAddress {
  std::string host = {};       // in lower case, without port and user; empty: no absolute URL
  std::string_view path = {};  // a view into the URL; "/" if it names none
};

WebAddress web_address(std::string_view url);

}  // namespace adbacus
