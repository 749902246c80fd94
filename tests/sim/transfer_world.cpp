#include "transfer_world.hpp"

#include <algorithm>

namespace nias::sim {
namespace {

constexpr std::int64_t kEndMs = 30 * 60 * 1000;
constexpr std::size_t kChunk = 64;
constexpr core::WindowBounds kWindow{.first = 10 * kChunk, .most = 40 * kChunk};
/// By a client that waits so long that it asks again, each second: each answer restarts it.
constexpr std::uint64_t kSpentByLate = 6 * kWindow.most;

}  // namespace

TransferWorld::TransferWorld(std::uint64_t seed)
    : random_(seed ^ 0x5452414e53464552ULL), naming_(seed ^ 0x4e414d494e47ULL) {
    calm_ = random_.chance(0.3);
    loss_ = random_.chance(0.3) ? 0 : 0.001 * static_cast<double>(random_.between(0, 60));
    twice_ = random_.chance(0.4) ? 0 : 0.001 * static_cast<double>(random_.between(0, 60));
    power_cuts_ = random_.chance(0.5) ? 0 : 0.01 * static_cast<double>(random_.between(1, 100));
    ordered_ = random_.chance(0.75);
    delay_ms_ = random_.between(1, 300);
    faults_until_ms_ = random_.between(5'000, 40'000);
    bounds_ = {.uploads = static_cast<std::size_t>(random_.between(1, 6)),
               .chunk = kChunk,
               .shared = kChunk * static_cast<std::uint64_t>(random_.between(4, 80)),
               .window = kWindow};
    if (calm_) {
        loss_ = twice_ = power_cuts_ = 0;
        ordered_ = true;
    }
    const std::int64_t longest = calm_ ? 60'000 : 12'000;
    const std::int64_t blobs = random_.between(1, 8);
    for (std::int64_t i = 0; i < blobs; ++i) {
        Bytes bytes(static_cast<std::size_t>(random_.chance(0.1) ? 0 : random_.between(1, longest)));
        for (std::uint8_t& byte : bytes) { byte = static_cast<std::uint8_t>(random_.next()); }
        names_.push_back({name_of(bytes), bytes.size()});
        blobs_.push_back(std::move(bytes));
    }
    wishers_.resize(blobs_.size());
    const std::int64_t clients = random_.between(1, 5);
    for (std::int64_t i = 0; i < clients; ++i) {
        Client client;
        client.name = "c" + std::to_string(i);
        client.lies = i > 0 && !calm_ && random_.chance(0.15);
        const std::int64_t wishes = random_.between(1, 4);
        for (std::int64_t n = 0; n < wishes; ++n) {
            client.wishes.push_back(
                static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(blobs_.size()) - 1)));
        }
        std::sort(client.wishes.begin(), client.wishes.end());
        client.wishes.erase(std::unique(client.wishes.begin(), client.wishes.end()), client.wishes.end());
        for (const std::size_t wish : client.wishes) { ++wishers_[wish]; }
        client.knows_name = naming_.chance(0.5);
        clients_.push_back(std::move(client));
    }
}

void TransferWorld::after(std::int64_t ms, std::function<void()> act) {
    plan_.push({clock_ + ms, order_++, std::move(act)});
}

void TransferWorld::every(std::int64_t ms, std::function<void()> act) {
    after(ms, [this, ms, act = std::move(act)] {
        act();
        every(ms, act);
    });
}

// Whatever goes wrong with a message may cost its client a window that is sent again.
void TransferWorld::carry(Client& client, bool to_sink, std::function<void()> deliver) {
    const int copies = !faulty() ? 1 : random_.chance(loss_) ? 0 : random_.chance(twice_) ? 2 : 1;
    if (copies != 1) { client.spent += kWindow.most; }
    for (int i = 0; i < copies; ++i) {
        std::int64_t at = clock_ + random_.between(0, delay_ms_);
        if (faulty() && !calm_ && random_.chance(0.002)) {  // so late that its client asks again, and again
            at += random_.between(0, 5'000);
            client.spent += kSpentByLate;
            client.late_until = std::max(client.late_until, at);
        }
        if (ordered_) {
            auto& busy = link_busy_until_[client.name + (to_sink ? "^" : "v")];
            at = busy = std::max(busy, at);
        } else {
            client.spent += kWindow.most;
        }
        after(at - clock_, deliver);
    }
}

// ---- Sink ------------------------------------------------------------------------------------------------

void TransferWorld::crash_sink() {
    if (uploads_ == nullptr) { return; }
    ++crashes_;
    uploads_.reset();
    const bool power = random_.chance(power_cuts_);
    power ? disk_.power_cut(random_) : disk_.killed();
    for (Client& client : clients_) {
        client.spent += power ? 2 * 12'000 : kWindow.most;
        if (!client.knows_name && !calm_) { client.spent += 12'000; }  // it forgets what it has named
    }
    after(random_.between(1, 5'000), [this] { uploads_ = std::make_unique<core::Uploads>(disk_, bounds_); });
}

void TransferWorld::sink(const std::function<void(core::Uploads&, core::Uploads::Replies&)>& input) {
    if (uploads_ == nullptr) { return; }
    core::Uploads::Replies replies;
    input(*uploads_, replies);
    uploads_->check_invariants();
    if (uploads_->under_way() > bounds_.uploads * bounds_.chunk + bounds_.shared) {
        throw Broken("more credit is given than the sink has");
    }
    for (const core::Send& send : replies) {
        for (Client& client : clients_) {
            if (send.peer.starts_with(client.name + ".")) { to_client(client, send.peer, send.message); }
        }
    }
}

void TransferWorld::serve(Client& client, const std::string& peer, const BlobHash& hash, std::uint64_t from,
                          std::uint64_t until) {
    const auto blob = disk_.stored.find(hash);
    if (blob == disk_.stored.end()) {
        return to_client(client, peer, wire::BulkRefused{hash, "not in the store"});
    }
    until = std::min<std::uint64_t>(until, blob->second.size());
    for (; from < until; from += kChunk) {
        const auto first = blob->second.begin() + static_cast<std::ptrdiff_t>(from);
        const auto length = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(kChunk, until - from));
        to_client(client, peer, wire::Chunk{hash, from, blob->second.size(), Bytes(first, first + length)});
    }
}

void TransferWorld::to_sink(Client& client, const wire::Message& message) {
    carry(client, true, [this, &client, peer = client.peer(), message] {
        if (clock_ < sink_slow_until_) {  // it waits in the sink's socket
            client.spent += kWindow.most;
            after(sink_slow_until_ - clock_ + 1, [this, &client, peer, message] {
                if (uploads_ != nullptr) { to_sink(client, message); }
            });
            return;
        }
        sink([&](core::Uploads& uploads, core::Uploads::Replies& out) {
            if (const auto* offer = std::get_if<wire::Offer>(&message)) {
                uploads.on(peer, *offer, now(), out);
            } else if (const auto* chunk = std::get_if<wire::Chunk>(&message)) {
                uploads.on(peer, *chunk, now(), out);
            } else if (const auto* get = std::get_if<wire::Get>(&message)) {
                serve(client, peer, get->hash, get->offset, get->offset + get->credit_bytes);
            } else if (const auto* grant = std::get_if<wire::Grant>(&message)) {
                serve(client, peer, grant->hash, grant->resume_at, grant->until_bytes);
            }
        });
    });
}

// ---- Clients ---------------------------------------------------------------------------------------------

void TransferWorld::to_client(Client& client, const std::string& peer, const wire::Message& message) {
    if (const auto* told = std::get_if<wire::Stored>(&message)) {
        if (!disk_.stored.contains(told->named == BlobHash{} ? told->hash : told->named)) {
            throw Broken("a blob is told as stored, and is not");
        }
    }
    carry(client, false, [this, &client, peer, message] {
        if (client.peer() != peer) { return; }  // the connection is gone
        if (clock_ < client.stopped_until) {    // it waits in its socket
            after(client.stopped_until - clock_, [this, &client, peer, message] {
                if (client.peer() == peer) { on(client, message); }
            });
            return;
        }
        on(client, message);
    });
}

void TransferWorld::on(Client& client, const wire::Message& message) {
    if (client.put) {
        if (const auto* grant = std::get_if<wire::Grant>(&message)) {
            client.put->on(*grant, now());
            if (grant->hash == client.offered.hash) { client.credit = grant->until_bytes; }
            send_chunks(client);
        }
        if (const auto* told = std::get_if<wire::Stored>(&message)) { client.put->on(*told); }
        if (const auto* refused = std::get_if<wire::BulkRefused>(&message)) { client.put->on(*refused); }
        if (client.put->stored()) { return stored(client); }
        if (client.put->refusal().empty()) { return; }
        if (!client.lies && client.put->refusal() != "the disk is full") {
            throw Broken("who sends what it offered was refused: " + client.put->refusal());
        }
        ++refusals_;
        client.spent += 2 * 12'000;
        client.put.reset();  // as the next attempt of a task does
    } else if (client.fetch) {
        const auto* chunk = std::get_if<wire::Chunk>(&message);
        if (chunk == nullptr || !client.fetch->accept(*chunk, now())) { return; }
        client.fetched.insert(client.fetched.end(), chunk->data.begin(), chunk->data.end());
        if (const auto grant = client.fetch->grant(now())) { to_sink(client, *grant); }
    }
}

void TransferWorld::send_chunks(Client& client) {
    const std::size_t wish = client.wishes.back();
    while (const auto piece = client.put->next()) {
        client.put->sent(*piece);
        client.sent += piece->length;
        if (!client.credit || piece->offset + piece->length > *client.credit) {
            throw Broken("bytes were sent past the grant");
        }
        const auto first = blobs_[wish].begin() + static_cast<std::ptrdiff_t>(piece->offset);
        wire::Chunk chunk{client.offered.hash, piece->offset, blobs_[wish].size(),
                          Bytes(first, first + static_cast<std::ptrdiff_t>(piece->length))};
        if (client.lies && random_.chance(0.1)) { chunk.data[0] ^= 1U; }
        to_sink(client, chunk);
    }
}

void TransferWorld::begin_put(Client& client) {
    client.offered = names_[client.wishes.back()];
    if (!client.knows_name) {
        for (std::uint8_t& byte : client.offered.hash.bytes) {
            byte = static_cast<std::uint8_t>(naming_.next());
        }
    }
    client.put.emplace(client.offered, kChunk, !client.knows_name);
    client.credit.reset();
}

void TransferWorld::stored(Client& client) {
    const std::size_t wish = client.wishes.back();
    const BlobHash name = client.put->name();
    const bool unsure = client.put->is_unsure();
    client.put.reset();
    if (name != names_[wish].hash) {  // as BulkClient does: it is offered by the hash of what it has
        if (!unsure && !client.lies) { throw Broken("what was sent has got another name"); }
        client.knows_name = true;
        client.spent += 2 * 12'000;
        return;
    }
    if (disk_.stored.at(names_[wish].hash) != blobs_[wish]) {
        throw Broken("the blob that is stored is not the one that was sent");
    }
    const bool alone = wishers_[wish] == 1;  // otherwise it may have a file of its own, from the start
    if (alone && client.sent > blobs_[wish].size() + client.spent) {
        throw Broken("of a blob of " + std::to_string(blobs_[wish].size()) + " bytes " +
                     std::to_string(client.sent) + " were sent, with " + std::to_string(client.spent) +
                     " that may have been in vain");
    }
    client.fetch.emplace(names_[wish], kWindow);
    client.fetched.clear();
}

void TransferWorld::next_wish(Client& client) {
    if (!client.fetch || !client.fetch->whole()) { return; }
    if (client.fetched != blobs_[client.wishes.back()]) { throw Broken("another blob came than was stored"); }
    client.fetch.reset();
    client.wishes.pop_back();
    client.knows_name = naming_.chance(0.5);
    ++transfers_;
    client.sent = 0;
    // A late message keeps back all that come behind it, those of the next blob too.
    client.spent = clock_ < client.late_until ? kSpentByLate : 0;
}

void TransferWorld::step(Client& client) {
    if (client.lies && !faulty()) {
        client.put.reset();
        client.fetch.reset();
        client.wishes.clear();
    }
    if (clock_ < client.stopped_until || client.wishes.empty()) { return; }
    next_wish(client);
    if (client.wishes.empty()) { return; }
    if (!client.put && !client.fetch) { begin_put(client); }
    if (client.put) {
        if (const auto offer = client.put->ask(now())) { to_sink(client, *offer); }
    } else if (const auto get = client.fetch->ask(now()); get && !client.fetch->whole()) {
        to_sink(client, *get);
    }
}

void TransferWorld::fault() {
    Client& client = clients_[static_cast<std::size_t>(
        random_.between(0, static_cast<std::int64_t>(clients_.size()) - 1))];
    switch (random_.between(0, calm_ ? 1 : 6)) {
        case 0:
        case 1: crash_sink(); break;
        case 2:  // the machine under the sink is slow: a sync that takes long
            sink_slow_until_ = clock_ + random_.between(1, 6'000);
            for (Client& all : clients_) { all.spent += 12'000; }
            break;
        case 3:
            disk_.full = true;
            after(random_.between(1, 4'000), [this] { disk_.full = false; });
            break;
        case 4:  // a worker that was killed begins its transfer again
            client.put.reset();
            client.fetch.reset();
            ++client.connection;
            client.spent += 2 * 12'000;
            if (!client.wishes.empty()) { client.fetched.clear(); }
            break;
        case 5:
            client.stopped_until = clock_ + random_.between(1, 90'000);
            client.spent += 12'000;
            break;
        default:
            ++client.connection;
            client.spent += 2 * 12'000;
            break;
    }
}

bool TransferWorld::done() const {
    return std::all_of(clients_.begin(), clients_.end(),
                       [](const Client& client) { return client.wishes.empty(); });
}

std::string TransferWorld::unfinished() const {
    std::string text = "transfers: half an hour later";
    for (const Client& client : clients_) {
        if (client.wishes.empty()) { continue; }
        text += "\n  " + client.name + (client.put ? " is putting" : " is fetching") + " a blob of " +
                std::to_string(blobs_[client.wishes.back()].size()) + " bytes";
    }
    return text;
}

void TransferWorld::run() {
    uploads_ = std::make_unique<core::Uploads>(disk_, bounds_);
    for (Client& client : clients_) {
        every(100, [this, &client] { step(client); });
    }
    every(50, [this] {
        if (clock_ < sink_slow_until_) { return; }
        disk_.hash_a_little();
        sink([&](core::Uploads& uploads, core::Uploads::Replies& out) { uploads.tick(now(), out); });
    });
    const std::int64_t faults = random_.between(0, 25);
    for (std::int64_t i = 0; i < faults; ++i) {
        after(random_.between(0, faults_until_ms_), [this] { fault(); });
    }
    while (clock_ < kEndMs) {
        Planned step = plan_.top();
        plan_.pop();
        clock_ = step.at;
        step.act();
        if (done()) { return; }
    }
    throw Broken(unfinished());
}

std::string TransferWorld::summary() const {
    return "transfers: " + std::to_string(transfers_) + ", " + std::to_string(crashes_) + " crashes, " +
           std::to_string(refusals_) + " refusals, " + std::to_string(clock_ / 1000) + " s";
}

}  // namespace nias::sim
