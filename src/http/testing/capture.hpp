// Where tests of handlers get the answer: the last response that was sent.
#pragma once

#include <utility>

#include "http/http.hpp"

namespace adbacus::http {

class Capture final : public Responder::Sink {
 public:
  // `out` must outlive the object.
  explicit Capture(Response& out) : out_(out) {}
  void send(Response response) override { out_ = std::move(response); }

 private:
  Response& out_;
};

}  // namespace adbacus::http
