#include "api/quota.hpp"

#include <nlohmann/json.hpp>

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const store::OwnerUsage& usage) {
    return {{"bytes", usage.bytes}, {"jobs", usage.jobs}, {"alive", usage.alive}};
}

/// Whether `more` beside what is used passes a bound; 0 is none.
bool passes(std::uint64_t bound, std::uint64_t used, std::uint64_t more) {
    return bound > 0 && (used >= bound || more > bound - used);
}

}  // namespace

store::OwnerUsage usage_of(std::span<const store::OwnerUsage> all, const std::string& owner) {
    for (const store::OwnerUsage& one : all) {
        if (one.owner == owner) { return one; }
    }
    return {.owner = owner};
}

store::OwnerUsage usage_of_all(std::span<const store::OwnerUsage> all) {
    store::OwnerUsage sum;
    for (const store::OwnerUsage& one : all) {
        sum.jobs += one.jobs;
        sum.alive += one.alive;
        sum.bytes += one.bytes;
    }
    return sum;
}

std::optional<Problem> check_quota(const FrontOptions& options, std::span<const store::OwnerUsage> all,
                                   const std::string& owner, const Wanted& wanted) {
    const store::OwnerUsage own = usage_of(all, owner);
    if (passes(options.user_bytes, own.bytes, wanted.bytes)) {
        return Problem{.status = 507,
                       .code = "quota_bytes",
                       .detail = "your jobs keep " + std::to_string(own.bytes) + " of " +
                                 std::to_string(options.user_bytes) +
                                 " bytes, and this one does not fit: delete some of them"};
    }
    if (passes(options.all_bytes, usage_of_all(all).bytes, wanted.bytes)) {
        return Problem{
            .status = 507,
            .code = "quota_all_bytes",
            .detail =
                "the jobs of all users keep as many bytes as this server may: delete some of yours, "
                "or ask its administrator"};
    }
    if (passes(options.user_jobs, own.jobs, wanted.jobs)) {
        return Problem{.status = 429,
                       .code = "quota_jobs",
                       .detail = "you have " + std::to_string(own.jobs) + " jobs, of " +
                                 std::to_string(options.user_jobs) + " at most: delete some of them"};
    }
    if (passes(options.user_alive, own.alive, wanted.jobs)) {
        return Problem{.status = 429,
                       .code = "quota_alive",
                       .detail = std::to_string(own.alive) + " of your jobs wait or run, of " +
                                 std::to_string(options.user_alive) +
                                 " at most: send this one when some have ended",
                       .headers = {{"Retry-After", "60"}}};
    }
    return std::nullopt;
}

std::string usage_json(const FrontOptions& options, std::span<const store::OwnerUsage> all,
                       const std::string& owner, bool with_all) {
    Json json;
    json["used"] = json_of(usage_of(all, owner));
    json["bounds"] = {
        {"bytes", options.user_bytes}, {"jobs", options.user_jobs}, {"alive", options.user_alive}};
    json["keep_days"] = options.keep_days;
    if (with_all) {
        json["users"] = Json::array();
        for (const store::OwnerUsage& one : all) {
            Json row{{"name", one.owner}};
            row.update(json_of(one));
            json["users"].push_back(std::move(row));
        }
        json["everybody"] = {{"bytes", usage_of_all(all).bytes}, {"bound", options.all_bytes}};
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace nias::httpfront
