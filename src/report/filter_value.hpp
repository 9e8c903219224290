// Values of fields with a closed or normalised set of texts, as events carry them. Called by the
// filter check. Pure.
#pragma once

#include <string>

#include "base/result.hpp"
#include "report/dimension.hpp"

namespace adbacus {

// The text an event would carry for a value that stands for a whole text (eq, in, lt, ...): "de" as
// "DE" for country. invalid_argument says what the field's values are.
Result<std::string> stored_filter_value(const Dimension& field, FilterOp op,
                                        const std::string& value);

}  // namespace adbacus
