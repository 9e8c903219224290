// Dead letters and their events as JSON: the same for the endpoints and `adbacus dlq`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/dead_letters/dead_letter_desk.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

// An object; with `bytes` also the event: as POST /v1/events takes it (null if the bytes cannot be
// read), and the bytes themselves in hex.
void write_letter(http::JsonWriter& json, const DeadLetter& letter, const std::string* bytes);
void write_page(http::JsonWriter& json, const LetterPage& page);

}  // namespace adbacus
