#include "decision/openrtb/native_answer.hpp"

#include <algorithm>
#include <vector>

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

using http::JsonWriter;

constexpr std::size_t kMarkupBytesMax = std::size_t{256} << 10U;
constexpr std::size_t kDepthMax = 16;

// One thing that a creative has.
struct Content {
  AssetKind kind = AssetKind::other;
  std::int64_t type = 0;
  std::string text = {};  // or the image's address
  std::int64_t w = 0;     // 0: unknown
  std::int64_t h = 0;
};

// Characters of UTF-8.
std::int64_t length_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

class ContentReader {
 public:
  explicit ContentReader(std::vector<Content>& out) : out_(out) {}

  // Markup that is no native JSON has none.
  void read(std::string_view markup) {
    thread_local simdjson::dom::parser parser(kMarkupBytesMax + simdjson::SIMDJSON_PADDING);
    const std::size_t begin = markup.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || markup[begin] != '{') return;
    if (markup.size() > kMarkupBytesMax) return;
    if (parser.capacity() == 0 || parser.max_depth() != kDepthMax) {
      if (parser.allocate(kMarkupBytesMax, kDepthMax) != simdjson::SUCCESS) return;
    }
    JsonFields::Element root;
    if (parser.parse(markup.data(), markup.size()).get(root) == simdjson::SUCCESS) take(root);
  }

 private:
  void take(const JsonFields::Element& root) {
    fields_.members("", root, [&](std::string_view key, const std::string& at, const auto& value) {
      if (key == "native") take(value);
      if (key != "assets") return;
      fields_.each(at, value, kNativeAssetsMax, [&](const std::string& where, const auto& asset) {
        Content content;
        fields_.members(where, asset,
                        [&](std::string_view name, const std::string& path, const auto& details) {
                          take_details(name, path, details, content);
                        });
        if (!content.text.empty()) out_.push_back(std::move(content));
      });
    });
  }

  void take_details(std::string_view kind, const std::string& at,
                    const JsonFields::Element& details, Content& content) {
    if (kind != "title" && kind != "img" && kind != "data") return;
    content.kind = kind == "title" ? AssetKind::title
                   : kind == "img" ? AssetKind::image
                                   : AssetKind::data;
    if (content.kind == AssetKind::image) content.type = kMainImage;
    fields_.members(at, details,
                    [&](std::string_view name, const std::string& path, const auto& member) {
                      if (name == "text" || name == "value" || name == "url")
                        content.text = fields_.text(path, member);
                      if (name == "type") content.type = number(path, member);
                      if (name == "w") content.w = number(path, member);
                      if (name == "h") content.h = number(path, member);
                    });
  }

  std::int64_t number(const std::string& at, const JsonFields::Element& value) {
    return fields_.whole(at, value, 0, INT32_MAX).value_or(0);
  }

  std::vector<Content>& out_;
  JsonFields fields_;  // whose problems are nobody's: what cannot be read is not there
};

std::vector<Content> contents_of(const ServingItem& item, const Creative& creative) {
  std::vector<Content> contents;
  ContentReader(contents).read(creative.markup);
  const auto add = [&](AssetKind kind, std::int64_t type, const std::string& text, std::int64_t w,
                       std::int64_t h) {
    if (!text.empty())
      contents.push_back({.kind = kind, .type = type, .text = text, .w = w, .h = h});
  };
  add(AssetKind::image, kMainImage, creative.image_url, creative.w.value_or(0),
      creative.h.value_or(0));
  if (item.advertiser) {
    add(AssetKind::data, kSponsoredData, item.advertiser->name, 0, 0);
    add(AssetKind::data, kDisplayUrlData, item.advertiser->domain, 0, 0);
  }
  return contents;
}

// An image whose size nobody knows is taken.
bool has_size(const NativeAsset& asset, const Content& content) {
  const auto fits = [](std::int64_t wanted, std::int64_t min, std::int64_t is) {
    return is == 0 || ((wanted == 0 || wanted == is) && is >= min);
  };
  // With a smallest size, w and h are what is preferred.
  return fits(asset.w_min > 0 ? 0 : asset.w, asset.w_min, content.w) &&
         fits(asset.h_min > 0 ? 0 : asset.h, asset.h_min, content.h);
}

bool fits(const NativeAsset& asset, const Content& content, bool is_secure) {
  if (asset.kind != content.kind) return false;
  switch (asset.kind) {
    case AssetKind::title:
      return asset.length_max == 0 || length_of(content.text) <= asset.length_max;
    case AssetKind::image:
      return (asset.type == 0 || asset.type == content.type) && has_size(asset, content) &&
             (!is_secure || is_https_url(content.text));
    case AssetKind::data:
      return asset.type == content.type &&
             (asset.length_max == 0 || length_of(content.text) <= asset.length_max);
    case AssetKind::other:
      return false;
  }
  return false;
}

void write_asset(JsonWriter& json, const NativeAsset& asset, const Content& content) {
  json.begin_object().member("id", asset.id);
  if (asset.is_required) json.member("required", 1);
  switch (asset.kind) {
    case AssetKind::title:
      json.key("title").begin_object().member("text", content.text).end_object();
      break;
    case AssetKind::image:
      json.key("img").begin_object().member("url", content.text);
      if (content.w > 0) json.member("w", content.w);
      if (content.h > 0) json.member("h", content.h);
      json.end_object();
      break;
    case AssetKind::data:
      json.key("data").begin_object().member("value", content.text).end_object();
      break;
    case AssetKind::other:
      break;
  }
  json.end_object();
}

}  // namespace

std::optional<std::string> native_answer(const NativeRequest& request, const ServingItem& item,
                                         const Creative& creative, bool is_secure,
                                         const AdLinks& links) {
  const std::vector<Content> contents = contents_of(item, creative);
  JsonWriter json(1024);
  json.begin_object();
  if (request.is_wrapped) json.key("native").begin_object();
  json.member("ver", request.knows_event_trackers ? "1.2" : "1.1");
  json.key("assets").begin_array();
  for (const NativeAsset& asset : request.assets) {
    const auto found = std::find_if(contents.begin(), contents.end(), [&](const Content& content) {
      return fits(asset, content, is_secure);
    });
    if (found != contents.end()) {
      write_asset(json, asset, *found);
    } else if (asset.is_required) {
      return std::nullopt;
    }
  }
  json.end_array();
  json.key("link").begin_object().member("url", links.click).end_object();
  if (request.knows_event_trackers) {
    json.key("eventtrackers").begin_array().begin_object();
    json.member("event", 1).member("method", 1).member("url", links.impression);
    json.end_object().end_array();
  } else {
    json.key("imptrackers").begin_array().value(links.impression).end_array();
  }
  if (request.is_wrapped) json.end_object();
  json.end_object();
  return std::move(json).take();
}

}  // namespace adbacus
