#include "ingest/links/link_routes.hpp"

#include <array>
#include <utility>

#include "catalog/schema/field.hpp"
#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/schema_text.hpp"
#include "http/destination.hpp"
#include "http/json_writer.hpp"
#include "ingest/links/link_token.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kDestinationBytesMax = 2'048;
constexpr std::int64_t kDomainsMax = 20;
constexpr std::string_view kAnswerSchema =
    R"({"type":"object","properties":{"token":{"type":"string"},"path":{"type":"string"},)"
    R"("expires_at":{"type":["string","null"]}}})";

constexpr Field kLinkFields[] = {
    reference<&Link::campaign_id>("campaign_id", EntityKind::campaign, "whose click it is"),
    reference<&Link::line_item_id>("line_item_id", EntityKind::line_item, "whose click it is"),
    reference<&Link::placement_id>("placement_id", EntityKind::placement, "where it stands"),
    reference<&Link::creative_id>("creative_id", EntityKind::creative,
                                  "what was clicked; the click goes to its landing_url"),
    reference<&Link::ad_id>("ad_id", EntityKind::ad, "what was clicked; its creative as above"),
    text<&Link::destination>("destination", "where the click goes instead; {click_id}, {lpurl}")
        .bytes(0, kDestinationBytesMax)
        .as(TextForm::free),
    texts<&Link::domains>("domains", kDomainsMax, "to which the parameter `url` may lead")
        .as(TextForm::domain),
    instant<&Link::expires_at>("expires_at", "from then on it leads nowhere; null: never"),
};
const Schema kLinkSchema{.name = "link", .fields = kLinkFields, .make = field_detail::make<Link>};

// An event would be flagged for it, and the link could lead nowhere.
Problems missing_objects(const Link& link, const TenantObjects* objects) {
  Problems problems;
  const auto check = [&](auto find, const std::string& id, const char* pointer) {
    if (id.empty() || (objects != nullptr && find(id) != nullptr)) return;
    problems.push_back({pointer, "reference_not_found", "there is no such object"});
  };
  check([&](const auto& id) { return objects->find<Campaign>(id); }, link.campaign_id,
        "/campaign_id");
  check([&](const auto& id) { return objects->find<LineItem>(id); }, link.line_item_id,
        "/line_item_id");
  check([&](const auto& id) { return objects->find<Placement>(id); }, link.placement_id,
        "/placement_id");
  check([&](const auto& id) { return objects->find<Creative>(id); }, link.creative_id,
        "/creative_id");
  check([&](const auto& id) { return objects->find<Ad>(id); }, link.ad_id, "/ad_id");
  return problems;
}

void check_destination(const Link& link, const IngestOptions& options, Problems& problems) {
  if (link.destination.empty()) {
    if (link.creative_id.empty() && link.ad_id.empty() && link.domains.empty())
      problems.push_back({"/destination", "required",
                          "or creative_id, ad_id or domains: a click leads somewhere"});
    return;
  }
  if (!http::is_safe_destination(link.destination)) {
    problems.push_back({"/destination", "invalid_value",
                        "must be http or https with a plain host; no user name, backslash, control "
                        "character or %0d, %0a"});
  } else if (!options.click_domains.empty() &&
             !http::is_in_domains(http::destination_host(link.destination),
                                  options.click_domains)) {
    problems.push_back(
        {"/destination", "domain_not_allowed", "its host is in none of ingest.click_domains"});
  }
}

bool is_json(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("application/json");
}

}  // namespace

LinkRoutes::LinkRoutes(SnapshotSource objects, const SigningKeys& keys, IngestOptionsSource options,
                       Clock& clock)
    : objects_(std::move(objects)), keys_(keys), options_(std::move(options)), clock_(clock) {}

void LinkRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.method = http::Method::post;
  spec.path = "/v1/links";
  spec.scope = http::scope_admin;
  spec.summary = "Make a signed click link";
  spec.request_body = schema_text(kLinkSchema, SchemaUse::change);
  spec.response_body = kAnswerSchema;
  spec.success_status = 201;
  spec.tags = {"management"};
  spec.unknown_params_refused = true;
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    responder.send(create(request));
  });
}

http::Response LinkRoutes::create(const http::Request& request) const {
  if (request.principal.tenant.empty())
    return http::problem(request, 422, "tenant_required",
                         "An operator names a tenant in X-Adbacus-Tenant.");
  if (!is_json(request.header("content-type")))
    return http::problem(request, 415, "unsupported_media_type",
                         "The body must be application/json.");
  const auto body = parse_json(request.body);
  if (!body) return http::problem(request, 400, "invalid_json", body.error().message + ".");
  Link link;
  Problems problems;
  read_fields(kLinkSchema, *body, ReadMode::create, "", {}, &link, problems);
  link.tenant = request.principal.tenant;
  link.destination = http::ascii_url(link.destination);
  if (problems.empty()) check_destination(link, *options_(), problems);
  if (problems.empty() && link.expires_at && *link.expires_at <= clock_.wall_us())
    problems.push_back({"/expires_at", "out_of_range", "must be in the future"});
  if (!problems.empty())
    return http::problem(request, 422, "invalid_body", "The body has mistakes.",
                         std::move(problems));
  Problems missing = missing_objects(link, objects_()->tenant(link.tenant));
  if (!missing.empty())
    return http::problem(request, 404, "reference_not_found",
                         "The link refers to objects that the tenant does not have.",
                         std::move(missing));
  const std::string token = encode_link(link, keys_);
  http::JsonWriter json;
  json.begin_object().member("token", token).member("path", "/v1/c/" + token).key("expires_at");
  if (link.expires_at) {
    json.value(utc_text(*link.expires_at / kSecondUs * kSecondUs));
  } else {
    json.null();
  }
  http::Response response;
  response.status = 201;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(json.end_object()).take();
  return response;
}

}  // namespace adbacus
