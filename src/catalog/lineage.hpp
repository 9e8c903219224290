// What an object says of its campaign agrees with what the objects it names say, whichever of them
// changes. Called by the entity writer before it stores anything.
#pragma once

#include <optional>

#include "catalog/entity_writer.hpp"

namespace adbacus {

// nullopt: nothing is wrong. `object` is the new state of what `change` is about.
Result<std::optional<Refusal>> check_lineage(EntityTransaction& transaction,
                                             const EntityChange& change, const void* object);
// The same for ads and rules below a line item or creative that goes to another campaign: they name
// the campaign it leaves, and events of such an ad would be counted for neither.
Result<std::optional<Refusal>> check_followers(EntityTransaction& transaction,
                                               const EntityChange& change, const Entity& before,
                                               const void* object);

}  // namespace adbacus
