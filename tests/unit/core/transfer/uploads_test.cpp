// The sink's side of uploads: resume, fair credit, peers with the same blob, damaged leftovers; and the
// client's.
#include "core/transfer/uploads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/transfer/requests.hpp"

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace nias::core {
namespace {

constexpr Time kNow = Time{} + 1h;
constexpr std::array<std::uint8_t, 4> kFour{1, 2, 3, 4};

BlobHash hash_of(std::uint8_t n) {
    BlobHash hash;
    hash.bytes[0] = n;
    return hash;
}

/// Files in memory. A blob is right where each of its bytes is the first of its hash.
class MemoryFiles final : public UploadFiles {
public:
    std::map<BlobHash, Bytes> kept;
    std::map<BlobHash, Bytes> stored;
    std::map<UploadNumber, std::pair<BlobHash, Bytes>> open_files;
    std::set<UploadNumber> to_keep;
    bool full = false;
    bool all_hashed = true;

    bool has(const BlobHash& hash) override { return stored.contains(hash); }
    Result<std::uint64_t> open(UploadNumber upload, const BlobHash& hash, bool keep) override {
        if (keep) { to_keep.insert(upload); }
        open_files[upload] = {hash, keep ? kept[hash] : Bytes()};
        return std::uint64_t{open_files[upload].second.size()};
    }
    Status append(UploadNumber upload, Bytes data) override {
        if (full) { return Error{ErrorCode::overloaded, "the disk is full"}; }
        auto& bytes = open_files.at(upload).second;
        bytes.insert(bytes.end(), data.begin(), data.end());
        return {};
    }
    bool hashed(UploadNumber) override { return all_hashed; }
    Result<End> commit(UploadNumber upload, const BlobRef& blob) override {
        auto [hash, bytes] = open_files.at(upload);
        close(upload, true);
        const bool right =
            bytes.size() == blob.size_bytes && std::count(bytes.begin(), bytes.end(), hash.bytes[0]) ==
                                                   static_cast<std::ptrdiff_t>(bytes.size());
        if (!right) { return End::damaged; }
        stored[hash] = bytes;
        return End::named;
    }
    Result<BlobHash> name(UploadNumber upload) override {
        const auto bytes = open_files.at(upload).second;
        close(upload, true);
        if (full) { return Error{ErrorCode::overloaded, "the disk is full"}; }
        const BlobHash hash = hash_of(bytes.empty() ? 0 : bytes.back());
        stored[hash] = bytes;
        return hash;
    }
    void close(UploadNumber upload, bool discard) override {
        const auto& [hash, bytes] = open_files.at(upload);
        if (to_keep.erase(upload) > 0) {
            kept.erase(hash);
            if (!discard) { kept[hash] = bytes; }
        }
        open_files.erase(upload);
    }
};

class UploadsTest : public testing::Test {
protected:
    UploadsTest() { restart(); }
    /// kill -9: what was written stays.
    void restart() {
        for (const auto& [upload, file] : files_.open_files) {
            if (files_.to_keep.contains(upload)) { files_.kept[file.first] = file.second; }
        }
        files_.open_files.clear();
        files_.to_keep.clear();
        uploads_.emplace(files_, bounds_);
    }
    std::vector<Send> offer(const std::string& peer, std::uint8_t n, std::uint64_t size, Time now = kNow) {
        std::vector<Send> out;
        uploads_->on(peer, wire::Offer{{hash_of(n), size}}, now, out);
        uploads_->check_invariants();
        return out;
    }
    std::vector<Send> offer_unnamed(const std::string& peer, std::uint8_t ticket, std::uint64_t size) {
        std::vector<Send> out;
        uploads_->on(peer, wire::Offer{{hash_of(ticket), size}, true}, kNow, out);
        uploads_->check_invariants();
        return out;
    }
    std::vector<Send> chunk(const std::string& peer, std::uint8_t n, std::uint64_t offset, std::size_t bytes,
                            std::uint8_t of = 0, Time now = kNow) {
        std::vector<Send> out;
        uploads_->on(peer, wire::Chunk{hash_of(n), offset, 0, Bytes(bytes, of == 0 ? n : of)}, now, out);
        uploads_->check_invariants();
        return out;
    }
    std::vector<Send> tick(Time now) {
        std::vector<Send> out;
        uploads_->tick(now, out);
        uploads_->check_invariants();
        return out;
    }
    static Send grant(const std::string& peer, std::uint8_t n, std::uint64_t at, std::uint64_t until) {
        return {peer, wire::Grant{hash_of(n), at, until}};
    }
    static Send stored(const std::string& peer, std::uint8_t n) { return {peer, wire::Stored{hash_of(n)}}; }
    static Send named(const std::string& peer, std::uint8_t ticket, std::uint8_t n, bool resumed = false) {
        return {peer, wire::Stored{hash_of(ticket), hash_of(n), resumed}};
    }
    static std::string words(const std::vector<Send>& out) {
        const auto* refused = out.size() == 1 ? std::get_if<wire::BulkRefused>(&out[0].message) : nullptr;
        return refused == nullptr ? "not refused" : refused->reason;
    }

    UploadBounds bounds_{.uploads = 4, .chunk = 10, .shared = 40, .window = {.first = 40, .most = 40}};
    MemoryFiles files_;
    std::optional<Uploads> uploads_;
};

TEST_F(UploadsTest, ABlobIsStoredOnceItIsWholeAndKnownFromThenOn) {
    EXPECT_THAT(offer("a", 1, 30), ElementsAre(grant("a", 1, 0, 30)));
    EXPECT_THAT(chunk("a", 1, 0, 10), ElementsAre());
    EXPECT_THAT(chunk("a", 1, 10, 20), ElementsAre(stored("a", 1)));
    EXPECT_EQ(files_.stored.at(hash_of(1)), Bytes(30, 1));
    EXPECT_THAT(offer("b", 1, 30), ElementsAre(stored("b", 1)));
    EXPECT_EQ(uploads_->size(), 0U);
    EXPECT_TRUE(files_.open_files.empty());
}

TEST_F(UploadsTest, WhatHasNoNameIsNamedByTheSinkAndTheNameToldAgain) {
    EXPECT_THAT(offer_unnamed("a", 200, 30), ElementsAre(grant("a", 200, 0, 30)));
    EXPECT_THAT(chunk("a", 200, 0, 30, 7), ElementsAre(named("a", 200, 7)));
    EXPECT_EQ(files_.stored.at(hash_of(7)), Bytes(30, 7));
    EXPECT_TRUE(files_.open_files.empty());
    EXPECT_THAT(offer_unnamed("a", 200, 30), ElementsAre(named("a", 200, 7))) << "its answer was lost";
    EXPECT_THAT(offer("b", 7, 30), ElementsAre(stored("b", 7))) << "a blob like any other";
}

TEST_F(UploadsTest, WhatAnEarlierLifeLeftOfAnUnnamedOneIsSaidToBeUnsure) {
    (void)offer_unnamed("a", 200, 40);
    (void)chunk("a", 200, 0, 20, 99);
    restart();
    EXPECT_THAT(offer_unnamed("b", 200, 40), ElementsAre(grant("b", 200, 20, 40)));
    EXPECT_THAT(chunk("b", 200, 20, 20, 7), ElementsAre(named("b", 200, 7, true)));
}

TEST_F(UploadsTest, WhoTakesABlobsHashForAnUnnamedOneDoesNotMakeItCountAsStored) {
    (void)offer("honest", 7, 30);
    (void)offer_unnamed("ill", 7, 10);
    EXPECT_THAT(chunk("ill", 7, 0, 10, 9), ElementsAre(named("ill", 7, 9)));
    EXPECT_THAT(chunk("honest", 7, 0, 30), ElementsAre(stored("honest", 7)));
    EXPECT_EQ(files_.stored.at(hash_of(7)), Bytes(30, 7));
}

TEST_F(UploadsTest, NamesAreRememberedUpToABound) {
    bounds_.named = 2;
    restart();
    for (std::uint8_t ticket = 200; ticket < 203; ++ticket) {
        (void)offer_unnamed("a", ticket, 10);
        EXPECT_THAT(chunk("a", ticket, 0, 10, 7), ElementsAre(named("a", ticket, 7)));
    }
    EXPECT_THAT(offer_unnamed("a", 202, 10), ElementsAre(named("a", 202, 7)));
    EXPECT_THAT(offer_unnamed("a", 200, 10), ElementsAre(grant("a", 200, 0, 10))) << "sent once more";
}

TEST_F(UploadsTest, AnUnnamedOneThatTheDiskDoesNotTakeIsRefused) {
    (void)offer_unnamed("a", 200, 10);
    files_.full = true;
    EXPECT_THAT(words(chunk("a", 200, 0, 10, 7)), HasSubstr("the disk is full"));
    EXPECT_EQ(uploads_->size(), 0U);
}

TEST_F(UploadsTest, GoesOnWhereItWasAfterTheSinkWasKilled) {
    (void)offer("a", 1, 100);
    (void)chunk("a", 1, 0, 30);
    restart();
    EXPECT_THAT(chunk("a", 1, 30, 10), ElementsAre()) << "of an upload that is not known";
    EXPECT_THAT(offer("b", 1, 100), ElementsAre(grant("b", 1, 30, 70)));
    (void)chunk("b", 1, 30, 40);
    EXPECT_THAT(chunk("b", 1, 70, 30), ElementsAre(stored("b", 1)));
    EXPECT_EQ(files_.stored.at(hash_of(1)).size(), 100U);
}

TEST_F(UploadsTest, ADamagedLeftoverIsThrownAwayAndTheUploadBeginsAgain) {
    (void)offer("a", 1, 40);
    (void)chunk("a", 1, 0, 20, 99);
    restart();
    EXPECT_THAT(offer("b", 1, 40), ElementsAre(grant("b", 1, 20, 40)));
    EXPECT_THAT(chunk("b", 1, 20, 20), ElementsAre(grant("b", 1, 0, 40))) << "from the start";
    EXPECT_THAT(chunk("b", 1, 0, 40), ElementsAre(stored("b", 1)));
}

TEST_F(UploadsTest, BytesOfAnotherHashFromOnePeerAreRefusedAndLeaveNothing) {
    (void)offer("a", 1, 20);
    EXPECT_THAT(words(chunk("a", 1, 0, 20, 99)), HasSubstr("are not those of blob 01"));
    EXPECT_TRUE(files_.kept.empty() || files_.kept.at(hash_of(1)).empty());
    EXPECT_EQ(uploads_->size(), 0U);
}

TEST_F(UploadsTest, ALeftoverThatIsLongerThanTheBlobIsNoPartOfIt) {
    files_.kept[hash_of(1)] = Bytes(50, 1);
    EXPECT_THAT(offer("a", 1, 30), ElementsAre(grant("a", 1, 0, 30)));
}

TEST_F(UploadsTest, AWholeLeftoverIsStoredWithoutAByteMoreOnceItIsHashed) {
    files_.kept[hash_of(1)] = Bytes(30, 1);
    files_.all_hashed = false;
    EXPECT_THAT(offer("a", 1, 30), ElementsAre(grant("a", 1, 30, 30)));
    EXPECT_THAT(tick(kNow + 1s), ElementsAre());
    files_.all_hashed = true;
    EXPECT_THAT(tick(kNow + 2s), ElementsAre(stored("a", 1)));
}

TEST_F(UploadsTest, TwoPeersWithTheSameBlobDoNotDisturbEachOther) {
    (void)offer("a", 1, 40);
    (void)chunk("a", 1, 0, 10, 99);  // one of them is broken
    EXPECT_THAT(offer("b", 1, 40), ElementsAre(grant("b", 1, 0, 30))) << "its own file, from the start";
    (void)chunk("b", 1, 0, 20);
    EXPECT_THAT(chunk("b", 1, 20, 20), ElementsAre(stored("a", 1), stored("b", 1)));
    EXPECT_EQ(uploads_->size(), 0U);
    EXPECT_TRUE(files_.open_files.empty());
}

TEST_F(UploadsTest, APeerThatComesBackOnAnotherConnectionGoesOnWithItsOwnFile) {
    (void)offer("a", 1, 100);
    (void)chunk("a", 1, 0, 30);
    EXPECT_THAT(offer("b", 1, 100, kNow + 1s), ElementsAre(grant("b", 1, 0, 0))) << "a may still be there";
    EXPECT_EQ(uploads_->size(), 1U);
    EXPECT_THAT(offer("b", 1, 100, kNow + 3s), ElementsAre(grant("b", 1, 30, 70)));
    EXPECT_THAT(chunk("a", 1, 30, 10, 0, kNow + 3s), ElementsAre()) << "it offers again";
    EXPECT_EQ(uploads_->size(), 1U);
}

TEST_F(UploadsTest, WhoComesWhileAllPlacesAreTakenWaitsWithoutCredit) {
    for (const std::uint8_t n : kFour) { (void)offer("a", n, 100); }
    EXPECT_THAT(offer("a", 5, 100), ElementsAre(grant("a", 5, 0, 0)));
    EXPECT_THAT(tick(kNow + 60s), ElementsAre());
    EXPECT_EQ(uploads_->size(), 4U);
    EXPECT_THAT(tick(kNow + 61s), ElementsAre()) << "all are silent, and forgotten";
    EXPECT_EQ(uploads_->size(), 0U);
    EXPECT_THAT(offer("a", 5, 10, kNow + 61s), ElementsAre(grant("a", 5, 0, 10)));
}

TEST_F(UploadsTest, WhatASilentPeerHasSentIsKeptForItsNextOffer) {
    (void)offer("a", 1, 100);
    (void)chunk("a", 1, 0, 30);
    (void)tick(kNow + 61s);
    EXPECT_EQ(uploads_->size(), 0U);
    EXPECT_THAT(offer("a", 1, 100, kNow + 62s), ElementsAre(grant("a", 1, 30, 70)));
}

TEST_F(UploadsTest, SharesCreditFairlyAndLeavesNobodyWithoutAChunk) {
    EXPECT_THAT(offer("a", 1, 1000), ElementsAre(grant("a", 1, 0, 40))) << "alone: its window";
    EXPECT_THAT(offer("a", 2, 1000), ElementsAre(grant("a", 2, 0, 20))) << "10 of 40 shared bytes are left";
    EXPECT_THAT(offer("a", 3, 1000), ElementsAre(grant("a", 3, 0, 10))) << "nothing is left: a chunk";
    EXPECT_THAT(offer("a", 4, 1000), ElementsAre(grant("a", 4, 0, 10)));
    EXPECT_EQ(uploads_->under_way(), 80U);
    std::array<std::uint64_t, 5> at{};
    std::array<std::uint64_t, 5> until{0, 40, 20, 10, 10};
    for (int round = 0; round < 20; ++round) {  // as a router reads: a message of each in turn
        for (const std::uint8_t n : kFour) {
            const auto length = std::min<std::uint64_t>(10, until[n] - at[n]);
            ASSERT_GT(length, 0U) << "nobody stands still";
            const auto out = chunk("a", n, at[n], static_cast<std::size_t>(length));
            at[n] += length;
            for (const Send& send : out) { until[n] = std::get<wire::Grant>(send.message).until_bytes; }
        }
    }
    for (const std::uint8_t n : kFour) {
        EXPECT_EQ(at[n], 200U);
        EXPECT_LE(until[n] - at[n], 20U) << "a chunk and a quarter of the rest";
    }
}

TEST_F(UploadsTest, AFullDiskIsSaidAndGetsItsRoomBack) {
    (void)offer("a", 1, 100);
    (void)chunk("a", 1, 0, 30);
    files_.full = true;
    EXPECT_EQ(words(chunk("a", 1, 30, 10)), "the disk is full");
    EXPECT_EQ(uploads_->size(), 0U);
    EXPECT_TRUE(files_.kept.empty());
}

TEST_F(UploadsTest, AnOfferOfAnotherSizeBeginsAnotherUpload) {
    (void)offer("a", 1, 100);
    EXPECT_THAT(offer("a", 1, 30), ElementsAre(grant("a", 1, 0, 30)));
    EXPECT_EQ(uploads_->size(), 1U);
}

TEST_F(UploadsTest, WhatAPeerInventsChangesNothing) {
    EXPECT_THAT(chunk("a", 1, 0, 10), ElementsAre()) << "never offered";
    (void)offer("a", 1, 100);
    EXPECT_THAT(chunk("a", 1, ~0ULL, 10), ElementsAre());
    EXPECT_THAT(chunk("a", 1, 0, 41), ElementsAre()) << "past its credit";
    EXPECT_THAT(chunk("a", 1, 0, 0), ElementsAre());
    EXPECT_THAT(chunk("b", 1, 0, 10), ElementsAre()) << "of another peer";
    EXPECT_EQ(files_.open_files.begin()->second.second.size(), 0U);
}

TEST(Put, OffersAtOnceAndAfterASilenceAndSendsWhatIsGranted) {
    Put put({hash_of(1), 100}, 10);
    ASSERT_TRUE(put.ask(kNow));
    EXPECT_FALSE(put.ask(kNow + 1s));
    EXPECT_FALSE(put.next());
    put.on(wire::Grant{hash_of(2), 0, 50}, kNow);
    EXPECT_FALSE(put.next()) << "of another blob";
    put.on(wire::Grant{hash_of(1), 40, 50}, kNow);
    EXPECT_EQ(put.next()->offset, 40U) << "the sink has the rest";
    put.sent(*put.next());
    EXPECT_FALSE(put.next());
    EXPECT_TRUE(put.ask(kNow + 1001ms));
    put.on(wire::Grant{hash_of(1), 0, 0}, kNow + 2s);
    EXPECT_FALSE(put.next()) << "it waits";
    EXPECT_TRUE(put.ask(kNow + 3001ms));
    put.on(wire::Stored{hash_of(2)});
    EXPECT_FALSE(put.stored());
    put.on(wire::Stored{hash_of(1)});
    EXPECT_TRUE(put.stored());
}

TEST(Put, WithoutANameTakesTheSinksAndSaysWhenItIsToBeCompared) {
    Put put({hash_of(200), 100}, 10, true);
    EXPECT_EQ(*put.ask(kNow), (wire::Offer{{hash_of(200), 100}, true}));
    put.on(wire::Stored{hash_of(201), hash_of(7), false});
    EXPECT_FALSE(put.stored()) << "of another";
    put.on(wire::Stored{hash_of(200), hash_of(7), true});
    EXPECT_TRUE(put.stored());
    EXPECT_EQ(put.name(), hash_of(7));
    EXPECT_TRUE(put.is_unsure());
}

TEST(Put, WithoutANameIsRefusedByASinkThatGivesNone) {
    Put put({hash_of(200), 100}, 10, true);
    put.on(wire::Stored{hash_of(200)});
    EXPECT_FALSE(put.stored());
    EXPECT_THAT(put.refusal(), HasSubstr("did not say its name"));
}

TEST(Put, EndsByARefusalOfItsOwnBlob) {
    Put put({hash_of(1), 100});
    put.on(wire::BulkRefused{hash_of(2), "other"});
    EXPECT_EQ(put.refusal(), "");
    put.on(wire::BulkRefused{hash_of(1), ""});
    EXPECT_EQ(put.refusal(), "the sink refused it");
}

TEST(Fetch, AsksAgainAfterASilenceForWhatHasNotCome) {
    Fetch fetch({hash_of(1), 100}, {.first = 40, .most = 40});
    EXPECT_EQ(*fetch.ask(kNow), (wire::Get{hash_of(1), 0, 40}));
    EXPECT_FALSE(fetch.ask(kNow + 1s));
    EXPECT_TRUE(fetch.accept({hash_of(1), 0, 100, Bytes(30)}, kNow + 2s));
    EXPECT_EQ(*fetch.grant(kNow + 2s), (wire::Grant{hash_of(1), 40, 70}));
    EXPECT_FALSE(fetch.accept({hash_of(1), 40, 100, Bytes(10)}, kNow + 2s)) << "a gap";
    EXPECT_EQ(*fetch.ask(kNow + 3001ms), (wire::Get{hash_of(1), 30, 40}));
    EXPECT_TRUE(fetch.accept({hash_of(1), 30, 100, Bytes(40)}, kNow + 4s));
    fetch.on(wire::BulkRefused{hash_of(2), "other"});
    EXPECT_EQ(fetch.refusal(), "");
    fetch.on(wire::BulkRefused{hash_of(1), "gone"});
    EXPECT_EQ(fetch.refusal(), "gone");
}

}  // namespace
}  // namespace nias::core
