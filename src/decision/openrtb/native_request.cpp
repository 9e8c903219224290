#include "decision/openrtb/native_request.hpp"

#include <limits>

namespace adbacus {
namespace {

using Element = JsonFields::Element;

constexpr std::size_t kBytesMax = std::size_t{64} << 10U;
constexpr std::size_t kDepthMax = 16;
constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

class NativeReader {
 public:
  NativeReader(JsonFields& fields, NativeRequest& out) : fields_(fields), out_(out) {}

  void read(const std::string& at, const Element& root) {
    fields_.members(
        at, root, [&](std::string_view key, const std::string& where, const Element& value) {
          if (key == "native" && value.is_object()) {
            out_.is_wrapped = true;
            fields_.members(where, value,
                            [&](std::string_view name, const std::string& path,
                                const Element& member) { read_member(name, path, member); });
          } else {
            read_member(key, where, value);
          }
        });
    if (out_.assets.empty()) fields_.problem(at + "/assets", "required", "at least one");
  }

 private:
  void read_member(std::string_view key, const std::string& at, const Element& value) {
    if (key == "ver") {
      const std::string_view version = fields_.text(at, value);
      out_.knows_event_trackers = !version.starts_with("1.0") && !version.starts_with("1.1");
    } else if (key == "assets") {
      fields_.each(
          at, value, kNativeAssetsMax,
          [&](const std::string& where, const Element& asset) { read_asset(where, asset); });
    }
  }

  void read_asset(const std::string& at, const Element& value) {
    NativeAsset asset;
    fields_.members(at, value,
                    [&](std::string_view key, const std::string& where, const Element& member) {
                      if (key == "id") asset.id = number(where, member);
                      if (key == "required") asset.is_required = fields_.flag(where, member);
                      if (key == "title") asset.kind = AssetKind::title;
                      if (key == "img") asset.kind = AssetKind::image;
                      if (key == "data") asset.kind = AssetKind::data;
                      if (key == "title" || key == "img" || key == "data")
                        read_details(where, member, asset);
                    });
    out_.assets.push_back(asset);
  }

  void read_details(const std::string& at, const Element& value, NativeAsset& asset) {
    fields_.members(at, value,
                    [&](std::string_view key, const std::string& where, const Element& member) {
                      if (key == "type") asset.type = number(where, member);
                      if (key == "len") asset.length_max = number(where, member);
                      if (key == "w") asset.w = number(where, member);
                      if (key == "h") asset.h = number(where, member);
                      if (key == "wmin") asset.w_min = number(where, member);
                      if (key == "hmin") asset.h_min = number(where, member);
                    });
  }

  std::int64_t number(const std::string& at, const Element& value) {
    return fields_.whole(at, value, 0, kMax).value_or(0);
  }

  JsonFields& fields_;
  NativeRequest& out_;
};

}  // namespace

NativeRequest read_native_request(const std::string& at, const Element& value, JsonFields& fields) {
  NativeRequest out;
  if (!value.is_string()) {
    NativeReader(fields, out).read(at, value);
    return out;
  }
  thread_local simdjson::dom::parser parser(kBytesMax + simdjson::SIMDJSON_PADDING);
  const std::string_view text = value.get_string().value_unsafe();
  if (text.size() > kBytesMax) {
    fields.problem(at, "too_large", "at most 64 KiB");
    return out;
  }
  if (parser.capacity() == 0 || parser.max_depth() != kDepthMax) {
    if (parser.allocate(kBytesMax, kDepthMax) != simdjson::SUCCESS) return out;
  }
  Element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    fields.problem(at, "invalid_json", "must be the text of a JSON object");
    return out;
  }
  NativeReader(fields, out).read(at, root);
  return out;
}

}  // namespace adbacus
