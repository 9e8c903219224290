#include "http/content_coding.hpp"

#include <zlib.h>
#include <zstd.h>

#include "http/text.hpp"

namespace adbacus::http {
namespace {

// Fast levels: an answer is sent once, and its I/O or commit thread has other work.
constexpr int kGzipLevel = 1;
constexpr int kZstdLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // 32 KiB, gzip wrapper

// The q value in thousandths; 1000 if absent, 0 if malformed (then the coding is not used).
int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = take_element(parameters, ';');
    if (parameter.size() < 3 || lower_ascii(parameter[0]) != 'q' || parameter[1] != '=') continue;
    const std::string_view text = parameter.substr(2);
    if (text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
    int quality = (text[0] - '0') * 1000;
    int unit = 100;
    for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
      if (text[i] < '0' || text[i] > '9') return 0;
      quality += (text[i] - '0') * unit;
    }
    return quality > 1000 ? 1000 : quality;
  }
  return 1000;
}

std::optional<std::string> gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string out(deflateBound(&stream, body.size()), '\0');
  // zlib reads through a pointer that is not const but never writes to it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return std::nullopt;
  return out;
}

std::optional<std::string> zstd(std::string_view body) {
  std::string out(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), body.data(), body.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

std::optional<Coding> coding_of_body(std::string_view content_encoding) {
  if (content_encoding.empty() || equals_ignoring_case(content_encoding, "identity")) {
    return Coding::identity;
  }
  if (equals_ignoring_case(content_encoding, "gzip") ||
      equals_ignoring_case(content_encoding, "x-gzip")) {
    return Coding::gzip;
  }
  if (equals_ignoring_case(content_encoding, "zstd")) return Coding::zstd;
  return std::nullopt;
}

Coding choose_coding(std::string_view accept_encoding) {
  int any = 0;
  int gzip_quality = -1;
  int zstd_quality = -1;
  while (!accept_encoding.empty()) {
    std::string_view parameters = take_element(accept_encoding, ',');
    const std::string_view name = take_element(parameters, ';');
    const int quality = quality_of(parameters);
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) {
      gzip_quality = quality;
    } else if (equals_ignoring_case(name, "zstd")) {
      zstd_quality = quality;
    } else if (name == "*") {
      any = quality;
    }
  }
  // "*" stands for gzip only: who does not name zstd may not know it.
  if (gzip_quality < 0) gzip_quality = any;
  if (zstd_quality > 0 && zstd_quality >= gzip_quality) return Coding::zstd;
  return gzip_quality > 0 ? Coding::gzip : Coding::identity;
}

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::identity:
      return "identity";
    case Coding::gzip:
      return "gzip";
    case Coding::zstd:
      return "zstd";
  }
  return "identity";
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = trim_blanks(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
         type.ends_with("javascript");
}

std::optional<std::string> compress(Coding coding, std::string_view body) {
  switch (coding) {
    case Coding::identity:
      return std::nullopt;
    case Coding::gzip:
      return gzip(body);
    case Coding::zstd:
      return zstd(body);
  }
  return std::nullopt;
}

}  // namespace adbacus::http
