// The packed form of one text field of the binary event: short, canonical (equal text, equal bytes)
// and self-delimiting. Layout in docs/formats/event_record.md. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace adbacus {

// Room for the packed form of a text of `size` bytes.
constexpr std::size_t packed_bytes_max(std::size_t size) {
  return size + 11;  // lead byte and a varint
}
// Writes the packed form of `text` to `out`, which has packed_bytes_max() bytes of room; returns
// its end. `json` allows the token form for minified JSON; a field is always packed with the same
// value of it.
char* pack_field(std::string_view text, bool json, char* out);
// Takes one packed field off the front of `in`; false if it is cut off or malformed.
bool take_any_packed(std::string_view& in, std::string_view& packed);
inline bool take_packed(std::string_view& in, std::string_view& packed) {
  constexpr unsigned char kShortMax = 128;  // most fields: this many bytes of text follow
  const std::size_t size = in.empty() ? 0 : 1U + static_cast<unsigned char>(in.front());
  if (size == 0 || size > 1U + kShortMax || size > in.size()) return take_any_packed(in, packed);
  packed = {in.data(), size};
  in.remove_prefix(size);
  return true;
}
// Length of the text behind a well-formed packed field.
std::size_t unpacked_size(std::string_view packed);
// Writes unpacked_size() bytes.
void unpack_field(std::string_view packed, char* out);
// The text itself if the packed form contains it verbatim, else an empty view with a null data().
std::string_view verbatim_text(std::string_view packed);

}  // namespace adbacus
