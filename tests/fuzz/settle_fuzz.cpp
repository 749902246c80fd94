// The sink's brain under any reports and commits that fail: all that was committed is passed on, once, in
// frames.
#include "core/settle.hpp"
#include "input.hpp"

namespace nias::fuzz {
namespace {

wire::OutcomeReport report(Input& in) {
    if (in.below(4) == 0) {
        auto message = wire::decode(in.frame());
        auto* given = message ? std::get_if<wire::OutcomeReport>(&*message) : nullptr;
        return given == nullptr ? wire::OutcomeReport{} : std::move(*given);
    }
    const std::string worker = in.name('w');
    std::vector<Outcome> outcomes = in.outcomes();
    if (in.below(64) == 0) { outcomes.resize(wire::kBatchItemsMax - in.below(2), Outcome(outcomes.front())); }
    if (in.below(8) == 0) {
        outcomes.resize(1 + in.below(15));
        for (Outcome& outcome : outcomes) { outcome.output.resize(kInlineMax); }
    }
    wire::OutcomeReport report{worker, outcomes};
    if (wire::encode(report).size() > wire::kFrameBytesMax) { return {}; }  // cannot arrive
    return report;
}

void commit(core::Settle& settle, std::size_t given) {
    std::size_t rows = 0;
    for (const auto& reported : settle.to_commit()) { rows += reported.outcomes->size(); }
    NIAS_CHECK(rows == given, "every report is committed");
    std::size_t passed = 0;
    for (const wire::Outcomes& outcomes : settle.committed()) {
        NIAS_CHECK(!outcomes.outcomes.empty(), "nothing empty is passed on");
        passed += outcomes.outcomes.size();
        check_speakable(outcomes);
    }
    NIAS_CHECK(passed == given, "what was committed is passed on once");
    NIAS_CHECK(settle.empty() && !settle.full(), "after a commit there is room");
}

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nias;
    fuzz::Input in(data, size);
    core::Settle settle;
    std::size_t given = 0;
    for (int step = 0; step < 300 && !in.empty(); ++step) {
        const auto choice = in.below(8);
        if (settle.full() || choice == 0) {
            fuzz::commit(settle, given);
            given = 0;
        } else if (choice == 1) {
            settle.failed();
            given = 0;
            NIAS_CHECK(settle.to_commit().empty(), "after a failed commit nothing is left");
        } else {
            auto report = fuzz::report(in);
            given += report.outcomes.size();
            settle.on(std::move(report));
            NIAS_CHECK(settle.empty() == (given == 0), "a report waits until the commit");
        }
    }
    return 0;
}
