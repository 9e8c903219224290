// A request on its way to a thread that may block. Whatever becomes of the work, it is answered: if
// nobody did, that too much is waiting. Shared by the job and whoever hands it over; one thread at
// a time.
#pragma once

#include <utility>

#include "http/http.hpp"

namespace adbacus::http {

class DeferredAnswer {
 public:
  DeferredAnswer(const Request& request, Responder responder)
      : request_(request), responder_(std::move(responder)) {}
  ~DeferredAnswer() {
    if (!is_answered_) {
      responder_.send(problem(request_, 503, "overloaded", "Too many requests wait; try again."));
    }
  }
  DeferredAnswer(const DeferredAnswer&) = delete;
  DeferredAnswer& operator=(const DeferredAnswer&) = delete;

  const Request& request() const { return request_; }  // valid until send()
  void send(Response response) {
    is_answered_ = true;
    responder_.send(std::move(response));
  }

 private:
  const Request& request_;  // lives as long as the responder
  Responder responder_;
  bool is_answered_ = false;
};

}  // namespace adbacus::http
