// An API key as the keys command and /v1/keys show it: everything but its secret. Pure functions.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "catalog/catalog.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

std::string key_time_text(TimeUs time_us);                // to the second; "-" for 0
std::string key_scopes_text(std::uint32_t scopes);        // "ingest,read"
const char* key_state(const ApiKey& key, TimeUs now_us);  // live, expired, revoked
// `text` is the whole key where it was just made, else empty.
void write_key(http::JsonWriter& json, const ApiKey& key, const std::string& text, TimeUs now_us);

}  // namespace adbacus
