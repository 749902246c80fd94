/// The vocabulary of every layer: what a task is, what it may use, how it ended.
/// Values only; used by every layer and by programs that link nias::nias.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nias/api.hpp>
#include <nias/result.hpp>

namespace nias {
inline namespace v1 {

/// Bytes that a task carries and NIAS does not read.
using Bytes = std::vector<std::uint8_t>;

/// Largest payload or output that travels inside a message, in bytes; larger ones are blobs.
inline constexpr std::size_t kInlineMax = 64 * 1024;

/// Counted resources that one task may name.
inline constexpr std::size_t kCountedMax = 8;
/// Longest name of a counted resource, in bytes.
inline constexpr std::size_t kCountedNameMax = 64;

/// Longest name of a request (Task::request), in bytes.
inline constexpr std::size_t kRequestMax = 64;

/// Highest index of a task in a group.
inline constexpr std::uint32_t kGroupIndexMax = 0xfffffffe;

/// Names a task for ever. 48 bits of Unix milliseconds, then 80 random bits (the layout of a
/// ULID), so that ids made later sort later; of one submitter always. Printed as 32 lower-case hexadecimal
/// digits.
struct NIAS_API TaskId {
    std::array<std::uint8_t, 16> bytes{};  ///< all zero: no id

    /// Makes an id that no other task has. A program that sets it in Task::id knows the id before it submits,
    /// so that it can cancel the task of a future, or name it after a restart of its own. Ids of different
    /// milliseconds sort in the order in which they were made. Any thread; never fails.
    [[nodiscard]] static TaskId make();

    /// Makes an id for a group of tasks: 48 bits of Unix milliseconds, 48 random bits, then 32 bits that are
    /// all set. It is the Task::group of the tasks of the group, and member() gives their own ids. Any
    /// thread; never fails.
    [[nodiscard]] static TaskId make_group();
    /// The id of the task with this index in a group: this id with `index` as its last four bytes, the most
    /// significant first. A task that is made again, because its first one failed, keeps its index: its id is
    /// the member of another make_group(), and its Task::group stays. `index` is at most kGroupIndexMax.
    [[nodiscard]] TaskId member(std::uint32_t index) const noexcept {
        TaskId id = *this;
        for (std::size_t i = id.bytes.size(); i-- > id.bytes.size() - sizeof index; index >>= 8U) {
            id.bytes[i] = static_cast<std::uint8_t>(index);
        }
        return id;
    }
    /// The number in its last four bytes, which member() put there. Of an id that is no member's it has no
    /// meaning.
    [[nodiscard]] std::uint32_t index() const noexcept {
        return static_cast<std::uint32_t>(halves()[1] & 0xffffffffU);
    }

    auto operator<=>(const TaskId& other) const noexcept { return halves() <=> other.halves(); }
    bool operator==(
        const TaskId& other) const noexcept {  // two comparisons of words: ids are looked up all the time
        using Words = std::array<std::uint64_t, 2>;
        const auto mine = std::bit_cast<Words>(bytes);
        const auto its = std::bit_cast<Words>(other.bytes);
        return ((mine[0] ^ its[0]) | (mine[1] ^ its[1])) == 0;
    }
    /// Its halves as numbers, most significant byte first.
    [[nodiscard]] std::array<std::uint64_t, 2> halves() const noexcept {
        auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
        if constexpr (std::endian::native == std::endian::little) {
            for (std::uint64_t& word : words) { word = __builtin_bswap64(word); }
        }
        return words;
    }
};

/// SHA-256 of a blob's bytes: its name. Printed as 64 lower-case hexadecimal digits.
struct BlobHash {
    std::array<std::uint8_t, 32> bytes{};  ///< the hash, first byte first
    auto operator<=>(const BlobHash&) const = default;
};

/// 32 lower-case hexadecimal digits.
[[nodiscard]] NIAS_API std::string to_string(const TaskId& id);
/// 64 lower-case hexadecimal digits.
[[nodiscard]] NIAS_API std::string to_string(const BlobHash& hash);
/// The reverse of to_string(). `invalid`: anything else.
[[nodiscard]] NIAS_API Result<TaskId> parse_task_id(std::string_view text);
/// The reverse of to_string(). `invalid`: anything else.
[[nodiscard]] NIAS_API Result<BlobHash> parse_blob_hash(std::string_view text);

/// A blob by name and size in bytes.
struct BlobRef {
    BlobHash hash;                 ///< its name
    std::uint64_t size_bytes = 0;  ///< at most 64 GiB
    auto operator<=>(const BlobRef&) const = default;
};

/// 1 for the first try. Rises by one each time a task is given to a worker again, and is never
/// used twice, so that it fences off results of workers given up for dead.
using Attempt = std::uint32_t;

/// One try of one task.
struct AttemptRef {
    TaskId id;            ///< the task's id
    Attempt attempt = 0;  ///< which try
    auto operator<=>(const AttemptRef&) const = default;
};

/// So many of one of the lab's counted resources: licences, seats, a device that is shared.
struct CountedResource {
    std::string name;          ///< 1 to kCountedNameMax letters, digits, `_`, `-` and `.`
    std::uint32_t amount = 1;  ///< held at once; at least 1
    auto operator<=>(const CountedResource&) const = default;
};

/// The counted resources that a task asks for. A value, as wide as a pointer: most tasks ask for none, and a
/// million of them may wait. It never changes; another list takes its place.
class CountedResources {
public:
    /// None.
    CountedResources() = default;
    /// These, in this order.
    CountedResources(std::initializer_list<CountedResource> list)
        : CountedResources(std::vector<CountedResource>(list)) {}
    /// These, in this order.
    explicit CountedResources(std::vector<CountedResource> list)
        : list_(list.empty() ? nullptr : std::make_unique<const List>(std::move(list))) {}
    /// The same list, of its own.
    CountedResources(const CountedResources& other)
        : list_(other.list_ == nullptr ? nullptr : std::make_unique<const List>(*other.list_)) {}
    /// Leaves none behind.
    CountedResources(CountedResources&&) noexcept = default;
    /// The same list, of its own.
    CountedResources& operator=(const CountedResources& other) { return *this = CountedResources(other); }
    /// Leaves none behind.
    CountedResources& operator=(CountedResources&&) noexcept = default;
    /// Frees the list.
    ~CountedResources() = default;

    /// Whether nothing counted is asked for.
    [[nodiscard]] bool empty() const noexcept { return list_ == nullptr; }
    /// How many names there are.
    [[nodiscard]] std::size_t size() const noexcept { return empty() ? 0 : list_->size(); }
    /// The first of them.
    [[nodiscard]] const CountedResource* begin() const noexcept { return empty() ? nullptr : list_->data(); }
    /// Behind the last of them.
    [[nodiscard]] const CountedResource* end() const noexcept { return begin() + size(); }
    /// The same names and amounts, in the same order.
    bool operator==(const CountedResources& other) const noexcept { return (*this <=> other) == 0; }
    /// Some order, for sorted containers.
    std::strong_ordering operator<=>(const CountedResources& other) const noexcept {
        if (empty() || other.empty()) { return other.empty() <=> empty(); }
        return *list_ <=> *other.list_;
    }

private:
    using List = std::vector<CountedResource>;
    std::unique_ptr<const List> list_;
};

/// `invalid`, with what is wrong in a sentence: a name that is none, a name twice, an amount of zero, more
/// than kCountedMax names.
[[nodiscard]] NIAS_API Status check(const CountedResources& asked);

/// The resources that a task asks for. Zero memory means «no claim».
struct Resources {
    std::uint32_t cpus = 1;          ///< processors
    std::uint32_t gpus = 0;          ///< graphics processors
    std::uint64_t memory_bytes = 0;  ///< 0: no claim
    CountedResources counted{};      ///< the lab's counted resources; see check()
    bool operator==(const Resources&) const = default;
};

/// How a task is to be run.
struct TaskSpec {
    std::string name;  ///< for people; at most 200 bytes
    /// "python", "octave", …; "matlab|octave": the first that the lab offers; empty: any worker.
    std::string runtime;
    Resources resources;              ///< what it may use
    std::uint64_t time_limit_ms = 0;  ///< 0: none
    std::int32_t priority = 0;        ///< higher first within one owner
    std::uint32_t max_attempts = 3;   ///< tries lost to infrastructure before the task is `lost`
    /// Seconds that its machine may be silent once it runs before it is given to another, at most a week.
    /// 0: as long as it has run, within the bounds of the ventilator.
    std::uint32_t lease_s = 0;
    /// Outcomes `failed` after which it runs again, as its next attempt: at most 100. The last of them is the
    /// task's end. 0: the first one is.
    std::uint32_t max_failures = 0;
    bool operator==(const TaskSpec&) const = default;
};

/// A unit of work. `payload` is at most kInlineMax; larger input is a blob.
///
/// Tasks may belong to a group: they carry its id, and are cancelled, listed and counted by it. The place of
/// a task in its group is told by its own id, so that a task of a group needs an id of TaskId::member().
struct Task {
    TaskId id;                      ///< all zero: the submitter draws one
    Attempt attempt = 1;            ///< counted by the ventilator
    std::string owner;              ///< the person it is done for; at most 128 bytes
    TaskSpec spec;                  ///< how it is run
    Bytes payload;                  ///< input, at most kInlineMax
    std::optional<BlobRef> bundle;  ///< larger input, for Context::fetch()
    TaskId group{};                 ///< of TaskId::make_group(); all zero: it is in none
    std::uint32_t group_size = 0;   ///< tasks of the group, for people; 0: it is not said
    /// Names the request that made the task: at most kRequestMax letters, digits, underscores, hyphens, dots.
    /// Every program that has to do with the task writes it beside the task's id in its log. A task that is
    /// submitted again by another request is the same task. Empty: no log has a line for this task.
    std::string request{};
    /// Its place in its group, from 0 on; without a meaning where it is in none.
    [[nodiscard]] std::uint32_t group_index() const noexcept { return id.index(); }
    bool operator==(const Task&) const = default;
};

/// Where a task stands. The first three are alive, the others for ever.
enum class TaskState : std::uint8_t {
    queued = 0,
    assigned = 1,
    running = 2,  // alive
    succeeded = 3,
    failed = 4,
    cancelled = 5,
    timed_out = 6,
    lost = 7,  // ended, for ever
};
/// All of them, in order.
inline constexpr std::array kTaskStates{TaskState::queued,    TaskState::assigned, TaskState::running,
                                        TaskState::succeeded, TaskState::failed,   TaskState::cancelled,
                                        TaskState::timed_out, TaskState::lost};

/// The state's own name. Never fails; valid for ever.
[[nodiscard]] NIAS_API std::string_view to_string(TaskState state) noexcept;
/// The reverse of to_string(). `invalid`: no state has this name.
[[nodiscard]] NIAS_API Result<TaskState> parse_task_state(std::string_view text);
/// Whether it will never change again.
[[nodiscard]] constexpr bool has_ended(TaskState state) noexcept { return state >= TaskState::succeeded; }

/// The way an attempt ended, as its worker saw it.
enum class OutcomeStatus : std::uint8_t {
    succeeded = 0,
    failed = 1,  ///< the program's own answer; see TaskSpec::max_failures
    cancelled = 2,
    timed_out = 3,
    could_not_run = 4,  ///< infrastructure: bundle not fetched, sandbox not started; uses up an attempt
};

/// Why it ended, as the kernel told, not guessed from exit codes.
enum class Cause : std::uint8_t {
    none = 0,
    exit_code = 1,
    signal = 2,
    out_of_memory = 3,
    time_limit = 4,
    disk_quota = 5,
    bad_bundle = 6,
    environment = 7,
    fetch = 8,
    sandbox = 9,
    worker_lost = 10,
    request = 11,
    store = 12,
};

/// The status's own name. Never fails; valid for ever.
[[nodiscard]] NIAS_API std::string_view to_string(OutcomeStatus status) noexcept;
/// The cause's own name. Never fails; valid for ever.
[[nodiscard]] NIAS_API std::string_view to_string(Cause cause) noexcept;

/// The resources that an attempt used, in milliseconds and bytes; zero where the worker could not measure.
struct Usage {
    std::uint64_t wall_ms = 0;            ///< from begin to end
    std::uint64_t cpu_ms = 0;             ///< CPU time of all processes together
    std::uint64_t peak_memory_bytes = 0;  ///< most memory of all processes together
    bool operator==(const Usage&) const = default;
};

/// How one attempt ended.
struct Outcome {
    TaskId id;                                        ///< the task's id
    Attempt attempt = 0;                              ///< which try
    OutcomeStatus status = OutcomeStatus::succeeded;  ///< what it came to
    Cause cause = Cause::none;                        ///< why
    std::int32_t exit_code = 0;                       ///< exit code of a program that exited
    std::int32_t signal = 0;                          ///< signal that ended the program; 0: none
    Usage usage;                                      ///< what it used
    Bytes output;                                     ///< inline result, at most kInlineMax
    std::optional<BlobRef> output_blob;               ///< output.zip of a job
    std::string error;                                ///< a sentence for a person; at most 4 KiB
    std::vector<std::string> notes;    ///< what was skipped or mended; at most 64 lines of 512 bytes
    std::string worker;                ///< name of the machine that ran it
    std::int64_t started_unix_ms = 0;  ///< by the clock of that machine
    std::int64_t ended_unix_ms = 0;    ///< by the clock of that machine
    std::string request{};             ///< the task's Task::request; set by the worker, for its logs
    /// Seconds after which the task is given out again, at most an hour, where it `could_not_run` because the
    /// whole lab lacks what it needs. It uses up no attempt then. 0: this machine is at fault. Read from
    /// handlers of Worker::run_jobs() alone.
    std::uint32_t retry_after_s = 0;
    bool operator==(const Outcome&) const = default;
};

}  // namespace v1
}  // namespace nias

template <>
struct std::hash<nias::TaskId> {
    std::size_t operator()(const nias::TaskId& id) const noexcept {
        // Tasks made one after the other have hashes one apart. Both halves count: a program may make its ids
        // itself, and number them in the first.
        const auto [first, last] = id.halves();
        return last + first * 0xC2B2AE3D27D4EB4FULL;
    }
};
