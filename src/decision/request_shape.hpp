// What a slot and its page asked for beside the placement, the user and what targeting looks at, as
// the log keeps it, so that the request can be decided on again (docs/formats/decision_block.md).
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "decision/ad_request.hpp"

namespace adbacus {

// Empty for most; valid until the thread's next call.
std::string_view request_shape(const AdRequest& request, const AdSlot& slot);

struct ShapeReading {
  bool has_rule = false;  // an exchange restricted creatives in a way that is not kept
};
// Puts into the slot and its page what the text says; views are into the text. corrupt: it is no
// such text.
Result<ShapeReading> read_request_shape(std::string_view shape, AdRequest& request, AdSlot& slot);

// "field\x1fvalue\x1e…" as pairs. corrupt: something else.
Result<void> read_fields_text(std::string_view text,
                              std::vector<std::pair<std::string_view, std::string_view>>& out);

}  // namespace adbacus
