/// A ledger in a folder of its own, which a test writes to, opens again, and reads: the fixture of its tests.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "store/ledger/ledger.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/records.hpp"

namespace nias::test {

class OpenLedger : public testing::Test {
protected:
    void SetUp() override { reopen(); }
    void reopen() {
        ledger_.reset();
        auto opened = store::Ledger::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_.emplace(std::move(*opened));
    }
    /// One transaction, durable when it is back.
    template <typename Work>
    void committed(const Work& work) {
        ASSERT_TRUE(ledger_->begin());
        work();
        ASSERT_TRUE(ledger_->commit());
    }
    void add(const store::TaskRecord& record) { ASSERT_TRUE(ledger_->add(record)); }
    void change(const store::TaskChange& what) { ASSERT_TRUE(ledger_->change(what)); }
    void end(const store::TaskChange& what, const std::optional<Outcome>& outcome) {
        ASSERT_TRUE(ledger_->end(what, outcome));
    }
    store::TaskRecord found(std::uint8_t number) {
        auto record = ledger_->find(id_of(number));
        EXPECT_TRUE(record) << record.error().message;
        EXPECT_TRUE(record && record->has_value()) << "task " << int{number} << " is not there";
        return record && *record ? **record : store::TaskRecord{};
    }
    std::vector<std::uint8_t> listed(const store::ListQuery& query) {
        auto reader = store::LedgerReader::open(folder_.path());
        EXPECT_TRUE(reader);
        auto rows = reader->list(query);
        EXPECT_TRUE(rows) << rows.error().message;
        std::vector<std::uint8_t> numbers;
        for (const store::TaskRecord& row : *rows) { numbers.push_back(row.task.id.bytes[15]); }
        return numbers;
    }

    TempFolder folder_;
    std::optional<store::Ledger> ledger_;
};

}  // namespace nias::test
