// Both sides of the bulk channel under any messages: credit stays within its bounds, what gets a name is
// whole, and nobody sends past what it was granted.
#include "core/transfer/requests.hpp"
#include "core/transfer/uploads.hpp"
#include "input.hpp"
#include "sim/transfer_disk.hpp"

namespace nias::fuzz {
namespace {

constexpr core::UploadBounds kBounds{
    .uploads = 3, .chunk = 8, .shared = 24, .window = {.first = 16, .most = 64}};

/// Three blobs that can be sent whole, and hashes of none.
Bytes blob(std::uint32_t n) { return Bytes(20 * std::size_t{n}, static_cast<std::uint8_t>(n)); }
BlobHash hash(Input& in) {
    const std::uint32_t n = in.below(4);
    return n == 3 ? BlobHash{} : sim::name_of(blob(n));
}
std::uint64_t offset(Input& in) { return in.below(8) == 0 ? in.number() : in.below(64); }

wire::Chunk chunk(Input& in) {
    if (in.flag()) {  // a right piece
        const std::uint32_t n = in.below(3);
        const Bytes whole = blob(n);
        const std::size_t from = std::min<std::size_t>(in.below(64), whole.size());
        const std::size_t length = std::min<std::size_t>(in.below(32), whole.size() - from);
        const auto first = whole.begin() + static_cast<std::ptrdiff_t>(from);
        return {sim::name_of(whole), from, whole.size(),
                Bytes(first, first + static_cast<std::ptrdiff_t>(length))};
    }
    const BlobHash of = hash(in);
    const std::uint64_t at = offset(in);
    const auto data = in.bytes(in.below(40));
    return {of, at, offset(in), Bytes(data.begin(), data.end())};
}

class Sink {
public:
    void step(Input& in) {
        core::Uploads::Replies out;
        const std::string peer = in.name('p');
        switch (in.below(8)) {
            case 0:
            case 1: {
                const BlobHash of = hash(in);
                const std::uint64_t size = in.flag() ? 20 * in.below(3) : offset(in);
                uploads_->on(peer, wire::Offer{{of, size}, in.below(4) == 0}, now_, out);
                break;
            }
            case 2: now_ += std::chrono::milliseconds(100 * in.below(64)); break;
            case 3: disk_.full = in.flag(); break;
            case 4:
                disk_.killed();
                uploads_.emplace(disk_, kBounds);
                break;
            case 5:
                disk_.hash_a_little();
                uploads_->tick(now_, out);
                break;
            default: uploads_->on(peer, chunk(in), now_, out); break;
        }
        uploads_->check_invariants();
        NIAS_CHECK(uploads_->under_way() <= kBounds.uploads * kBounds.chunk + kBounds.shared,
                   "no more credit than the sink has");
        for (const core::Send& send : out) { check_speakable(send.message); }
        for (const auto& [name, bytes] : disk_.stored) {
            NIAS_CHECK(sim::name_of(bytes) == name, "what has a name is whole");
        }
    }

private:
    Time now_ = Time{} + std::chrono::hours(1);
    sim::TransferDisk disk_;
    std::optional<core::Uploads> uploads_{std::in_place, disk_, kBounds};
};

class Client {
public:
    void step(Input& in) {
        now_ += std::chrono::milliseconds(in.below(64) * 30);
        if (const auto offer = put_.ask(now_)) { check_speakable(*offer); }
        if (const auto get = fetch_.ask(now_)) { check_speakable(*get); }
        switch (in.below(6)) {
            case 0: {
                const wire::Stored stored{hash(in), hash(in), in.flag()};
                put_.on(stored);
                unnamed_.on(stored);
                NIAS_CHECK(!unnamed_.stored() || unnamed_.name() != BlobHash{}, "what is stored has a name");
                break;
            }
            case 1: {
                const BlobHash of = hash(in);
                put_.on(wire::BulkRefused{of, ""});
                fetch_.on(wire::BulkRefused{of, "no"});
                break;
            }
            case 2:
            case 3: grant(in); break;
            default: {
                const wire::Chunk given = chunk(in);
                if (fetch_.accept(given, now_)) { got_ += given.data.size(); }
                NIAS_CHECK(got_ <= kSize, "no more comes than there is");
                if (const auto more = fetch_.grant(now_)) { check_speakable(*more); }
            }
        }
        NIAS_CHECK(fetch_.whole() == (got_ == kSize), "a blob is whole when all of it has come");
    }

private:
    static constexpr std::uint64_t kSize = 40;

    void grant(Input& in) {
        const wire::Grant given{hash(in), offset(in), offset(in)};
        put_.on(given, now_);
        if (given.hash == sim::name_of(blob(2))) { credit_ = given.until_bytes; }
        for (int sent = 0; sent < 100; ++sent) {
            const auto piece = put_.next();
            if (!piece) { return; }
            NIAS_CHECK(piece->length > 0 && piece->length <= 8, "a chunk has its bounds");
            NIAS_CHECK(piece->offset + piece->length <= std::min(kSize, credit_), "nothing past the grant");
            put_.sent(*piece);
        }
        NIAS_CHECK(false, "a sender comes to an end");
    }

    Time now_ = Time{} + std::chrono::hours(1);
    core::Put put_{{sim::name_of(blob(2)), kSize}, 8};
    core::Put unnamed_{{sim::name_of(blob(2)), kSize}, 8, true};
    core::Fetch fetch_{{sim::name_of(blob(2)), kSize}, {.first = 16, .most = 64}};
    std::uint64_t credit_ = 0;
    std::uint64_t got_ = 0;
};

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nias::fuzz::Input in(data, size);
    const bool sink = in.flag();
    nias::fuzz::Sink receiver;
    nias::fuzz::Client sender;
    for (int step = 0; step < 400 && !in.empty(); ++step) { sink ? receiver.step(in) : sender.step(in); }
    return 0;
}
