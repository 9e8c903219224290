// What pixels and click links need around them: a log that keeps events, one tenant, a clock that
// stands still, keys by name. For tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/router.hpp"
#include "http/url.hpp"
#include "ingest/testing/catalog_objects.hpp"
#include "ingest/testing/fake_event_appender.hpp"
#include "ingest/testing/intake_fixture.hpp"
#include "ingest/url_event_door.hpp"

namespace adbacus {

class UrlFixture : public http::Authenticator {
 public:
  class Kept final : public http::Responder::Sink {
   public:
    void send(http::Response response) override {
      answer = std::move(response);
      ++sent;
    }
    std::string header(std::string_view name) const {
      std::string all;
      for (const auto& [key, value] : answer.headers)
        if (key == name) all += value;
      return all;
    }
    bool has(std::string_view name) const {
      for (const auto& [key, value] : answer.headers)
        if (key == name) return true;
      return false;
    }
    http::Response answer;
    int sent = 0;
  };

  explicit UrlFixture(std::string_view source)
      : door_(
            log_, clock_, tenants_, [this] { return objects_.snapshot(); }, admission_,
            [this] { return options_; }, source) {}

  Result<http::Principal> authenticate(std::string_view credential, std::string_view) override {
    const auto found = keys_.find(std::string(credential));
    if (found == keys_.end()) return Error{ErrorCode::unauthorized, "no such key"};
    return found->second;
  }

  // As a browser asks for it; `target` holds the query.
  std::shared_ptr<Kept> request(http::Method method, const std::string& target,
                                std::vector<std::pair<std::string, std::string>> headers = {},
                                const std::string& body = {}) {
    // The request must outlive a delayed answer, so it stays a member.
    texts_ = std::move(headers);
    target_ = target;
    body_ = body;
    request_ = http::Request();
    request_.method = method;
    request_.target = target_;
    const http::TargetParts parts = http::split_target(target_);
    request_.path = parts.path;
    http::parse_query(parts.query, 100, request_.query);
    for (const auto& [name, value] : texts_) request_.headers.emplace_back(name, value);
    request_.body = body_;
    request_.remote_ip = "203.0.113.9";
    request_.request_id = "r-1";
    auto kept = std::make_shared<Kept>();
    router_.dispatch(request_, http::Responder(kept), this);
    return kept;
  }
  std::shared_ptr<Kept> get(const std::string& target,
                            std::vector<std::pair<std::string, std::string>> headers = {}) {
    return request(http::Method::get, target, std::move(headers));
  }

  std::size_t stored() const { return log_.batches().size(); }
  Event last() {  // views into the log's batch and the arena
    const AppendBatch& batch = log_.batches().back();
    return *decode_event(batch.bytes, arena_);
  }

 protected:
  class StandingClock final : public Clock {
   public:
    TimeUs wall_us() override { return now_us; }
    TimeUs mono_us() override { return 5; }
    TimeUs now_us = kTestNowUs;
  };
  class OneTenant final : public TenantLookup {
   public:
    std::shared_ptr<const TenantProfile> find(std::string_view tenant) override {
      if (tenant != "1") return nullptr;
      return std::make_shared<TenantProfile>(TenantProfile{"1", "EUR", {}});
    }
  };
  class ScriptedAdmission final : public AdmissionControl {
   public:
    Admission admit(std::string_view, std::size_t) override {
      return std::exchange(next, Admission());
    }
    void delay(std::function<void()> resume) override { waiting = std::move(resume); }
    Admission next;
    std::function<void()> waiting;
  };

  FakeEventAppender log_;
  StandingClock clock_;
  OneTenant tenants_;
  ScriptedAdmission admission_;
  CatalogObjects objects_ = two_campaigns();
  std::shared_ptr<IngestOptions> options_ = std::make_shared<IngestOptions>();
  std::map<std::string, http::Principal> keys_;
  UrlEventDoor door_;
  http::Router router_;

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
  std::string target_;
  std::string body_;
  http::Request request_;
  Arena arena_;
};

}  // namespace adbacus
