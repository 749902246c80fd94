#include "api/handlers/health.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "api/job_json.hpp"
#include "base/clock.hpp"
#include "service/questions.hpp"
#include "store/results/results.hpp"

namespace nias::embedded {
extern const std::string_view openapi_yaml;
extern const std::string_view openapi_json;
}  // namespace nias::embedded

namespace nias::httpfront::handlers {
namespace {

/// "ok", or why nobody takes connections at an address like ipc://path or tcp://host:port.
std::string check_listening(const std::string& endpoint, const std::string& who) {
    constexpr int kWithinMs = 1000;
    const std::size_t scheme = endpoint.find("://");
    const std::string address = scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3);
    try {
        const bool local = endpoint.starts_with("ipc://");
        const auto target = local ? Poco::Net::SocketAddress(Poco::Net::SocketAddress::UNIX_LOCAL, address)
                                  : Poco::Net::SocketAddress(address);
        Poco::Net::StreamSocket socket;
        socket.connect(target, Poco::Timespan(0, kWithinMs * 1000));
        socket.close();
        return "ok";
    } catch (const Poco::Exception& failed) {
        return who + " does not answer at " + endpoint + " (" + failed.displayText() + "): start it";
    }
}

}  // namespace

Answer get_health(Front&, const Call&) { return json_answer(200, "{\"status\":\"ok\"}"); }

Answer get_readiness(Front& front, const Call&) {
    std::vector<std::pair<std::string, std::string>> checks;
    checks.emplace_back("ventilator", check_listening(front.options.intake, "the ventilator"));
    checks.emplace_back("sink", check_listening(front.options.output, "the sink"));
    const auto counts = front.stores.counts();
    checks.emplace_back("ledger", counts ? "ok" : counts.error().message);
    const auto results = store::Results::open_reader(front.stores.data_dir());
    checks.emplace_back("results", results ? "ok" : results.error().message);
    const auto full = front.stores.check_room(0);
    checks.emplace_back("disk", full ? full->detail : "ok");
    bool ready = true;
    for (const auto& [name, words] : checks) { ready = ready && words == "ok"; }
    return json_answer(ready ? 200 : 503, checks_json(ready, checks));
}

Answer get_metrics(Front& front, const Call&) {
    constexpr std::chrono::milliseconds kPatience(1000);
    Standing standing;
    if (auto jobs = front.stores.counts()) { standing.jobs = *jobs; }
    if (auto roll = service::list_workers(front.options.control, false, kPatience)) {
        standing.workers = std::move(roll->workers);
    }
    const bool none_waits = standing.jobs && standing.jobs->queued == 0;
    standing.oldest_waits =
        none_waits ? std::chrono::milliseconds(0) : front.history.oldest_waits(unix_ms_now());
    standing.disk = front.stores.disk();
    standing.streams = front.hub.listeners();
    return {200,
            {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}, {"Cache-Control", "no-store"}},
            front.metrics.text(standing)};
}

Answer get_openapi(Front&, const Call&) {
    return {200,
            {{"Content-Type", "application/yaml"}, {"Cache-Control", "no-cache"}},
            std::string(embedded::openapi_yaml)};
}

Answer get_openapi_json(Front&, const Call&) {
    return {200,
            {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache"}},
            std::string(embedded::openapi_json)};
}

}  // namespace nias::httpfront::handlers
