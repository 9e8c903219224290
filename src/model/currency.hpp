// Which texts are currencies. Called by ingest for each amount, by the catalog for a tenant's
// default and by reports. Pure, thread-safe.
#pragma once

#include <string_view>

namespace adbacus {

// An alphabetic code of ISO 4217, in upper case.
bool valid_currency(std::string_view code);

}  // namespace adbacus
