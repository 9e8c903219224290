// Attribution rules, conversion types, experiments, users and tenants, as they are written.
#include <algorithm>
#include <fmt/format.h>

#include "catalog/schema/names.hpp"
#include "catalog/schema/schemas.hpp"

namespace adbacus {
namespace {

using field_detail::make;

constexpr std::int64_t kClickWindowHoursMax = 90 * 24;
constexpr std::int64_t kViewWindowHoursMax = 30 * 24;

void check_experiment(const void* object, Problems& problems) {
  const auto& experiment = *static_cast<const Experiment*>(object);
  if (experiment.start_at && experiment.end_at && *experiment.end_at < *experiment.start_at) {
    problems.push_back({"/end_at", "out_of_range", "must not be before start_at"});
  }
  const auto& variants = experiment.variants;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::string at = fmt::format("/variants/{}", i);
    for (std::size_t j = 0; j < i; ++j) {
      if (variants[j].key != variants[i].key) continue;
      problems.push_back({at + "/key", "not_unique", "another variant has this key"});
      break;
    }
    if (experiment.level != ExperimentLevel::ranking || variants[i].target.empty()) continue;
    if (!parse_ranking(variants[i].target)) {
      problems.push_back({at + "/target", "invalid_value",
                          "must be one of weighted_bid, priority, ecpm, thompson"});
    }
  }
}

std::string_view refused_experiment_change(const void* before, const void* after) {
  return may_follow(static_cast<const Experiment*>(before)->status,
                    static_cast<const Experiment*>(after)->status)
             ? ""
             : "/status";
}

void variant_references(const void* object, std::vector<Reference>& out) {
  const auto& experiment = *static_cast<const Experiment*>(object);
  if (experiment.level == ExperimentLevel::ranking) return;
  const EntityKind kind =
      experiment.level == ExperimentLevel::campaign ? EntityKind::campaign : EntityKind::creative;
  for (std::size_t i = 0; i < experiment.variants.size(); ++i) {
    const std::string& target = experiment.variants[i].target;
    if (!target.empty()) out.push_back({fmt::format("/variants/{}/target", i), kind, target});
  }
}

constexpr Field kRuleFields[] = {
    text<&AttributionRule::name>("name", "what people call it"),
    reference<&AttributionRule::campaign_id>("campaign_id", EntityKind::campaign,
                                             "for this campaign only; null: all"),
    reference<&AttributionRule::line_item_id>("line_item_id", EntityKind::line_item,
                                              "for this line item only; null: all"),
    text<&AttributionRule::conversion_type>("conversion_type",
                                            "for conversions of this type; null: all")
        .filter(),
    choice<&AttributionRule::model>("model", names::kAttributionModel, "who gets the credit"),
    integer<&AttributionRule::click_window_hours>("click_window_hours", 1, kClickWindowHoursMax,
                                                  "greatest age of a click"),
    integer<&AttributionRule::view_window_hours>("view_window_hours", 1, kViewWindowHoursMax,
                                                 "greatest age of an impression"),
    integer<&AttributionRule::half_life_hours>("half_life_hours", 1, kClickWindowHoursMax,
                                               "of time_decay"),
};

constexpr Field kConversionTypeFields[] = {
    text<&ConversionType::key>("key", "the field `type` of conversions; unique")
        .bytes(1, 128)
        .required()
        .unique(),
    text<&ConversionType::name>("name", "what people call it"),
    money<&ConversionType::default_value>("default_value", "of conversions without a value"),
    text<&ConversionType::currency>("currency", "of default_value; null: the tenant's")
        .as(TextForm::currency),
};

constexpr Field kVariantFields[] = {
    text<&ExperimentVariant::key>("key", "unique in its experiment").bytes(1, 64).required(),
    integer<&ExperimentVariant::weight>("weight", 0, 10'000, "share among the variants"),
    text<&ExperimentVariant::target>("target",
                                     "campaign id, creative id or ranking; null: as it is")
        .bytes(0, 128)
        .as(TextForm::id),
};
constexpr Schema kVariantSchema{
    .name = "variant", .fields = kVariantFields, .make = make<ExperimentVariant>};

constexpr Field kExperimentFields[] = {
    text<&Experiment::name>("name", "what people call it"),
    choice<&Experiment::level>("level", names::kExperimentLevel, "what the variants exchange"),
    choice<&Experiment::status>("status", names::kLifeStatus, "as a campaign's")
        .new_ones(names::kNewLifeStatuses),
    instant<&Experiment::start_at>("start_at", "first instant, included"),
    instant<&Experiment::end_at>("end_at", "last instant, included"),
    integer<&Experiment::traffic_percent>("traffic_percent", 0, 100, "of users that take part"),
    objects<&Experiment::variants>("variants", kVariantSchema, 20, "chosen by hash of the user"),
};

constexpr Field kUserFields[] = {
    text<&User::email>("email", "unique").bytes(3, 254).as(TextForm::email).required().unique(),
    text<&User::name>("name", "what people call them"),
    text<&User::oidc_subject>("oidc_subject",
                              "sub at the provider of sign-in; empty: the email counts")
        .unique(),
    choice<&User::role>("role", names::kRole, "what they may do"),
    choice<&User::status>("status", names::kSwitchStatus, "PAUSED: may not sign in"),
    reference<&User::advertiser_id>("advertiser_id", EntityKind::advertiser,
                                    "sees this one's data only"),
    reference<&User::publisher_id>("publisher_id", EntityKind::publisher,
                                   "sees this one's data only"),
};

constexpr std::string_view kUnknownRefs[] = {"default", "flag", "reject"};
constexpr Field kTenantFields[] = {
    text<&Tenant::name>("name", "what people call it"),
    text<&Tenant::currency>("currency", "of events and campaigns without one; ISO 4217")
        .bytes(3, 3)
        .as(TextForm::currency),
    text<&Tenant::timezone>("timezone", "of reports and campaigns without one; IANA")
        .bytes(1, 64)
        .as(TextForm::timezone),
    choice<&Tenant::unknown_refs>("unknown_refs", kUnknownRefs,
                                  "what becomes of events that name unknown objects; default: "
                                  "the server's ingest.unknown_refs"),
    choice<&Tenant::ranking>("ranking", kRankingNames,
                             "how an ad is preferred to another of its priority; default: the "
                             "server's decision.ranking"),
};

}  // namespace

const Schema kAttributionRuleSchema{
    .name = "attribution_rule", .fields = kRuleFields, .make = make<AttributionRule>};
const Schema kConversionTypeSchema{
    .name = "conversion_type", .fields = kConversionTypeFields, .make = make<ConversionType>};
const Schema kExperimentSchema{.name = "experiment",
                               .fields = kExperimentFields,
                               .check = check_experiment,
                               .refused_change = refused_experiment_change,
                               .references = variant_references,
                               .make = make<Experiment>};
const Schema kUserSchema{.name = "user", .fields = kUserFields, .make = make<User>};
const Schema kTenantSchema{.name = "tenant", .fields = kTenantFields, .make = make<Tenant>};

const Schema& schema_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::tenant:
      return kTenantSchema;
    case EntityKind::user:
      return kUserSchema;
    case EntityKind::advertiser:
      return kAdvertiserSchema;
    case EntityKind::publisher:
      return kPublisherSchema;
    case EntityKind::campaign:
      return kCampaignSchema;
    case EntityKind::placement:
      return kPlacementSchema;
    case EntityKind::line_item:
      return kLineItemSchema;
    case EntityKind::creative:
      return kCreativeSchema;
    case EntityKind::ad:
      return kAdSchema;
    case EntityKind::experiment:
      return kExperimentSchema;
    case EntityKind::attribution_rule:
      return kAttributionRuleSchema;
    case EntityKind::conversion_type:
      return kConversionTypeSchema;
  }
  return kTenantSchema;
}

}  // namespace adbacus
