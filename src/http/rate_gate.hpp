// Asked by the router about every request that needs a credential: whether its caller may make one
// more now. Called on I/O threads, thread-safe, never blocks.
#pragma once

#include <optional>

#include "http/http.hpp"

namespace adbacus::http {

class RateGate {
 public:
  virtual ~RateGate() = default;
  // The caller is known and let in. nullopt, or the refusal (429). What the answer shall say of the
  // quota is put into request.answer_fields; with `is_sparing` only if little of it is left.
  virtual std::optional<Response> pass(Request& request, bool is_sparing) = 0;
  // The caller is not let in: what is counted against his address. nullopt: he is told why.
  virtual std::optional<Response> pass_unknown(Request& request) = 0;
};

}  // namespace adbacus::http
