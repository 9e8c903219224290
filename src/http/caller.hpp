// Who is calling: the one credential of a request, where it may stand, and what a browser's public
// key is held to. Called by the router, and by routes that decide about access themselves, on I/O
// threads. Pure but for the authenticator.
#pragma once

#include <optional>
#include <variant>

#include "http/http.hpp"

namespace adbacus::http {

// Where a route takes keys from.
enum class KeyPlaces : std::uint8_t { headers, headers_and_query };

// The caller, or the refusal: 400 ambiguous_credential (more than one credential, or more than one
// X-Adbacus-Tenant), 401 unauthorized, secret_key_in_query or key_in_query, 403 forbidden,
// origin_required, origin_not_allowed
// or csrf_token_wrong. A session's cookie counts where there is no key.
// principal.origin is set for a public key.
std::variant<Principal, Response> identify(const Request& request, Authenticator& authenticator,
                                           KeyPlaces places);

// The answer to an OPTIONS request for a path that pages of other origins may call, completed if it
// is a preflight (Fetch, 3.2.2). A key in the query is checked here already; a key in a header is
// not sent along, so any origin may go on and is judged with the request itself.
Response preflight(const Request& request, Authenticator* authenticator, KeyPlaces places,
                   std::string_view methods, Response answer);

}  // namespace adbacus::http
