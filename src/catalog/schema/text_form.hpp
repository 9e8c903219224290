// Which texts a field of the catalog takes. Called for every text that is read from a request.
// Pure, but for the time zones, which are read from the system's files once.
#pragma once

#include <string>

#include "base/result.hpp"
#include "catalog/schema/field.hpp"

namespace adbacus {

// The text as it is stored (host names and addresses in lower case). invalid_argument says what the
// form is.
Result<std::string> text_in_form(TextForm form, const std::string& text);

}  // namespace adbacus
