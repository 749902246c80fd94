// Files, keys and addresses that a part cannot be opened on: open() says which it was, and why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/keys.hpp>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/temp_folder.hpp"

namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

class OpenErrors : public testing::Test {
protected:
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    [[nodiscard]] VentilatorOptions ventilator(const std::string& data) const {
        return {.intake = at("i"), .control = at("c"), .events = at("e"), .data_dir = data};
    }
    [[nodiscard]] SinkOptions sink(const std::string& data) const {
        return {.outcomes = at("o"), .bulk = at("b"), .output = at("p"), .intake = at("i"), .data_dir = data};
    }
    [[nodiscard]] WorkerOptions worker() const {
        return {.control = at("c"), .outcomes = at("o"), .bulk = at("b"), .name = "w"};
    }
    [[nodiscard]] SubmitterOptions submitter() const {
        return {.intake = at("i"), .control = at("c"), .events = at("e")};
    }
    template <typename Part>
    static void is_refused(const Result<Part>& part, ErrorCode code, const std::string& words) {
        ASSERT_FALSE(part) << words;
        EXPECT_EQ(to_string(part.error().code), to_string(code)) << part.error().message;
        EXPECT_THAT(part.error().message, HasSubstr(words));
    }

    const test::TempFolder folder_;
};

TEST_F(OpenErrors, OfADatabaseThatIsNoneAreCorruptAndNameItsFile) {
    fs::create_directories(folder_ / "data");
    test::write_file(folder_ / "data/ledger.db", std::string(8192, 'x'));
    test::write_file(folder_ / "data/results.db", std::string(8192, 'x'));
    is_refused(Ventilator::open(ventilator(folder_ / "data")), ErrorCode::corrupt, "ledger.db");
    is_refused(Sink::open(sink(folder_ / "data")), ErrorCode::corrupt, "results.db");
    is_refused(Pipeline::open({.data_dir = folder_ / "data"}, echo), ErrorCode::corrupt, "ledger.db");
    fs::remove(folder_ / "data/ledger.db");
    fs::remove(folder_ / "data/results.db");
    const auto mended = Pipeline::open({.data_dir = folder_ / "data"}, echo);
    EXPECT_TRUE(mended) << mended.error().message;
}

TEST_F(OpenErrors, OfAFolderThatIsAFileNameIt) {
    test::write_file(folder_ / "file", "not a folder");
    is_refused(Ventilator::open(ventilator(folder_ / "file")), ErrorCode::unavailable, folder_ / "file");
    is_refused(Sink::open(sink(folder_ / "file")), ErrorCode::unavailable, folder_ / "file");
    WorkerOptions with_outbox = worker();
    with_outbox.outbox = folder_ / "file/outbox";
    is_refused(Worker::open(with_outbox), ErrorCode::unavailable, folder_ / "file");
    SinkOptions with_blobs = sink("");
    with_blobs.durability = Durability::memory;
    with_blobs.blob_dir = folder_ / "file/blobs";
    is_refused(Sink::open(with_blobs), ErrorCode::unavailable, folder_ / "file");
}

TEST_F(OpenErrors, OfKeysNameTheFileAndWhatIsWrongWithIt) {
    test::write_file(folder_ / "broken.key", "no key");
    fs::permissions(folder_ / "broken.key", fs::perms::owner_read | fs::perms::owner_write);
    const std::vector<std::pair<std::string, ErrorCode>> files{{"none.key", ErrorCode::not_found},
                                                               {"broken.key", ErrorCode::invalid}};
    for (const auto& [name, code] : files) {
        WorkerOptions of_worker = worker();
        of_worker.keys = folder_ / name;
        is_refused(Worker::open(of_worker), code, name);
        SubmitterOptions of_submitter = submitter();
        of_submitter.keys = folder_ / name;
        is_refused(Submitter::open(of_submitter), code, name);
        is_refused(Watcher::open({.events = at("e"), .keys = folder_ / name}, {}), code, name);
    }
}

TEST_F(OpenErrors, OfAnAddressThatAnotherHasSayWhichAndTheOtherGoesOn) {
    VentilatorOptions options = ventilator("");
    options.durability = Durability::memory;
    auto first = Ventilator::open(options);
    ASSERT_TRUE(first) << first.error().message;
    for (const auto& make : std::vector<std::function<void(VentilatorOptions&)>>{
             [&](VentilatorOptions& o) { o.control = at("c2"), o.events = at("e2"); },
             [&](VentilatorOptions& o) { o.intake = at("i2"), o.events = at("e2"); },
             [&](VentilatorOptions& o) { o.intake = at("i2"), o.control = at("c2"); }}) {
        VentilatorOptions second = options;
        make(second);
        is_refused(Ventilator::open(second), ErrorCode::conflict, folder_.path());
    }
    SinkOptions of_sink = sink("");
    of_sink.durability = Durability::memory;
    of_sink.outcomes = at("i");
    is_refused(Sink::open(of_sink), ErrorCode::conflict, folder_.path());
    of_sink = sink("");
    of_sink.durability = Durability::memory;
    of_sink.bulk = at("e");
    is_refused(Sink::open(of_sink), ErrorCode::conflict, folder_.path());
}

TEST_F(OpenErrors, OfAddressesThatCannotBeUsedQuoteThem) {
    for (const std::string wrong : {"nowhere", "tcp://", "tcp://127.0.0.1:70000", "udp://127.0.0.1:1",
                                    "ipc://", "inproc://of-nobody"}) {
        SubmitterOptions of_submitter = submitter();
        of_submitter.control = wrong;
        is_refused(Submitter::open(of_submitter), ErrorCode::invalid, wrong);
        WorkerOptions of_worker = worker();
        of_worker.outcomes = wrong;
        is_refused(Worker::open(of_worker), ErrorCode::invalid, wrong);
        is_refused(Watcher::open({.events = at("e"), .output = wrong}, {}), ErrorCode::invalid, wrong);
        VentilatorOptions of_ventilator = ventilator("");
        of_ventilator.durability = Durability::memory;
        of_ventilator.events = wrong;
        is_refused(Ventilator::open(of_ventilator), ErrorCode::invalid, wrong);
    }
}

TEST_F(OpenErrors, LeaveNothingBehindThatKeepsTheNextOneOut) {
    const std::string data = folder_ / "data";
    for (int round = 0; round < 3; ++round) {
        auto taken = Sink::open(sink(folder_ / "other"));
        ASSERT_TRUE(taken) << taken.error().message;
        is_refused(Sink::open(sink(data)), ErrorCode::conflict,
                   "");  // the folder is free, its addresses are not
        VentilatorOptions wrong = ventilator(data);
        wrong.events = at("o");  // bound last, when the folder is locked
        is_refused(Ventilator::open(wrong), ErrorCode::conflict, "");
    }
    const auto opens = Ventilator::open(ventilator(data));
    EXPECT_TRUE(opens) << opens.error().message;
    const auto too = Sink::open(sink(data));
    EXPECT_TRUE(too) << too.error().message;
}

}  // namespace
}  // namespace nias
