#include "core/transfer/requests.hpp"

namespace nias::core {
namespace {

std::string words_of(const wire::BulkRefused& refused) {
    return refused.reason.empty() ? "the sink refused it" : refused.reason;
}

}  // namespace

std::optional<wire::Offer> Put::ask(Time now) {
    if (heard_ && now - *heard_ <= kAskAgain) { return std::nullopt; }
    heard_ = now;
    asked_ = true;
    return wire::Offer{blob_, unnamed_};
}

void Put::on(const wire::Grant& grant, Time now) {
    if (grant.hash != blob_.hash) { return; }
    heard_ = now;
    window_.on(grant, asked_);
    asked_ = false;
}

void Put::on(const wire::Stored& stored) {
    if (stored_ || stored.hash != blob_.hash) { return; }
    if (unnamed_ && stored.named == BlobHash{}) {
        refusal_ = "the sink has stored it and did not say its name: is it of an older release?";
        return;
    }
    stored_ = true;
    named_ = stored.named;
    resumed_ = unnamed_ && stored.resumed;
}

void Put::on(const wire::BulkRefused& refused) {
    if (refused.hash == blob_.hash) { refusal_ = words_of(refused); }
}

std::optional<wire::Get> Fetch::ask(Time now) {
    if (heard_ && now - *heard_ <= kAskAgain) { return std::nullopt; }
    heard_ = now;
    const wire::Grant grant = window_.restart(now);
    return wire::Get{hash_, grant.resume_at, grant.until_bytes - grant.resume_at};
}

bool Fetch::accept(const wire::Chunk& chunk, Time now) {
    if (!window_.accept(chunk, now)) { return false; }
    heard_ = now;
    return true;
}

void Fetch::on(const wire::BulkRefused& refused) {
    if (refused.hash == hash_) { refusal_ = words_of(refused); }
}

}  // namespace nias::core
