#include "core/transfer/uploads.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace nias::core {
namespace {

Send refusal(const std::string& peer, const BlobHash& hash, std::string reason) {
    return {peer, wire::BulkRefused{.hash = hash, .reason = std::move(reason)}};
}

}  // namespace

void Uploads::on(const std::string& peer, const wire::Offer& offer, Time now, Replies& out) {
    const Name name{peer, offer.blob.hash};
    auto known = by_name_.find(name);
    if (known != by_name_.end() && !uploads_.at(known->second).is_of(offer)) {
        files_.close(known->second, false);
        erase(known->second);  // another size: one of the two offers was wrong
        known = by_name_.end();
    }
    if (known == by_name_.end()) {
        if (const auto told = stored(offer)) {
            out.push_back({peer, *told});
            return;
        }
        // Back-pressure: without credit it waits, and offers again.
        if (must_wait(offer.blob.hash, now) || uploads_.size() >= bounds_.uploads) {
            out.push_back({peer, wire::Grant{.hash = offer.blob.hash, .resume_at = 0, .until_bytes = 0}});
            return;
        }
        if (!begin(next_, name, offer, now, out)) { return; }
        known = by_name_.find(name);
    }
    Upload& upload = uploads_.at(known->second);
    upload.heard = now;
    out.push_back({peer, upload.window.restart(now, share(upload))});
    if (upload.window.whole()) { finish(known->second, now, out); }
}

std::optional<wire::Stored> Uploads::stored(const wire::Offer& offer) {
    if (offer.unnamed) {
        const auto known = named_.find(offer.blob.hash);
        return known == named_.end() ? std::nullopt : std::optional(known->second);
    }
    if (!files_.has(offer.blob.hash)) { return std::nullopt; }
    return wire::Stored{.hash = offer.blob.hash};
}

// The kept file may be written by the same peer on a connection that is dead. The upload goes on as soon as
// that is known.
bool Uploads::must_wait(const BlobHash& hash, Time now) {
    const auto kept = kept_.find(hash);
    if (kept == kept_.end()) { return false; }
    const UploadNumber number = kept->second;
    const Upload& writer = uploads_.at(number);
    if (writer.window.whole()) { return true; }
    if (now - writer.heard >= bounds_.given_up) {
        files_.close(number, false);
        erase(number);
        return false;
    }
    return now - writer.heard >= bounds_.quiet;
}

// The first that offers a blob writes the file that outlives it. Others that offer it meanwhile write files
// of their own: what one sends, or does not send, is no matter to the other.
bool Uploads::begin(UploadNumber number, const Name& name, const wire::Offer& offer, Time now, Replies& out) {
    const BlobRef& blob = offer.blob;
    const bool kept = !kept_.contains(blob.hash);
    auto length = files_.open(number, blob.hash, kept);
    if (length && *length > blob.size_bytes) {  // no part of this blob
        files_.close(number, true);
        length = files_.open(number, blob.hash, kept);
    }
    if (!length) {
        out.push_back(refusal(name.first, blob.hash, length.error().message));
        return false;
    }
    const std::uint64_t there = std::min(*length, blob.size_bytes);
    uploads_.insert_or_assign(number, Upload{.name = name,
                                             .blob = blob,
                                             .window = {blob.hash, blob.size_bytes, bounds_.window, there},
                                             .heard = now,
                                             .kept = kept,
                                             .alone = there == 0,
                                             .unnamed = offer.unnamed});
    by_name_[name] = number;
    if (kept) { kept_[blob.hash] = number; }
    next_ = std::max(next_, number + 1);
    return true;
}

void Uploads::on(const std::string& peer, wire::Chunk chunk, Time now, Replies& out) {
    const auto known = by_name_.find({peer, chunk.hash});
    if (known == by_name_.end()) { return; }
    const UploadNumber number = known->second;
    Upload& upload = uploads_.at(number);
    upload.heard = now;
    if (!upload.window.accept(chunk, now)) { return; }
    if (auto written = files_.append(number, std::move(chunk.data));
        !written) {  // mostly a full disk: leave it room
        files_.close(number, true);
        erase(number);
        out.push_back(refusal(peer, chunk.hash, written.error().message));
        return;
    }
    if (upload.window.whole()) { return finish(number, now, out); }
    if (auto grant = upload.window.due(now, share(upload))) { out.push_back({peer, *grant}); }
}

void Uploads::finish(UploadNumber number, Time now, Replies& out) {
    if (!files_.hashed(number)) { return; }  // tick comes back to it
    const Upload& upload = uploads_.at(number);
    if (upload.unnamed) { return finish_unnamed(number, out); }
    const BlobRef blob = upload.blob;
    const auto ended = files_.commit(number, blob);
    if (!ended) {
        out.push_back(refusal(upload.name.first, blob.hash, ended.error().message));
        erase(number);
    } else if (*ended == UploadFiles::End::named) {
        tell_stored(number, {.hash = blob.hash}, out);
    } else if (!upload.alone) {  // bytes of an earlier life or another peer are damaged
        begin_again(number, now, out);
    } else {
        out.push_back(
            refusal(upload.name.first, blob.hash,
                    "the bytes that came are not those of blob " + to_string(blob.hash) + ": send it again"));
        erase(number);
    }
}

void Uploads::finish_unnamed(UploadNumber number, Replies& out) {
    const Upload& upload = uploads_.at(number);
    const BlobHash ticket = upload.blob.hash;
    const auto name = files_.name(number);
    if (!name) {
        out.push_back(refusal(upload.name.first, ticket, name.error().message));
        return erase(number);
    }
    const wire::Stored stored{.hash = ticket, .named = *name, .resumed = !upload.alone};
    if (named_.insert_or_assign(ticket, stored).second) { named_order_.push_back(ticket); }
    if (named_.size() > bounds_.named) {
        named_.erase(named_order_.front());
        named_order_.pop_front();
    }
    tell_stored(number, stored, out);
}

void Uploads::begin_again(UploadNumber number, Time now, Replies& out) {
    const Upload old = uploads_.at(number);
    erase(number);
    if (!begin(number, old.name, {old.blob, false}, now, out)) { return; }
    Upload& upload = uploads_.at(number);
    out.push_back({old.name.first, upload.window.restart(now, share(upload))});
}

// To all that are sending it: a number that stands for a blob may be another one's hash, where a peer means
// ill.
void Uploads::tell_stored(UploadNumber number, const wire::Stored& stored, Replies& out) {
    const bool unnamed = uploads_.at(number).unnamed;
    std::vector<UploadNumber> over;
    for (const auto& [other, upload] : uploads_) {
        if (upload.blob.hash == stored.hash && upload.unnamed == unnamed) { over.push_back(other); }
    }
    for (const UploadNumber other : over) {
        out.push_back({uploads_.at(other).name.first, stored});
        if (other != number) { files_.close(other, true); }
        erase(other);
    }
}

void Uploads::erase(UploadNumber number) {
    const auto place = uploads_.find(number);
    by_name_.erase(place->second.name);
    if (place->second.kept) { kept_.erase(place->second.blob.hash); }
    uploads_.erase(place);
}

void Uploads::tick(Time now, Replies& out) {
    std::vector<UploadNumber> whole;
    std::vector<UploadNumber> silent;
    for (const auto& [number, upload] : uploads_) {
        if (upload.window.whole()) {
            whole.push_back(number);
        } else if (now - upload.heard > bounds_.idle) {
            silent.push_back(number);
        }
    }
    for (const UploadNumber number : silent) {
        files_.close(number, false);
        erase(number);
    }
    for (const UploadNumber number : whole) {
        if (uploads_.contains(number)) { finish(number, now, out); }  // one may end another of the same blob
    }
}

std::uint64_t Uploads::beyond_chunk(const Upload& upload) const {
    return upload.window.under_way() - std::min(upload.window.under_way(), bounds_.chunk);
}

/// The bytes that this upload may have under way: a chunk of its own, and its part of the shared window.
std::uint64_t Uploads::share(const Upload& upload) const {
    std::uint64_t used = 0;
    for (const auto& [number, other] : uploads_) { used += beyond_chunk(other); }
    const std::uint64_t free = bounds_.shared - used + beyond_chunk(upload);
    return bounds_.chunk + std::min(bounds_.shared / uploads_.size(), free);
}

std::uint64_t Uploads::under_way() const {
    std::uint64_t sum = 0;
    for (const auto& [number, upload] : uploads_) { sum += upload.window.under_way(); }
    return sum;
}

void Uploads::check_invariants() const {
    NIAS_CHECK(uploads_.size() <= bounds_.uploads, "no more uploads than the bound");
    NIAS_CHECK(by_name_.size() == uploads_.size(), "an upload is known by its peer and blob");
    std::uint64_t beyond = 0;
    for (const auto& [number, upload] : uploads_) {
        NIAS_CHECK(by_name_.at(upload.name) == number, "an upload is kept under its number");
        const auto kept = kept_.find(upload.blob.hash);
        NIAS_CHECK(upload.kept == (kept != kept_.end() && kept->second == number),
                   "one upload writes a blob's kept file");
        NIAS_CHECK(upload.window.granted() <= upload.blob.size_bytes, "no credit past the end");
        beyond += beyond_chunk(upload);
    }
    NIAS_CHECK(named_.size() <= bounds_.named && named_.size() == named_order_.size(),
               "no more names are remembered than the bound");
    NIAS_CHECK(beyond <= bounds_.shared, "credit stays within what all share");
}

}  // namespace nias::core
