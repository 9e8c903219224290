// Creatives, ads, placements, and who they belong to, as they are written.
#include "catalog/schema/names.hpp"
#include "catalog/schema/schemas.hpp"

namespace adbacus {
namespace {

using field_detail::make;

constexpr std::int64_t kUrlBytesMax = 2'048;
constexpr std::int64_t kMarkupBytesMax = 65'536;
constexpr std::int64_t kPixelsMax = 16'384;
constexpr std::int64_t kListMax = 20;

void check_creative(const void* object, Problems& problems) {
  const auto& creative = *static_cast<const Creative*>(object);
  if (creative.w.has_value() != creative.h.has_value()) {
    problems.push_back({creative.w ? "/h" : "/w", "required", "w and h are given together"});
  }
}

constexpr Field kAdvertiserFields[] = {
    text<&Advertiser::name>("name", "what people call it"),
    text<&Advertiser::domain>("domain", "where its ads lead").as(TextForm::domain),
    texts<&Advertiser::categories>("categories", 100,
                                   "IAB content categories; a page shows each once"),
    objects<&Advertiser::caps>("caps", kFrequencyCapSchema, kListMax, "per user, all campaigns"),
};

constexpr Field kPublisherFields[] = {
    text<&Publisher::name>("name", "what people call it"),
    text<&Publisher::domain>("domain", "its host name").as(TextForm::domain),
};

constexpr Field kSizeFields[] = {
    integer<&AdSize::w>("w", 1, kPixelsMax, "CSS px").required(),
    integer<&AdSize::h>("h", 1, kPixelsMax, "CSS px").required(),
};
constexpr Schema kSizeSchema{.name = "size", .fields = kSizeFields, .make = make<AdSize>};

constexpr Field kPlacementFields[] = {
    text<&Placement::key>("key", "what a page asks for; unique").bytes(1, 128).required().unique(),
    text<&Placement::name>("name", "what people call it"),
    reference<&Placement::publisher_id>("publisher_id", EntityKind::publisher, "whose page it is"),
    objects<&Placement::sizes>("sizes", kSizeSchema, 50, "what fits; none: anything"),
    money<&Placement::floor>("floor", "least price of 1,000 impressions"),
};

constexpr Field kCreativeFields[] = {
    text<&Creative::name>("name", "what people call it"),
    reference<&Creative::line_item_id>("line_item_id", EntityKind::line_item, "what it belongs to")
        .required(),
    choice<&Creative::status>("status", names::kSwitchStatus, "beside its line item's"),
    text<&Creative::product_sku>("product_sku", "the product it shows").filter(),
    text<&Creative::image_url>("image_url", "the picture").bytes(0, kUrlBytesMax).as(TextForm::url),
    text<&Creative::landing_url>("landing_url", "where a click leads")
        .bytes(1, kUrlBytesMax)
        .as(TextForm::url)
        .required(),
    text<&Creative::markup>("markup", "HTML or native JSON, sent as it is")
        .bytes(0, kMarkupBytesMax)
        .as(TextForm::free),
    integer<&Creative::w>("w", 1, kPixelsMax, "CSS px; null fits any slot"),
    integer<&Creative::h>("h", 1, kPixelsMax, "CSS px; null fits any slot"),
    integer<&Creative::weight>("weight", 0, 10'000, "share among its line item's; 0: never"),
    objects<&Creative::caps>("caps", kFrequencyCapSchema, kListMax, "per user"),
};

constexpr Field kAdFields[] = {
    text<&Ad::name>("name", "what people call it"),
    reference<&Ad::campaign_id>("campaign_id", EntityKind::campaign, "what it belongs to"),
    reference<&Ad::creative_id>("creative_id", EntityKind::creative, "what it shows"),
    choice<&Ad::ad_type>("ad_type", names::kAdType, "which slots it fits"),
    choice<&Ad::status>("status", names::kSwitchStatus, "beside its creative's"),
    objects<&Ad::caps>("caps", kFrequencyCapSchema, kListMax, "per user"),
};

}  // namespace

const Schema kAdvertiserSchema{
    .name = "advertiser", .fields = kAdvertiserFields, .make = make<Advertiser>};
const Schema kPublisherSchema{
    .name = "publisher", .fields = kPublisherFields, .make = make<Publisher>};
const Schema kPlacementSchema{
    .name = "placement", .fields = kPlacementFields, .make = make<Placement>};
const Schema kCreativeSchema{
    .name = "creative", .fields = kCreativeFields, .check = check_creative, .make = make<Creative>};
const Schema kAdSchema{.name = "ad", .fields = kAdFields, .make = make<Ad>};

}  // namespace adbacus
