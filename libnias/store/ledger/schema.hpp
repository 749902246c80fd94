/// The schema of `ledger.db`, for all who open that file. Private to the store.
#pragma once

#include "store/sqlite/database.hpp"

namespace nias::store {

[[nodiscard]] Schema ledger_schema();

}  // namespace nias::store
