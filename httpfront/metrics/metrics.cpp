#include "metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

#include "service/worker_rows.hpp"

namespace nias::httpfront {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Registry;

using prometheus::Counter;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

// Short answers take a millisecond; an upload may take minutes.
const Buckets kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600};

// Jobs wait and run from milliseconds to a week.
const Buckets kJobSeconds{0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400, 604800};

// An outcome settles within milliseconds, and within minutes where a line or a daemon was away.
const Buckets kSettleSeconds{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 600};

double seconds_of(std::chrono::milliseconds time) { return std::chrono::duration<double>(time).count(); }

Family<Gauge>& gauges(Registry& registry, const std::string& name, const std::string& help) {
    return BuildGauge().Name(name).Help(help).Register(registry);
}

void set(Registry& registry, const std::string& name, const std::string& help, double value,
         const prometheus::Labels& labels = {}) {
    gauges(registry, name, help).Add(labels).Set(value);
}

void add_jobs(Registry& registry, const store::QueueCounts& jobs) {
    auto& family = gauges(registry, "nias_jobs", "Jobs by where they stand");
    family.Add({{"state", "queued"}}).Set(static_cast<double>(jobs.queued));
    family.Add({{"state", "running"}}).Set(static_cast<double>(jobs.running));
    family.Add({{"state", "ended"}}).Set(static_cast<double>(jobs.ended));
}

void add_workers(Registry& registry, const std::vector<wire::WorkerRow>& workers) {
    auto& states = gauges(registry, "nias_worker_up", "1 for each worker, with the state that it stands in");
    auto& slots = gauges(registry, "nias_worker_slots", "Jobs that the worker runs at once");
    auto& held = gauges(registry, "nias_worker_jobs", "Jobs that the worker has, begun or not");
    auto& credit = gauges(registry, "nias_worker_credit", "Jobs that the worker would take besides");
    auto& running = gauges(registry, "nias_worker_running", "Jobs that run on the worker");
    auto& load =
        gauges(registry, "nias_worker_load", "Load average of its host over a minute, in processors");
    for (const wire::WorkerRow& worker : workers) {
        const prometheus::Labels name{{"worker", worker.name}};
        auto state = name;
        state.emplace("state", service::word_of(worker.state));
        states.Add(state).Set(1);
        slots.Add(name).Set(worker.slots);
        held.Add(name).Set(worker.held);
        const bool takes = worker.state == wire::WorkerState::ready && worker.slots > worker.held;
        credit.Add(name).Set(takes ? worker.slots - worker.held : 0);
        running.Add(name).Set(worker.running);
        load.Add(name).Set(static_cast<double>(worker.load_percent) * worker.cpus / 100);
    }
}

void add_disk(Registry& registry, const DiskRoom& disk) {
    set(registry, "nias_disk_size_bytes", "Size of the disk of the data directory",
        static_cast<double>(disk.size_bytes));
    set(registry, "nias_disk_free_bytes", "What is free of it for the server's user",
        static_cast<double>(disk.free_bytes));
}

}  // namespace

class Metrics::Impl {
public:
    Impl() {
        for (const TaskState state : kTaskStates) {
            if (!has_ended(state)) { continue; }
            const prometheus::Labels label{{"state", std::string(to_string(state))}};
            ends_.at(static_cast<std::size_t>(state)) = {&ended_.Add(label), &ran_.Add(label, kJobSeconds)};
        }
    }

    void answered(const Answered& request) {
        const prometheus::Labels route{{"method", std::string(request.verb)},
                                       {"route", std::string(request.route)}};
        auto status = route;
        status.emplace("status", std::to_string(request.status));
        requests_.Add(status).Increment();
        seconds_.Add(route, kSeconds).Observe(std::chrono::duration<double>(request.took).count());
        received_.Increment(static_cast<double>(request.received_bytes));
        sent_.Increment(static_cast<double>(request.sent_bytes));
    }

    void ended(const JobTimes& job) {
        const End& end = ends_.at(static_cast<std::size_t>(job.state));
        if (end.count == nullptr) { return; }  // it is alive
        end.count->Increment();
        if (job.waited) { waited_.Observe(seconds_of(*job.waited)); }
        if (job.ran) { end.ran->Observe(seconds_of(*job.ran)); }
        if (job.settled) { settled_.Observe(seconds_of(*job.settled)); }
    }

    std::string text(const Standing& standing) {
        Registry now;  // a worker that went away leaves no series behind
        if (standing.jobs) { add_jobs(now, *standing.jobs); }
        if (standing.oldest_waits) {
            set(now, "nias_queue_oldest_seconds",
                "Age of the job that has waited longest, 0 while none waits",
                seconds_of(*standing.oldest_waits));
        }
        if (standing.disk) { add_disk(now, *standing.disk); }
        if (standing.workers) { add_workers(now, *standing.workers); }
        set(now, "nias_ventilator_up", "1 where the ventilator answers", standing.workers ? 1 : 0);
        set(now, "nias_http_streams", "Pages that listen to events", static_cast<double>(standing.streams));
        auto families = now.Collect();
        for (auto& family : registry_.Collect()) { families.push_back(std::move(family)); }
        return prometheus::TextSerializer().Serialize(families);
    }

private:
    /// Series of one state in which jobs end; null for states of jobs that are alive.
    struct End {
        Counter* count = nullptr;
        Histogram* ran = nullptr;
    };

    Registry registry_;
    std::array<End, kTaskStates.size()> ends_{};  // by TaskState
    Family<Counter>& ended_ = BuildCounter()
                                  .Name("nias_jobs_ended_total")
                                  .Help("Jobs by the state in which they ended, since the front started")
                                  .Register(registry_);
    Family<Histogram>& ran_ = BuildHistogram()
                                  .Name("nias_job_run_seconds")
                                  .Help("Time that programs ran, by the state in which their jobs ended")
                                  .Register(registry_);
    Histogram& waited_ = BuildHistogram()
                             .Name("nias_job_wait_seconds")
                             .Help("Time from the sending of a job to the begin of its program")
                             .Register(registry_)
                             .Add({}, kJobSeconds);
    Histogram& settled_ = BuildHistogram()
                              .Name("nias_job_settle_seconds")
                              .Help("Time from the end of a program to the end of its job, results stored")
                              .Register(registry_)
                              .Add({}, kSettleSeconds);
    Family<Counter>& requests_ = BuildCounter()
                                     .Name("nias_http_requests_total")
                                     .Help("Requests by route, method and status")
                                     .Register(registry_);
    Family<prometheus::Histogram>& seconds_ =
        BuildHistogram()
            .Name("nias_http_request_seconds")
            .Help("Time from the head of a request to its answer, its body received")
            .Register(registry_);
    Counter& received_ = BuildCounter()
                             .Name("nias_http_received_bytes_total")
                             .Help("Bytes of bodies that were announced and taken")
                             .Register(registry_)
                             .Add({});
    Counter& sent_ = BuildCounter()
                         .Name("nias_http_sent_bytes_total")
                         .Help("Bytes of bodies of answers")
                         .Register(registry_)
                         .Add({});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;
void Metrics::answered(const Answered& request) { impl_->answered(request); }
void Metrics::ended(const JobTimes& job) { impl_->ended(job); }
std::string Metrics::text(const Standing& standing) { return impl_->text(standing); }

}  // namespace nias::httpfront
