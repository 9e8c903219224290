// The schema of every kind of object. Constant data.
#pragma once

#include "catalog/catalog.hpp"
#include "catalog/schema/field.hpp"
#include "model/campaign.hpp"
#include "model/creative.hpp"
#include "model/measurement.hpp"
#include "model/user.hpp"

namespace adbacus {

const Schema& schema_of(EntityKind kind);

// Which kind of object a struct is.
template <class T>
inline constexpr EntityKind kKindOf = EntityKind{};
template <>
inline constexpr EntityKind kKindOf<Tenant> = EntityKind::tenant;
template <>
inline constexpr EntityKind kKindOf<User> = EntityKind::user;
template <>
inline constexpr EntityKind kKindOf<Advertiser> = EntityKind::advertiser;
template <>
inline constexpr EntityKind kKindOf<Publisher> = EntityKind::publisher;
template <>
inline constexpr EntityKind kKindOf<Campaign> = EntityKind::campaign;
template <>
inline constexpr EntityKind kKindOf<Placement> = EntityKind::placement;
template <>
inline constexpr EntityKind kKindOf<LineItem> = EntityKind::line_item;
template <>
inline constexpr EntityKind kKindOf<Creative> = EntityKind::creative;
template <>
inline constexpr EntityKind kKindOf<Ad> = EntityKind::ad;
template <>
inline constexpr EntityKind kKindOf<Experiment> = EntityKind::experiment;
template <>
inline constexpr EntityKind kKindOf<AttributionRule> = EntityKind::attribution_rule;
template <>
inline constexpr EntityKind kKindOf<ConversionType> = EntityKind::conversion_type;

// Parts of several schemas.
extern const Schema kFrequencyCapSchema;
extern const Schema kGoalSchema;

// One per kind; schema_of() finds them.
extern const Schema kTenantSchema;
extern const Schema kUserSchema;
extern const Schema kAdvertiserSchema;
extern const Schema kPublisherSchema;
extern const Schema kCampaignSchema;
extern const Schema kPlacementSchema;
extern const Schema kLineItemSchema;
extern const Schema kCreativeSchema;
extern const Schema kAdSchema;
extern const Schema kExperimentSchema;
extern const Schema kAttributionRuleSchema;
extern const Schema kConversionTypeSchema;

}  // namespace adbacus
