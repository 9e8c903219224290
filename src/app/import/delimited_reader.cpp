#include "app/import/delimited_reader.hpp"

#include <fmt/format.h>

namespace adbacus {

Result<bool> DelimitedReader::next(std::vector<std::string>& fields) {
  fields.clear();
  if (separator_ == ',') return next_quoted(fields);
  if (!std::getline(in_, text_)) return false;
  ++line_;
  bytes_ += text_.size() + 1;
  if (!text_.empty() && text_.back() == '\r') text_.pop_back();
  if (text_.size() > kRowBytesMax)
    return Error{ErrorCode::invalid_argument, fmt::format("line {}: longer than 1 MiB", line_)};
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text_.find(separator_, begin);
    fields.push_back(text_.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return true;
}

// A quote that is not closed swallows the rows behind it: they are read again.
void DelimitedReader::skip_line(std::istream::pos_type row, std::uint64_t line,
                                std::uint64_t bytes) {
  if (row == std::istream::pos_type(-1)) return;  // a pipe: what was read is gone
  in_.clear();
  in_.seekg(row);
  std::getline(in_, text_);
  line_ = line + 1;
  bytes_ = bytes + text_.size() + 1;
}

Result<bool> DelimitedReader::next_quoted(std::vector<std::string>& fields) {
  if (in_.peek() == std::istream::traits_type::eof()) return false;
  enum class At { start, plain, quoted, after_quote } at = At::start;
  std::string field;
  std::size_t row_bytes = 0;
  const auto row = in_.tellg();
  const std::uint64_t line = line_;
  const std::uint64_t bytes = bytes_;
  const auto refuse = [&](const char* what) {
    skip_line(row, line, bytes);
    return Error{ErrorCode::invalid_argument, fmt::format("line {}: {}", line + 1, what)};
  };
  while (true) {
    const int next = in_.get();
    const bool end = next == std::istream::traits_type::eof();
    const char c = end ? '\n' : static_cast<char>(next);
    if (!end) ++bytes_;
    if (++row_bytes > kRowBytesMax) return refuse("row longer than 1 MiB");
    if (at == At::quoted) {
      if (end) return refuse("quote is not closed");
      if (c == '"') {
        at = At::after_quote;
      } else {
        if (c == '\n') ++line_;
        field.push_back(c);
      }
    } else if (c == separator_ || c == '\n') {
      if (c == '\n' && !field.empty() && field.back() == '\r' && at != At::after_quote)
        field.pop_back();
      fields.push_back(std::move(field));
      field.clear();
      at = At::start;
      if (c == '\n') {
        ++line_;
        return true;
      }
    } else if (c == '"' && (at == At::start || at == At::after_quote)) {
      if (at == At::after_quote) field.push_back('"');
      at = At::quoted;
    } else if (at == At::after_quote) {
      if (c != '\r') return refuse("text after a closing quote");
    } else {
      field.push_back(c);
      at = At::plain;
    }
  }
}

}  // namespace adbacus
