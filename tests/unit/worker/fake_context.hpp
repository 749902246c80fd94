/// The Context of a handler, kept in memory, and a bench that sends a job through a JobRunner.
/// For the tests of the worker.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "job/output/output_zip.hpp"
#include "support/temp_folder.hpp"
#include "worker/host/process.hpp"
#include "worker/run/job_runner.hpp"

namespace nias::worker {

class FakeContext final : public Context {
public:
    FakeContext(std::string bundle, std::string kept) : bundle_(std::move(bundle)), kept_(std::move(kept)) {}
    [[nodiscard]] bool cancelled() const override { return cancel_when && cancel_when(*this); }
    void started() override { ++starts; }
    void log(std::string_view bytes) override { text.append(bytes); }
    void progress(double fraction, std::string_view words) override {
        steps.emplace_back(fraction, std::string(words));
    }
    Status fetch(const BlobRef&, const std::string& path) override {
        if (fetch_fails) { return Error{ErrorCode::unavailable, "the sink is away"}; }
        ++fetches;
        if (on_fetch) { on_fetch(); }
        if (sink_is_elsewhere) {
            std::filesystem::copy_file(bundle_, path);
        } else {
            std::filesystem::create_symlink(bundle_, path);
        }
        return {};
    }
    Result<BlobRef> store(const std::string& path) override {
        if (on_store) { on_store(); }
        if (store_fails) { return Error{ErrorCode::overloaded, "the sink is full"}; }
        std::filesystem::copy_file(path, kept_, std::filesystem::copy_options::overwrite_existing);
        return BlobRef{{}, std::filesystem::file_size(path)};
    }

    void give(const BlobRef&) override { ADD_FAILURE() << "jobs name their output themselves"; }

    Status show_file(std::string_view name, const std::string& path) override {
        shown.emplace_back(std::string(name), test::read_file(path));
        return {};
    }

    int starts = 0;
    std::vector<std::pair<std::string, std::string>> shown;
    std::string text;
    std::vector<std::pair<double, std::string>> steps;
    std::function<bool(const FakeContext&)> cancel_when;
    std::function<void()> on_store;
    std::function<void()> on_fetch;
    bool fetch_fails = false;
    bool store_fails = false;
    bool sink_is_elsewhere = false;  ///< then fetch() gives bytes, not a link to the sink's file
    int fetches = 0;

private:
    std::string bundle_, kept_;
};

/// The end of one job.
struct Ran {
    Outcome outcome;
    std::string log;
    std::vector<std::pair<double, std::string>> progress;
    std::vector<std::pair<std::string, std::string>> shown;  ///< while it ran
    int starts = 0;
    int fetches = 0;
    std::string unfit;                         ///< why the machine can run nothing, right after the end
    std::map<std::string, std::string> files;  ///< members of output.zip
};

class RunnerTest : public testing::Test {
protected:
    using Files = std::map<std::string, std::string>;

    RunnerTest() {
        settings.work = folder_ / "work";
        settings.envs.folder = folder_ / "envs";
        settings.max_log_bytes = 1U << 20U;
        settings.grace_ms = 500;
    }
    void SetUp() override {
        if (boxed) {
            auto made = make_bwrap({}, internet);
            ASSERT_TRUE(made) << made.error().message;
            sandbox_ = std::move(*made);
        } else {
            sandbox_ = make_no_sandbox();
        }
    }
    Ran run(const Files& files, const std::function<void(Task&, FakeContext&)>& change = {}) {
        const std::string source = folder_ / ("job" + std::to_string(++runs_));
        for (const auto& [name, content] : files) { test::write_file(source + "/" + name, content); }
        const std::string zip = source + ".zip";
        const auto zipped = capture({"/usr/bin/python3", "-m", "zipfile", "-c", zip, source}, 4096, 20'000);
        EXPECT_TRUE(zipped) << zipped.error().message;
        last_zip_ = zip;
        return run_last_zip(change);
    }
    /// The same bundle once more, by a worker that was started again.
    Ran run_last_zip(const std::function<void(Task&, FakeContext&)>& change = {}) {
        const std::string& zip = last_zip_;
        const std::string kept = folder_ / ("output" + std::to_string(++runs_) + ".zip");
        Task task;
        task.id = make_task_id(unix_ms_now());
        const auto hash = hash_file(zip);
        EXPECT_TRUE(hash) << hash.error().message;
        task.bundle = BlobRef{hash ? *hash : BlobHash{}, std::filesystem::file_size(zip)};
        FakeContext context(zip, kept);
        if (change) { change(task, context); }
        const JobRunner runner(settings, equipped, *sandbox_, cgroups);
        Ran ran;
        if (before_run) { before_run(runner, task); }
        ran.outcome = runner.run(task, context);
        ran.unfit = runner.unfit();
        ran.log = context.text;
        ran.progress = context.steps;
        ran.starts = context.starts;
        ran.fetches = context.fetches;
        ran.shown = context.shown;
        if (ran.outcome.output_blob) { read_outputs(kept, ran); }
        EXPECT_TRUE(std::filesystem::is_empty(settings.work)) << "a folder was left behind";
        return ran;
    }
    static const Runtimes& runtimes() {
        static const Runtimes found = find_runtimes({.pythons = {"/usr/bin/python3"}});
        return found;
    }
    [[nodiscard]] const std::string& folder() const { return folder_.path(); }
    [[nodiscard]] const std::string& last_zip() const { return last_zip_; }

    RunnerSettings settings;
    bool boxed = true;
    std::function<void(const JobRunner&, const Task&)> before_run;
    std::optional<Internet> internet;
    Runtimes equipped = runtimes();
    Cgroups cgroups = Cgroups::find("test");

private:
    static void read_outputs(const std::string& zip, Ran& ran) {
        const auto entries = job::list_zip(zip);
        ASSERT_TRUE(entries) << entries.error().message;
        for (const auto& entry : *entries) {
            std::string& content = ran.files[entry.path];
            const auto read = job::read_zip_entry(zip, entry.path, [&](std::span<const char> piece) {
                content.append(piece.data(), piece.size());
                return true;
            });
            EXPECT_TRUE(read) << read.error().message;
        }
    }

    test::TempFolder folder_;
    std::unique_ptr<Sandbox> sandbox_;
    std::string last_zip_;
    int runs_ = 0;
};

}  // namespace nias::worker
