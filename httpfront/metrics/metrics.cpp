#include "metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

namespace nias::httpfront {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Registry;

// Short answers take a millisecond; an upload may take minutes.
const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                       0.25,  0.5,    1,     2.5,  10,    60,   600};

std::string word_of(wire::WorkerState state) {
    switch (state) {
        case wire::WorkerState::ready: return "ready";
        case wire::WorkerState::suspect: return "suspect";
        case wire::WorkerState::paused: return "paused";
        case wire::WorkerState::draining: return "draining";
        case wire::WorkerState::silent: return "silent";
        case wire::WorkerState::lost: return "lost";
        case wire::WorkerState::stopped: return "stopped";
        case wire::WorkerState::revoked: return "revoked";
        case wire::WorkerState::refused: return "refused";
    }
    return "unknown";
}

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
    auto& running = gauges(registry, "nias_worker_running", "Jobs that run on the worker");
    auto& load =
        gauges(registry, "nias_worker_load", "Load average of its host over a minute, in processors");
    for (const wire::WorkerRow& worker : workers) {
        const prometheus::Labels name{{"worker", worker.name}};
        auto state = name;
        state.emplace("state", word_of(worker.state));
        states.Add(state).Set(1);
        slots.Add(name).Set(worker.slots);
        held.Add(name).Set(worker.held);
        running.Add(name).Set(worker.running);
        load.Add(name).Set(static_cast<double>(worker.load_percent) * worker.cpus / 100);
    }
}

}  // namespace

class Metrics::Impl {
public:
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

    std::string text(const Standing& standing) {
        Registry now;  // a worker that went away leaves no series behind
        if (standing.jobs) { add_jobs(now, *standing.jobs); }
        if (standing.workers) { add_workers(now, *standing.workers); }
        set(now, "nias_ventilator_up", "1 where the ventilator answers", standing.workers ? 1 : 0);
        set(now, "nias_http_streams", "Pages that listen to events", static_cast<double>(standing.streams));
        auto families = now.Collect();
        for (auto& family : registry_.Collect()) { families.push_back(std::move(family)); }
        return prometheus::TextSerializer().Serialize(families);
    }

private:
    Registry registry_;
    Family<prometheus::Counter>& requests_ = BuildCounter()
                                                 .Name("nias_http_requests_total")
                                                 .Help("Requests by route, method and status")
                                                 .Register(registry_);
    Family<prometheus::Histogram>& seconds_ =
        BuildHistogram()
            .Name("nias_http_request_seconds")
            .Help("Time from the head of a request to its answer, its body received")
            .Register(registry_);
    prometheus::Counter& received_ = BuildCounter()
                                         .Name("nias_http_received_bytes_total")
                                         .Help("Bytes of bodies that were announced and taken")
                                         .Register(registry_)
                                         .Add({});
    prometheus::Counter& sent_ = BuildCounter()
                                     .Name("nias_http_sent_bytes_total")
                                     .Help("Bytes of bodies of answers")
                                     .Register(registry_)
                                     .Add({});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;
void Metrics::answered(const Answered& request) { impl_->answered(request); }
std::string Metrics::text(const Standing& standing) { return impl_->text(standing); }

}  // namespace nias::httpfront
