// Files to and from the sink, for the callers: each transfer has a connection of its own, on its caller's
// thread.
#include "service/bulk/client.hpp"
#include "service/submitter/impl.hpp"

namespace nias {
inline namespace v1 {

Result<service::BulkClient> Submitter::Impl::open_bulk() {
    if (auto own = of_this_process(); !own) { return own.error(); }
    if (std::this_thread::get_id() == thread_.get_id()) {
        return Error{
            ErrorCode::invalid,
            "store() and fetch() wait for the sink: call them from another thread than a callback's"};
    }
    if (is_closing()) { return closed(); }
    if (options_.bulk.empty()) {
        return Error{ErrorCode::invalid,
                     "SubmitterOptions::bulk is empty: give the sink's address for files"};
    }
    return service::BulkClient::open(context_, options_.bulk);
}

template <typename Answer, typename Transfer>
Answer Submitter::Impl::transfer(std::chrono::milliseconds patience, Transfer run) {
    auto bulk = open_bulk();
    if (!bulk) { return bulk.error(); }
    const Time begun = now();
    const auto is_silent = [&] { return now() - std::max(begun, bulk->heard()) > patience; };
    auto answer = run(*bulk, [&] { return is_closing() || is_silent(); });
    if (answer || answer.error().code != ErrorCode::unavailable) { return answer; }
    if (is_closing()) {
        return Error{ErrorCode::unavailable, "the submitter was closed during the transfer"};
    }
    if (!is_silent()) { return answer; }
    return Error{ErrorCode::unavailable, "the sink at " + options_.bulk + " said nothing for " +
                                             std::to_string(patience.count()) + " ms: is it running?"};
}

Result<BlobRef> Submitter::Impl::store(const std::string& path, std::chrono::milliseconds patience) {
    return transfer<Result<BlobRef>>(
        patience, [&](service::BulkClient& bulk, const auto& give_up) { return bulk.put(path, give_up); });
}

Status Submitter::Impl::fetch(const BlobRef& blob, const std::string& path,
                              std::chrono::milliseconds patience) {
    return transfer<Status>(patience, [&](service::BulkClient& bulk, const auto& give_up) {
        return bulk.get(blob, path, give_up);
    });
}

Result<BlobRef> Submitter::store(const std::string& path, std::chrono::milliseconds patience) {
    return impl_->store(path, patience);
}

Status Submitter::fetch(const BlobRef& blob, const std::string& path, std::chrono::milliseconds patience) {
    return impl_->fetch(blob, path, patience);
}

}  // namespace v1
}  // namespace nias
