// What the log keeps of the fields of a request that targeting looks at: enough to decide again,
// and no more of a person than an event keeps. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace adbacus {

// Stands behind the fields of a request of which something was left out or made coarser: the
// decision cannot be made again exactly. No request has such a field.
inline constexpr std::string_view kHiddenField = "\x01hidden";

// Appends "field\x1fvalue\x1e". An IP address becomes the first of its /24 or /48 whatever the
// field is called, `location` is rounded to a tenth of a degree (11 km), an http(s) address loses
// its query, and of a value that is a phone number or has an e-mail
// address nothing is written. Control
// characters that part fields become spaces. True if the value is not the one that was sent.
bool append_logged_field(std::string& out, std::string_view field, std::string_view value);

// The fields of a request of which something is hidden.
bool has_hidden_field(std::string_view logged);

}  // namespace adbacus
