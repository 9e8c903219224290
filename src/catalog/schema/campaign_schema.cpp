// Campaigns and line items, as they are written.
#include "catalog/schema/names.hpp"
#include "catalog/schema/schemas.hpp"

namespace adbacus {
namespace {

using field_detail::make;

constexpr std::int64_t kCapCountMax = 1'000'000;
constexpr std::int64_t kCapPeriodHoursMax = 180 * 24;
constexpr std::int64_t kListMax = 20;
constexpr std::int64_t kMicrosPerCpmStep = 1'000;  // so that one impression costs whole micros

void check_schedule(const std::optional<TimeUs>& start_at, const std::optional<TimeUs>& end_at,
                    Problems& problems) {
  if (start_at && end_at && *end_at < *start_at) {
    problems.push_back({"/end_at", "out_of_range", "must not be before start_at"});
  }
}

template <class T>
void check_budgets(const T& object, Problems& problems) {
  if (object.daily_budget && object.budget && *object.daily_budget > *object.budget) {
    problems.push_back({"/daily_budget_cents", "out_of_range", "must not be above budget"});
  }
}

void check_campaign(const void* object, Problems& problems) {
  const auto& campaign = *static_cast<const Campaign*>(object);
  check_schedule(campaign.start_at, campaign.end_at, problems);
  check_budgets(campaign, problems);
}

std::string_view refused_campaign_change(const void* before, const void* after) {
  return may_follow(static_cast<const Campaign*>(before)->status,
                    static_cast<const Campaign*>(after)->status)
             ? ""
             : "/status";
}

void check_line_item(const void* object, Problems& problems) {
  const auto& item = *static_cast<const LineItem*>(object);
  check_schedule(item.start_at, item.end_at, problems);
  check_budgets(item, problems);
  if (item.pricing == Pricing::cpm && item.bid.value_or(0) % kMicrosPerCpmStep != 0) {
    problems.push_back({"/bid_micros", "invalid_value",
                        "a cpm bid must be a multiple of 1000 micros (0.1 cents)"});
  }
}

constexpr Field kCapFields[] = {
    integer<&FrequencyCap::count>("count", 1, kCapCountMax, "ads per user and period").required(),
    integer<&FrequencyCap::period_hours>("period_hours", 1, kCapPeriodHoursMax, "rolling")
        .required(),
};

constexpr Field kGoalFields[] = {
    choice<&Goal::metric>("metric", names::kGoalMetric, "what is counted, net").required(),
    choice<&Goal::period>("period", names::kGoalPeriod, "of the campaign's days, or for ever"),
    integer<&Goal::target>("target", 1, kAmountMaxMicros, "delivery stops here; revenue in micros")
        .required(),
};

constexpr Field kCampaignFields[] = {
    text<&Campaign::name>("name", "what people call it").required(),
    reference<&Campaign::advertiser_id>("advertiser_id", EntityKind::advertiser, "who pays"),
    choice<&Campaign::status>("status", names::kLifeStatus,
                              "DRAFT becomes any other, ACTIVE and PAUSED each other or ENDED")
        .new_ones(names::kNewLifeStatuses),
    instant<&Campaign::start_at>("start_at", "first instant, included; null: at once"),
    instant<&Campaign::end_at>("end_at", "last instant, included; null: open"),
    money<&Campaign::daily_budget>("daily_budget", "per day of `timezone`; null: no limit"),
    money<&Campaign::budget>("budget", "for its whole life; null: no limit"),
    text<&Campaign::currency>("currency", "ISO 4217; null: the tenant's").as(TextForm::currency),
    text<&Campaign::timezone>("timezone", "IANA, of its days; null: the tenant's")
        .as(TextForm::timezone),
    objects<&Campaign::caps>("caps", kFrequencyCapSchema, kListMax, "per user; none: 5 in 24 h"),
    objects<&Campaign::goals>("goals", kGoalSchema, kListMax, "limits on results"),
};

constexpr Field kLineItemFields[] = {
    text<&LineItem::name>("name", "what people call it"),
    reference<&LineItem::campaign_id>("campaign_id", EntityKind::campaign, "what it belongs to")
        .required(),
    reference<&LineItem::placement_id>("placement_id", EntityKind::placement, "where it is shown")
        .required(),
    choice<&LineItem::status>("status", names::kSwitchStatus, "beside its campaign's"),
    money<&LineItem::bid>("bid", "per click, conversion or 1,000 impressions, by `pricing`")
        .required(),
    choice<&LineItem::pricing>("pricing", names::kPricing, "what the bid is for"),
    targeting<&LineItem::targeting>("targeting_json", "whom it is for"),
    choice<&LineItem::pacing_mode>("pacing_mode", names::kPacingMode, "how a budget is spread"),
    integer<&LineItem::priority>("priority", 1, 16, "lower first; sponsorship 4, house 16"),
    instant<&LineItem::start_at>("start_at", "narrows the campaign's"),
    instant<&LineItem::end_at>("end_at", "narrows the campaign's"),
    money<&LineItem::daily_budget>("daily_budget", "beside the campaign's"),
    money<&LineItem::budget>("budget", "beside the campaign's"),
    choice<&LineItem::rotation>("rotation", names::kRotation, "how a creative is chosen"),
    objects<&LineItem::caps>("caps", kFrequencyCapSchema, kListMax, "per user"),
    objects<&LineItem::goals>("goals", kGoalSchema, kListMax, "limits on results"),
};

}  // namespace

const Schema kFrequencyCapSchema{
    .name = "frequency_cap", .fields = kCapFields, .make = make<FrequencyCap>};
const Schema kGoalSchema{.name = "goal", .fields = kGoalFields, .make = make<Goal>};
const Schema kCampaignSchema{.name = "campaign",
                             .fields = kCampaignFields,
                             .check = check_campaign,
                             .refused_change = refused_campaign_change,
                             .make = make<Campaign>};
const Schema kLineItemSchema{.name = "line_item",
                             .fields = kLineItemFields,
                             .check = check_line_item,
                             .make = make<LineItem>};

}  // namespace adbacus
