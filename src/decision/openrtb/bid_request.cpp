#include "decision/openrtb/bid_request.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "decision/openrtb/bid_audience.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::int64_t kSideMax = 100'000;  // CSS px
constexpr std::int64_t kTmaxMax = 3'600'000;
constexpr std::size_t kFormatsMax = 100;

using Element = JsonFields::Element;

class BidRequestReader {
 public:
  explicit BidRequestReader(BidRequest& out) : out_(out), fields_(out.fields) {}

  void read(const Element& body) {
    BidAudience audience(out_.ads, fields_);
    fields_.members("", body,
                    [&](std::string_view key, const std::string& at, const Element& value) {
                      if (!audience.read(key, at, value)) read_member(key, at, value);
                    });
    audience.finish();
    if (out_.id.empty()) fields_.problem("/id", "required", "names the request");
    if (!has_imps_) fields_.problem("/imp", "required", "at least one");
  }

 private:
  void read_member(std::string_view key, const std::string& at, const Element& value) {
    AdBlocks& blocks = out_.ads.blocks;
    if (key == "id") {
      out_.id = fields_.text(at, value);
    } else if (key == "imp") {
      fields_.each(at, value, kImpsMax,
                   [&](const std::string& where, const Element& imp) { read_imp(where, imp); });
    } else if (key == "test") {
      out_.is_test = fields_.flag(at, value);
    } else if (key == "tmax") {
      out_.tmax_ms = fields_.whole(at, value, 0, kTmaxMax).value_or(0);
    } else if (key == "at") {
      // 1 and 2; above 500 by agreement with an exchange. The bid is the same.
      (void)fields_.whole(at, value, 1, INT32_MAX);
    } else if (key == "cur") {
      fields_.texts(at, value, out_.currencies);
    } else if (key == "wseat") {
      fields_.texts(at, value, out_.seats);
    } else if (key == "bseat") {
      fields_.texts(at, value, blocks.advertisers);
    } else if (key == "bcat") {
      fields_.texts(at, value, blocks.categories);
    } else if (key == "badv") {
      fields_.texts(at, value, out_.blocked_domains);
      for (std::string_view& domain : out_.blocked_domains) domain = lower(domain);
      blocks.advertisers.insert(blocks.advertisers.end(), out_.blocked_domains.begin(),
                                out_.blocked_domains.end());
    }
  }

  std::string_view lower(std::string_view text) {
    if (std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      return text;
    }
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), http::lower_ascii);
    return fields_.keep(std::move(made));
  }

  void read_imp(const std::string& at, const Element& value) {
    Imp imp;
    has_imps_ = true;
    fields_.members(at, value,
                    [&](std::string_view key, const std::string& where, const Element& member) {
                      read_imp_member(key, where, member, imp);
                    });
    if (imp.id.empty()) fields_.problem(at + "/id", "required", "names the impression");
    const bool is_twice = std::any_of(out_.imps.begin(), out_.imps.end(),
                                      [&](const Imp& other) { return other.id == imp.id; });
    if (is_twice) fields_.problem(at + "/id", "duplicate", "each impression needs its own id");
    out_.imps.push_back(std::move(imp));
  }

  void read_imp_member(std::string_view key, const std::string& at, const Element& value,
                       Imp& imp) {
    if (key == "id") {
      imp.id = fields_.text(at, value);
    } else if (key == "tagid") {
      imp.tagid = fields_.text(at, value);
    } else if (key == "banner") {
      imp.has_banner = true;
      read_banner(at, value, imp);
    } else if (key == "native") {
      fields_.members(at, value,
                      [&](std::string_view name, const std::string& where, const Element& member) {
                        if (name == "request")
                          imp.native = read_native_request(where, member, fields_);
                      });
    } else if (key == "bidfloor") {
      imp.floor = fields_.price(at, value).value_or(0);
    } else if (key == "bidfloorcur") {
      imp.floor_currency = fields_.text(at, value);
    } else if (key == "secure") {
      imp.is_secure = fields_.flag(at, value);
    } else if (key == "pmp") {
      fields_.members(at, value,
                      [&](std::string_view name, const std::string& where, const Element& member) {
                        if (name == "private_auction") imp.is_private = fields_.flag(where, member);
                      });
    }
  }

  // `format` says the sizes; w and h are one more, or the only one.
  void read_banner(const std::string& at, const Element& value, Imp& imp) {
    AdSize own;
    fields_.members(
        at, value, [&](std::string_view key, const std::string& where, const Element& member) {
          if (read_side(key, where, member, own)) return;
          if (key != "format") return;
          fields_.each(where, member, kFormatsMax,
                       [&](const std::string& path, const Element& format) {
                         AdSize size;
                         fields_.members(
                             path, format,
                             [&](std::string_view name, const std::string& side,
                                 const Element& length) { read_side(name, side, length, size); });
                         add_size(size, imp);
                       });
        });
    add_size(own, imp);
  }

  // 0 is what senders say of a side that they do not know.
  bool read_side(std::string_view key, const std::string& at, const Element& value, AdSize& size) {
    if (key != "w" && key != "h") return false;
    (key == "w" ? size.w : size.h) = fields_.whole(at, value, 0, kSideMax).value_or(0);
    return true;
  }
  // A format may have a ratio instead (Flex Ads): no size that a creative could have.
  static void add_size(const AdSize& size, Imp& imp) {
    if (size.w > 0 && size.h > 0) imp.sizes.push_back(size);
  }

  BidRequest& out_;
  JsonFields& fields_;
  bool has_imps_ = false;
};

}  // namespace

bool read_bid_request(std::string_view body, BidRequest& out) {
  thread_local simdjson::dom::parser parser(kBidRequestBytesMax + simdjson::SIMDJSON_PADDING);
  if (body.empty()) {
    out.fields.problem("", "required", "a bid request");
    return false;
  }
  if (body.size() > kBidRequestBytesMax) {
    out.fields.problem("", "too_large", fmt::format("at most {} bytes", kBidRequestBytesMax));
    return false;
  }
  if (parser.capacity() == 0 || parser.max_depth() != kDepthMax) {
    if (parser.allocate(kBidRequestBytesMax, kDepthMax) != simdjson::SUCCESS) return false;
  }
  Element root;
  const auto error = parser.parse(body.data(), body.size()).get(root);
  if (error != simdjson::SUCCESS) {
    out.fields.problem("", "invalid_json", simdjson::error_message(error));
    return false;
  }
  if (!root.is_object()) {
    out.fields.problem("", "invalid_type", "must be an object");
    return false;
  }
  BidRequestReader(out).read(root);
  return out.fields.problems().empty();
}

}  // namespace adbacus
