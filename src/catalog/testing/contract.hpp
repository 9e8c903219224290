// What every catalog backend promises, as a suite: instantiate CatalogContract with a factory that
// gives an empty catalog and reopens the same one.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "catalog/catalog.hpp"

namespace adbacus::testing {

class CatalogStage {  // one empty catalog's place
 public:
  virtual ~CatalogStage() = default;
  virtual std::unique_ptr<Catalog> open() = 0;  // the same data each time
};

struct CatalogBackend {
  std::string name;
  std::function<std::unique_ptr<CatalogStage>()> make;
};

class CatalogContract : public ::testing::TestWithParam<CatalogBackend> {
 protected:
  void SetUp() override {
    stage_ = GetParam().make();
    catalog_ = stage_->open();
  }
  std::unique_ptr<CatalogStage> stage_;
  std::unique_ptr<Catalog> catalog_;
};

// Valid values to start from; `n` tells them apart.
Tenant sample_tenant(int n);
ApiKey sample_key(const std::string& tenant_id, int n);

}  // namespace adbacus::testing
