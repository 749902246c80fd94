// The codec with any bytes: it answers, and what it took it writes so that it takes the same again.
#include <cstdint>
#include <span>

#include "base/check.hpp"
#include "wire/codec/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nias;
    const std::span<const std::uint8_t> frame(data, size);
    if (const auto message = wire::decode(frame)) {
        const auto again = wire::decode(wire::encode(*message));
        NIAS_CHECK(again.ok(), "what was decoded can be encoded and decoded again");
        NIAS_CHECK(*again == *message, "it is the same after another round");
        NIAS_CHECK(!wire::name_of(*message).empty(), "it has a name");
    } else {
        NIAS_CHECK(!message.error().message.empty(), "a refusal has words");
    }
    if (const auto event = wire::decode_event(frame)) {
        Bytes bytes;
        const Bytes* const own = wire::carried(*event);
        wire::append_event(bytes, *event, own == nullptr ? Bytes{} : *own);
        auto again = wire::decode_event(bytes);
        NIAS_CHECK(again.ok(), "an event can be read again");
        wire::set_id(*again, event->id);
        NIAS_CHECK(*again == *event, "an event is the same after another round");
    }
    return 0;
}
