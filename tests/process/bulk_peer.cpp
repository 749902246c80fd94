// One end of a transfer with a sink, for the tests of real processes:
//   bulk_peer put BULK FILE              prints «asks», and the blob's hash once it is stored
//   bulk_peer get BULK HASH SIZE FILE    prints «asks», and the hash once the file is whole
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "service/bulk/client.hpp"

namespace {

int end(const nias::Error& error) {
    std::fprintf(stderr, "bulk_peer: %s\n", error.message.c_str());
    return 1;
}

void say(const std::string& words) {
    std::printf("%s\n", words.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace nias;
    const std::string verb = argc > 1 ? argv[1] : "";
    if (!(verb == "put" && argc == 4) && !(verb == "get" && argc == 6)) {
        return end({ErrorCode::invalid, "see the top of the source"});
    }
    net::Context context;
    auto client = service::BulkClient::open(context, argv[2]);
    if (!client) { return end(client.error()); }
    bool asked = false;  // it is asked whether to give up before its first message, and then again and again
    const auto give_up = [&] {
        if (!std::exchange(asked, true)) { say("asks"); }
        return false;
    };
    if (verb == "put") {
        const auto stored = client->put(argv[3], give_up);
        if (!stored) { return end(stored.error()); }
        say(to_string(stored->hash));
        return 0;
    }
    const auto hash = parse_blob_hash(argv[3]);
    if (!hash) { return end(hash.error()); }
    const auto got = client->get({*hash, std::strtoull(argv[4], nullptr, 10)}, argv[5], give_up);
    if (!got) { return end(got.error()); }
    say(argv[3]);
    return 0;
}
