#include "store/ledger/usage.hpp"

#include "store/sqlite/database.hpp"

namespace nias::store {
namespace {

Status add_bundles(Database& database, std::vector<OwnerUsage>& owners) {
    auto rows = database.prepare(
        "SELECT owner, sum(bundle_bytes) FROM (SELECT DISTINCT owner, bundle, bundle_bytes "
        "FROM task_rows CROSS JOIN task_heads USING (head) WHERE bundle IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM forgotten WHERE forgotten.id = task_rows.id)) GROUP BY owner");
    if (!rows) { return rows.error(); }
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { return {}; }
        const std::string owner = rows->text();
        const auto bytes = static_cast<std::uint64_t>(rows->integer());
        for (OwnerUsage& one : owners) {
            if (one.owner == owner) { one.bytes += bytes; }
        }
    }
}

}  // namespace

Result<std::vector<OwnerUsage>> read_usage(Database& database) {
    auto rows = database.prepare(
        "SELECT owner, count(*), sum(end_rows.id IS NULL), sum(coalesce(output_bytes, 0)) "
        "FROM task_rows CROSS JOIN task_heads USING (head) LEFT JOIN end_rows ON end_rows.id = task_rows.id "
        "LEFT JOIN end_heads ON end_heads.head = end_rows.head "
        "WHERE NOT EXISTS (SELECT 1 FROM forgotten WHERE forgotten.id = task_rows.id) "
        "GROUP BY owner ORDER BY owner");
    if (!rows) { return rows.error(); }
    std::vector<OwnerUsage> found;
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { break; }
        OwnerUsage& one = found.emplace_back();
        one.owner = rows->text();
        one.jobs = static_cast<std::uint64_t>(rows->integer());
        one.alive = static_cast<std::uint64_t>(rows->integer());
        one.bytes = static_cast<std::uint64_t>(rows->integer());
    }
    if (auto added = add_bundles(database, found); !added) { return added.error(); }
    return found;
}

}  // namespace nias::store
