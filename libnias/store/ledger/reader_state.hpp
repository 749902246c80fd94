/// The parts of a LedgerReader, for the files that hold its functions. Private to the store.
#pragma once

#include <memory>

#include "store/ledger/ledger.hpp"
#include "store/ledger/task_rows.hpp"
#include "store/sqlite/database.hpp"

namespace nias::store {

struct LedgerReader::State {
    std::unique_ptr<Database> database;
    TaskFinder finder;
    Statement forgotten;
};

}  // namespace nias::store
