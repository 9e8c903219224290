// Raw reports over the lake: joins the report module's narrow view with the lake's own.
// Thread-safe.
#pragma once

#include "report/raw_reader.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

class LakeRawReader final : public RawReader {
 public:
  explicit LakeRawReader(EventLake& lake) : lake_(lake) {}
  Result<RollupResult> query(const RawQuery& query) override;
  Seq visible() override;

 private:
  EventLake& lake_;
};

}  // namespace adbacus
