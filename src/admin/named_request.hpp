// Requests that name themselves by Idempotency-Key: the same one again gets the first answer
// instead of making a second object. Used by every route that makes something, within its
// transaction. Pure but for the transaction.
#pragma once

#include <optional>
#include <string>

#include "catalog/entity_store.hpp"
#include "http/router.hpp"

namespace adbacus {

// Answers are kept so long.
inline constexpr TimeUs kAnswersKeptUs = kDayUs;

struct RequestName {
  std::string idempotency_key = {};  // empty: none
  std::string fingerprint = {};      // of the body
};
http::ParamSpec idempotency_key_param();  // for the route's description
// False: the key is not 1 to 255 visible ASCII characters.
bool read_request_name(const http::Request& request, RequestName& name);
http::Response bad_request_name(const http::Request& request);  // 422 invalid_idempotency_key

// What the request got within the last day, or 422 idempotency_key_reused for another body;
// nullopt: nothing, or it has no name.
Result<std::optional<http::Response>> earlier_answer(EntityTransaction& transaction,
                                                     const http::Request& request,
                                                     const RequestName& name, TimeUs now_us);
// Does nothing without a name. conflict: somebody else keeps one for it meanwhile.
Result<void> keep_answer(EntityTransaction& transaction, const http::Request& request,
                         const RequestName& name, const http::Response& answer, TimeUs now_us);

}  // namespace adbacus
