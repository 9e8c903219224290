// What every object store must do. A backend's test calls check_object_store_contract() with an
// empty store inside a TEST; failures are gtest expectations.
#pragma once

#include "objects/object_store.hpp"

namespace adbacus {

void check_object_store_contract(ObjectStore& store);

}  // namespace adbacus
