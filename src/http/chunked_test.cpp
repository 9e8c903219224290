#include "http/chunked.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace adbacus::http {
namespace {

struct Decoded {
  ChunkedDecoder::Status status = ChunkedDecoder::Status::need_more;
  std::string payload;
  std::string rest;
};

// Feeds pieces of at most `piece` bytes.
Decoded decode(const std::string& text, std::size_t piece) {
  Decoded out;
  ChunkedDecoder decoder;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto step = decoder.next(std::string_view(text).substr(at, piece));
    out.status = step.status;
    out.payload += step.payload;
    at += step.used;
    if (step.status == ChunkedDecoder::Status::done || step.status == ChunkedDecoder::Status::bad) {
      break;
    }
  }
  out.rest = text.substr(at);
  return out;
}

TEST(Chunked, JoinsChunksAndLeavesWhatFollows) {
  const std::string text = "4\r\nWiki\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Decoded decoded = decode(text, piece);
    EXPECT_EQ(decoded.status, ChunkedDecoder::Status::done);
    EXPECT_EQ(decoded.payload, "Wiki0123456789");
    EXPECT_EQ(decoded.rest, "GET /");
  }
}

TEST(Chunked, RefusesEveryLooseForm) {
  const std::vector<std::string> cases = {
      "\r\n",
      "4\nWiki\r\n0\r\n\r\n",
      "4\r\nWiki\n0\r\n\r\n",
      "4\r\nWikiX\r\n0\r\n\r\n",
      " 4\r\nWiki\r\n0\r\n\r\n",
      "4 \r\nWiki\r\n0\r\n\r\n",
      "0x4\r\nWiki\r\n0\r\n\r\n",
      "+4\r\nWiki\r\n0\r\n\r\n",
      "-4\r\n",
      "g\r\n",
      ";x\r\n",
      "10000000000000000\r\n",
      "4;a\nb\r\nWiki\r\n0\r\n\r\n",
      "4;a\rb\r\nWiki\r\n0\r\n\r\n",
      "0\r\n folded\r\n\r\n",
      "0\r\nA: b\n\r\n",
      "0\r\n\n",
      "1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n",
      "0\r\n" + std::string(9000, 'x') + "\r\n\r\n",
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(decode(text, text.size()).status, ChunkedDecoder::Status::bad) << text;
    EXPECT_EQ(decode(text, 1).status, ChunkedDecoder::Status::bad) << text;
  }
}

TEST(Chunked, AnyCutGivesTheSameBytes) {
  const std::uint64_t seed = 4711;
  RecordProperty("seed", std::to_string(seed));
  Rng rng(seed);
  for (int round = 0; round < 500; ++round) {
    std::string body;
    std::string text;
    for (std::uint64_t chunks = rng.below(6); chunks > 0; --chunks) {
      std::string chunk(1 + rng.below(100), '\0');
      for (char& c : chunk) c = static_cast<char>(rng.below(256));
      constexpr std::string_view kHex = "0123456789AbcDeF";
      if (chunk.size() >= 16) text += kHex[chunk.size() / 16];
      text += kHex[chunk.size() % 16];
      text += "\r\n" + chunk + "\r\n";
      body += chunk;
    }
    text += "0\r\n\r\n";
    const Decoded decoded = decode(text, 1 + rng.below(40));
    ASSERT_EQ(decoded.status, ChunkedDecoder::Status::done) << "seed " << seed;
    ASSERT_EQ(decoded.payload, body) << "seed " << seed;
  }
}

}  // namespace
}  // namespace adbacus::http
