// The codec against what a peer may send: what it must take, and what it must refuse without falling.
#include "wire/codec/codec.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "unit/wire/frames.hpp"
#include "unit/wire/samples.hpp"
#include "wire/limits.hpp"

namespace nias::test {
namespace {

using namespace wire;

constexpr std::uint8_t kArray32 = 0xdd;
constexpr std::uint8_t kMap32 = 0xdf;
constexpr std::uint8_t kBin32 = 0xc6;
constexpr std::uint8_t kStr32 = 0xdb;

template <std::size_t I = 0>
void expect_empty_round_trips() {
    if constexpr (I < std::variant_size_v<Message>) {
        expect_round_trip(std::variant_alternative_t<I, Message>{});
        expect_empty_round_trips<I + 1>();
    }
}

TEST(Codec, GivesBackEveryMessageAsItWas) {
    for (const Message& message : samples()) { expect_round_trip(message); }
}

TEST(Codec, GivesBackEveryMessageThatHasOnlyDefaults) { expect_empty_round_trips(); }

std::string hex(const Bytes& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : bytes) { out += {digits[byte >> 4U], digits[byte & 15U]}; }
    return out;
}

// These fields were appended to messages that had been released, so that the samples keep their defaults.
TEST(Codec, WritesAGroupBehindWhatATaskHadBefore) {
    Task task = small_task();
    task.spec.max_failures = 4;
    task.group = sample_id(0xff);
    task.group_size = 300;
    task.id = task.group.member(2);
    const Message submit = Submit{"c", {task}};
    EXPECT_EQ(hex(encode(submit)),
              "93010192a1639193c410a0a1a2a3a4a5a6a7a8a9aaab0000000291c4012a9601a36c616281ac6d61785f666169"
              "6c7572657304c0c410a0a1a2a3a4a5a6a7a8a9aaabacadaeffcd012c");
    expect_round_trip(submit);
    const Message cancel = Cancel{{}, {task.group}};
    EXPECT_EQ(hex(encode(cancel)), "93010292c400c410a0a1a2a3a4a5a6a7a8a9aaabacadaeff");
    expect_round_trip(cancel);
    const Message events =
        Events{1,
               2,
               {{task.id, EventKind::ended, TaskState::failed, 1, 3, "", Outcome{}, task.group}},
               {{EventKind::accepted, TaskState::queued, 1, 3, "", {task.id}, task.group}}};
    EXPECT_EQ(hex(encode(events)),
              "9301189401029193c410a0a1a2a3a4a5a6a7a8a9aaab00000002909703040103a090c410a0a1a2a3a4a5a6a7a8"
              "a9aaabacadaeff919700000103a0c410a0a1a2a3a4a5a6a7a8a9aaab00000002c410a0a1a2a3a4a5a6a7a8a9aa"
              "abacadaeff");
    expect_round_trip(events);
}

TEST(Codec, WritesARequestATimeAndACodeBehindWhatWasThereBefore) {
    Task task = small_task();
    task.request = "3f2a";
    const Message submit = Submit{"c", {task}};
    EXPECT_EQ(hex(encode(submit)),
              "93010192a1639193c410a0a1a2a3a4a5a6a7a8a9aaabacadae0291c4012a9701a36c616280c0c4100000000000"
              "000000000000000000000000a433663261");
    expect_round_trip(submit);
    Outcome outcome;
    outcome.id = task.id;
    outcome.request = "3f2a";
    outcome.retry_after_s = 60;
    const Message report = OutcomeReport{"w", {outcome}};
    EXPECT_EQ(hex(encode(report)),
              "93010d92a1779193c410a0a1a2a3a4a5a6a7a8a9aaabacadae0290dc001000000000a0000000c0000000a090a4"
              "336632613c");
    expect_round_trip(report);
    const Message declined = Declined{{task.id, 1}, "no", 60};
    EXPECT_EQ(hex(encode(declined)), "9301099392c410a0a1a2a3a4a5a6a7a8a9aaabacadae0201a26e6f3c");
    expect_round_trip(declined);
    Event event;
    event.id = task.id;
    event.kind = EventKind::rejected;
    event.code = EventCode::unknown;
    Standing standing;
    standing.kind = EventKind::rejected;
    standing.ids = {task.id};
    standing.code = EventCode::queue_full;
    const Message events = Events{1, 2, {event}, {standing}};
    EXPECT_EQ(hex(encode(events)),
              "9301189401029193c410a0a1a2a3a4a5a6a7a8a9aaabacadae02909801000000a0c0c410000000000000000000"
              "0000000000000003919801000000a0c410a0a1a2a3a4a5a6a7a8a9aaabacadae02c41000000000000000000000"
              "00000000000002");
    expect_round_trip(events);
}

TEST(Codec, LetsTasksOfOneGroupShareARunWhateverTheirPlaces) {
    Runs<Task> tasks;
    Task task = small_task();
    for (std::uint32_t i = 0; i < 100; ++i) {
        task.group = sample_id(i < 60 ? 0xff : 0xfe);
        task.id = sample_id(0).member(i);
        tasks.push_back(task);
    }
    EXPECT_EQ(tasks.runs().size(), 2U);
    const auto decoded = decode(encode(Submit{"c", tasks}));
    ASSERT_TRUE(decoded);
    const auto& got = std::get<Submit>(*decoded).tasks;
    ASSERT_EQ(got.size(), 100U);
    EXPECT_EQ(got.runs().size(), 2U);
    EXPECT_EQ(got[99].group_index(), 99U);
    EXPECT_EQ(got[99].group, sample_id(0xfe));
}

void expect_frame(const Bytes& frame, const Message& message) {
    const auto decoded = decode(frame);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, message) << name_of(message);
}

template <typename Item>
std::vector<const Run<Item>*> runs_of(const Runs<Item>& items) {
    std::vector<const Run<Item>*> out;
    for (const Run<Item>& run : items.runs()) { out.push_back(&run); }
    return out;
}

template <typename Item>
std::vector<const Item*> pointers_to(const std::vector<Item>& items) {
    std::vector<const Item*> out;
    out.reserve(items.size());
    for (const Item& item : items) { out.push_back(&item); }
    return out;
}

TEST(Codec, EncodesItemsThatStayWhereTheyAreAsTheirMessage) {
    const std::vector<Task> tasks{sample_task(), Task{}};
    std::vector<TaskParts> parts;
    for (const Task& task : tasks) { parts.push_back({&task.id, task.payload, &task, task.attempt}); }
    expect_frame(encode_submit("c", runs_of(Runs<Task>(tasks))), Submit{"c", tasks});
    expect_frame(encode_tasks(7, 9, parts), Tasks{7, 9, tasks});
    const Runs<Outcome> outcomes{sample_outcome(), Outcome{}};
    expect_frame(encode_report("w", runs_of(outcomes)), OutcomeReport{"w", outcomes});
    for (const Message& message : samples()) {
        const auto* events = std::get_if<Events>(&message);
        if (events == nullptr) { continue; }
        expect_frame(encode_events(events->epoch, events->first_seq, runs_of(events->events),
                                   pointers_to(events->standing)),
                     *events);
    }
}

TEST(Codec, GivesBackOneEventFromAmongOthers) {
    for (const Message& message : samples()) {
        const auto* events = std::get_if<Events>(&message);
        if (events == nullptr) { continue; }
        for (const Event event : events->events) {
            Bytes block{1, 2, 3};
            const Bytes* const own = carried(event);
            append_event(block, event, own == nullptr ? Bytes{} : *own);
            auto decoded = decode_event(std::span(block).subspan(3));
            ASSERT_TRUE(decoded) << decoded.error().message;
            EXPECT_EQ(decoded->id, TaskId{});
            set_id(*decoded, event.id);
            EXPECT_EQ(*decoded, event);
        }
    }
    EXPECT_FALSE(decode_event(Bytes{}));
    EXPECT_FALSE(decode_event(Bytes{0x93, 1, 2, 3}));
}

TEST(Codec, ChunkHeadAndDataAreTheFrameOfTheChunk) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{200}, std::size_t{60'000}, kChunkBytes}) {
        const Chunk chunk{sample_hash(1), 1U << 30U, 1ULL << 35U, Bytes(length, 9)};
        Bytes frame =
            encode_chunk_head(chunk.hash, chunk.offset, chunk.size_bytes, static_cast<std::uint32_t>(length));
        frame.insert(frame.end(), chunk.data.begin(), chunk.data.end());
        EXPECT_EQ(frame, encode(chunk));
    }
}

TEST(Codec, TakesEveryFieldAtItsBound) {
    Task task = sample_task();
    task.owner.assign(kOwnerBytesMax, 'o');
    task.spec.name.assign(kNameBytesMax, 'n');
    task.payload.assign(kInlineMax, 1);
    task.spec.priority = INT32_MIN;
    task.spec.time_limit_ms = UINT64_MAX;
    task.attempt = UINT32_MAX;
    task.bundle->size_bytes = kBlobBytesMax;
    expect_round_trip(Submit{std::string(kNameBytesMax, 'c'), {task}});
    Outcome outcome = sample_outcome();
    outcome.notes.assign(kNotesMax, std::string(kNoteBytesMax, 'x'));
    outcome.error.assign(kReasonBytesMax, 'e');
    outcome.exit_code = INT32_MIN;
    outcome.signal = INT32_MAX;
    outcome.started_unix_ms = INT64_MIN;
    expect_round_trip(OutcomeReport{"w", {outcome}});
    expect_round_trip(Offer{{sample_hash(1), kBlobBytesMax}, true});
    expect_round_trip(Stored{sample_hash(1), sample_hash(2), true});
    expect_round_trip(Chunk{sample_hash(1), kBlobBytesMax, kBlobBytesMax, Bytes(kChunkBytes, 9)});
    expect_round_trip(LogChunk{{sample_id(1), 1}, UINT64_MAX, Bytes(kLogChunkBytes, 'l')});
    expect_round_trip(LiveFile{{sample_id(1), 1},
                               std::string(kNameBytesMax, 'n'),
                               UINT64_MAX,
                               kLiveFileBytesMax,
                               kLiveFileBytesMax,
                               Bytes(kChunkBytes, 'f')});
    expect_round_trip(Started{std::vector<AttemptRef>(kHeldMax, AttemptRef{sample_id(1), 1})});
    expect_round_trip(Cancel{std::vector<TaskId>(kBatchItemsMax, sample_id(1))});
}

TEST(Codec, TakesTheCountedResourcesThatATaskAsksFor) {
    Task task = small_task();
    task.spec.resources.counted = {{"matlab_seats", 2}, {"scope", 1}};
    expect_round_trip(Submit{"c", {task, sample_task()}});
    std::vector<CountedResource> many(kCountedReadMax, {std::string(kNameBytesMax, 'x'), UINT32_MAX});
    task.spec.resources.counted = CountedResources(many);
    expect_round_trip(Tasks{1, 1, {task}});
    many.emplace_back();
    task.spec.resources.counted = CountedResources(many);
    EXPECT_EQ(refusal_of(encode(Submit{"c", {task}})), "counted has too many items");
}

TEST(Codec, TakesAProgressOfNothingAndOfAll) {
    expect_round_trip(Progress{{sample_id(1), 1}, 0.0, "begins"});
    expect_round_trip(Progress{{sample_id(1), 1}, 1.0, "done"});
    EXPECT_EQ(refusal_of(encode(Progress{{sample_id(1), 1}, 2.0, ""})), "fraction is not between 0 and 1");
}

TEST(Codec, RefusesEveryFieldPastItsBoundByName) {
    Task task = sample_task();
    task.owner.assign(kOwnerBytesMax + 1, 'o');
    EXPECT_EQ(refusal_of(encode(Submit{"c", {task}})), "owner is too long");
    task = sample_task();
    task.payload.assign(kInlineMax + 1, 1);
    EXPECT_EQ(refusal_of(encode(Tasks{1, 1, {task}})), "payload is too long");
    task = sample_task();
    task.bundle->size_bytes = kBlobBytesMax + 1;
    EXPECT_EQ(refusal_of(encode(Tasks{1, 1, {task}})), "size_bytes is too large");
    Outcome outcome = sample_outcome();
    outcome.notes.assign(kNotesMax + 1, "n");
    EXPECT_EQ(refusal_of(encode(Outcomes{"w", {outcome}})), "notes has too many items");
    outcome.notes.assign(1, std::string(kNoteBytesMax + 1, 'n'));
    EXPECT_EQ(refusal_of(encode(Outcomes{"w", {outcome}})), "notes is too long");
    EXPECT_EQ(refusal_of(encode(LogChunk{{}, 0, Bytes(kLogChunkBytes + 1, 1)})), "data is too long");
    EXPECT_EQ(refusal_of(encode(LiveFile{{}, "n", 1, 0, kLiveFileBytesMax + 1, {}})),
              "size_bytes is too large");
    EXPECT_EQ(refusal_of(encode(Cancel{std::vector<TaskId>(kBatchItemsMax + 1)})), "ids has too many items");
    EXPECT_EQ(refusal_of(encode(Progress{{}, 1.5, ""})), "fraction is not between 0 and 1");
    EXPECT_EQ(refusal_of(encode(Progress{{}, std::numeric_limits<double>::quiet_NaN(), ""})),
              "fraction is not between 0 and 1");
    // These two are met by msgpack's own limits, before a field is looked at.
    EXPECT_TRUE(refusal_of(encode(Chunk{{}, 0, 0, Bytes(kChunkBytes + 1, 1)})).starts_with("not a message"));
    EXPECT_TRUE(
        refusal_of(encode(Refused{std::string(kReasonBytesMax + 1, 'r')})).starts_with("not a message"));
}

TEST(Codec, RefusesAnEnumValueThatDoesNotExist) {
    Outcome outcome = sample_outcome();
    outcome.status = static_cast<OutcomeStatus>(5);
    EXPECT_EQ(refusal_of(encode(OutcomeReport{"w", {outcome}})), "status is too large");
    Event event;
    event.state = static_cast<TaskState>(8);
    EXPECT_EQ(refusal_of(encode(Events{1, 1, {event}, {}})), "state is too large");
}

TEST(Codec, RefusesEveryMessageCutShortAtEveryByte) {
    for (const Message& message : samples()) {
        const Bytes whole = encode(message);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_FALSE(decode(std::span(whole).first(size))) << name_of(message) << " cut to " << size;
        }
    }
}

TEST(Codec, RefusesBytesAfterTheMessage) {
    for (const Message& message : samples()) {
        Bytes longer = encode(message);
        longer.push_back(0);
        EXPECT_EQ(refusal_of(longer), "bytes follow the message") << name_of(message);
    }
}

TEST(Codec, RefusesFramesPastFourMebibytesUnread) {
    EXPECT_EQ(refusal_of(Bytes(kFrameBytesMax + 1)), "the frame is longer than 4 MiB");
}

TEST(Codec, RefusesCountsThatTheFrameCannotHold) {
    const Bytes many{0xff, 0xff, 0xff, 0xff};
    for (const std::uint8_t kind : {kArray32, kMap32, kBin32, kStr32}) {
        Bytes body{kind};
        body.insert(body.end(), many.begin(), many.end());
        for (const std::uint8_t type : Bytes{1, 2, 3, 5, 21}) {
            EXPECT_FALSE(decode(frame_of(1, type, body)));
        }
        EXPECT_FALSE(decode(body));
    }
}

TEST(Codec, RefusesArraysNestedWithoutEnd) {
    EXPECT_FALSE(decode(frame_of(1, 1, Bytes(100'000, 0x91))));
    EXPECT_FALSE(decode(Bytes(100'000, 0x91)));
}

TEST(Codec, RefusesOtherProtocolVersionsAndNamesBoth) {
    const std::string words = refusal_of(frame_of(9, 11, {0x90}));
    EXPECT_EQ(words, "protocol version 9 is not spoken here (1 to 1 are)");
    EXPECT_TRUE(refusal_of(frame_of(0, 11, {0x90})).starts_with("protocol version 0"));
}

TEST(Codec, RefusesTypesThatAreNotKnownByNumber) {
    EXPECT_EQ(refusal_of(frame_of(1, 127, {0x90})), "message type 127 is not known");
    EXPECT_EQ(refusal_of(frame_of(1, 0, {0x90})), "message type 0 is not known");
}

TEST(Codec, RefusesWhatIsNotAnEnvelope) {
    EXPECT_FALSE(decode({}));
    EXPECT_FALSE(decode(Bytes{0xc0}));
    EXPECT_FALSE(decode(Bytes{0x92, 1, 11}));                          // no body
    EXPECT_FALSE(decode(Bytes{0x93, 0xff, 11, 0x90}));                 // version -1
    EXPECT_FALSE(decode(Bytes{0x93, 1, 0xa1, 'x', 0x90}));             // type is text
    EXPECT_FALSE(decode(Bytes{0x93, 1, 11, 0x80}));                    // a map for an array
    EXPECT_FALSE(decode(Bytes{0x93, 1, 3, 0x90}));                     // an array for a map
    EXPECT_FALSE(decode(Bytes{0x93, 1, 11, 0xc7, 0x01, 0x01, 0x00}));  // an extension
}

TEST(Codec, IgnoresKeysOfAMapAndValuesOfAnArrayThatAreNotKnown) {
    // Welcome {"version": 1, "beyond": [1], "beat_ms": 7}
    Bytes body{0x83, 0xa7, 'v', 'e',  'r', 's',  'i', 'o', 'n', 1,   0xa6, 'b', 'e', 'y',
               'o',  'n',  'd', 0x91, 1,   0xa7, 'b', 'e', 'a', 't', '_',  'm', 's', 7};
    auto decoded = decode(frame_of(1, 4, body));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(std::get<Welcome>(*decoded).beat_ms, 7U);
    EXPECT_EQ(std::get<Welcome>(*decoded).lease_ms, Welcome{}.lease_ms);  // left out: the default
    // Refused ["why", 1, 5]
    decoded = decode(frame_of(1, 5, {0x93, 0xa3, 'w', 'h', 'y', 1, 5}));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(std::get<Refused>(*decoded).reason, "why");
}

TEST(Codec, NeverThrowsOnRandomBytes) {
    std::mt19937_64 random(20'240'611);
    std::size_t taken = 0;
    for (int round = 0; round < 100'000; ++round) {
        Bytes frame(random() % 96);
        for (std::uint8_t& byte : frame) { byte = static_cast<std::uint8_t>(random()); }
        if (frame.size() > 2 && round % 2 == 0) {  // half of them reach a body
            frame[0] = 0x93;
            frame[1] = 1;
            frame[2] = static_cast<std::uint8_t>(1 + random() % 25);
        }
        if (decode(frame)) { ++taken; }
    }
    EXPECT_LT(taken, 1000U);
}

TEST(Codec, TakesDamagedMessagesOnlyAsMessagesThatItWouldSendAgain) {
    std::mt19937_64 random(7);
    for (const Message& message : samples()) {
        const Bytes whole = encode(message);
        for (int round = 0; round < 2000; ++round) {
            Bytes damaged = whole;
            for (std::uint64_t hits = 1 + random() % 3; hits > 0; --hits) {
                damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
            }
            const auto decoded = decode(damaged);
            if (!decoded) { continue; }
            const auto again = decode(encode(*decoded));
            ASSERT_TRUE(again) << name_of(message) << ": " << again.error().message;
            EXPECT_EQ(*again, *decoded);
        }
    }
}

}  // namespace
}  // namespace nias::test
