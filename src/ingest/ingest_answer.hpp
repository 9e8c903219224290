// What a sender is told: the 202 of docs/api/ingest.md, or a problem document.
// Used by the routes. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/http.hpp"
#include "ingest/intake.hpp"

namespace adbacus {

// Everything of the answer that is known before the log has answered: the text behind "position".
std::string answer_tail(const IntakeResult& result, const http::Request& request);

// `position` empty: nothing was written (dry run).
http::Response accepted_answer(std::size_t accepted, std::uint32_t duplicates,
                               std::string_view position, std::string_view tail);

// None of the events can be used, or strict mode and one of them cannot.
http::Response refused_answer(const IntakeResult& result, const http::Request& request,
                              std::size_t shown_max);

// Why the log did not take it: `storage_full`, `unavailable`, or `log_failed`.
std::string_view append_failed_code(const Error& error);
// The log did not take the batch: the sender may repeat it with the same ids.
http::Response append_failed_answer(const Error& error, const http::Request& request);

}  // namespace adbacus
