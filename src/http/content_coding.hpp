// Content codings (RFC 9110, 8.4): which one a request body has, which one an answer may have, and
// compressing an answer. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus::http {

enum class Coding : std::uint8_t { identity, gzip, zstd };

// nullopt: unknown, or more than one. "" is identity.
std::optional<Coding> coding_of_body(std::string_view content_encoding);

// The coding the caller prefers by its Accept-Encoding; zstd wins a tie (cheaper for both sides).
Coding choose_coding(std::string_view accept_encoding);
std::string_view coding_name(Coding coding);

bool is_compressible(std::string_view content_type);
// nullopt if the library refuses (out of memory): then send it as it is.
std::optional<std::string> compress(Coding coding, std::string_view body);

}  // namespace adbacus::http
