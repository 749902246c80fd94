/// HOME OF THE BOUNDS of what crosses a socket. Used by the codec, the sockets and the cores.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nias/task.hpp>

namespace nias::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;         ///< raised by every breaking change
inline constexpr std::uint32_t kProtocolVersionMin = 1;      ///< oldest that is still spoken
inline constexpr std::size_t kFrameBytesMax = 4U << 20U;     ///< ZMQ_MAXMSGSIZE of every socket
inline constexpr std::size_t kBatchBytesTarget = 1U << 20U;  ///< a sender closes a batch past this
inline constexpr std::size_t kBatchItemsMax = 4096;          ///< tasks, outcomes or refs in one message
inline constexpr std::size_t kSharedBytesMax = 1024;         ///< bytes of text that the items of a run share
inline constexpr std::size_t kHeldMax = 65536;               ///< attempts in one Hello or Welcome
inline constexpr std::uint32_t kLeaseMaxS = 7 * 24 * 3'600;  ///< a task may ask for as lease_s
inline constexpr std::uint32_t kAttemptsMax = 100;           ///< a task may ask for as max_attempts
inline constexpr std::uint32_t kFailuresMax = 100;           ///< a task may ask for as max_failures
inline constexpr std::size_t kGroupsMax = 256;               ///< groups in one Cancel
inline constexpr std::size_t kTaskRowsMax = 256;             ///< in one TaskList
inline constexpr std::size_t kUpcomingMax = 16;              ///< tasks in one Upcoming
inline constexpr std::size_t kForgetMax = 256;               ///< tasks in one Forget
inline constexpr std::uint32_t kForgetAfterMaxS = 30 * 24 * 3'600;  ///< a forgotten task can be had back
inline constexpr std::uint32_t kRetryAfterMaxS = 3'600;  ///< a task is held back for what the lab lacks
inline constexpr std::size_t kNameBytesMax = 200;
inline constexpr std::size_t kOwnerBytesMax = 128;
inline constexpr std::size_t kReasonBytesMax = 4096;
inline constexpr std::size_t kNotesMax = 64;
inline constexpr std::size_t kNoteBytesMax = 512;
inline constexpr std::size_t kRuntimesMax = 32;
inline constexpr std::size_t kLabelsMax = 32;
inline constexpr std::size_t kLabelBytesMax = 64;
inline constexpr std::size_t kCountedReadMax = 32;  ///< counted resources: more than a task may name, so that
                                                    ///< too many are refused in words
inline constexpr std::size_t kChunkBytes = 256 * 1024;               ///< largest piece of a bulk transfer
inline constexpr std::uint64_t kBulkWindowBytes = 10 * kChunkBytes;  ///< under way of one blob at first
inline constexpr std::uint64_t kBulkWindowBytesMax =
    40 * kChunkBytes;  ///< and at most, where the link asks for it
inline constexpr std::size_t kLogChunkBytes = 64 * 1024;
inline constexpr std::uint64_t kLiveFileBytesMax = 2U << 20U;  ///< a file that a running attempt shows
inline constexpr std::size_t kLiveFilesMax = 32;               ///< files that one attempt shows
inline constexpr std::uint64_t kCreditMax = 1U << 20U;         ///< tasks a worker may have unspent
inline constexpr std::uint64_t kBlobBytesMax = 64ULL << 30U;

// Messages that wait for one peer, each way (ZMQ_SNDHWM, ZMQ_RCVHWM). Times a frame's usual bytes, this is
// what a peer that has stopped costs.
inline constexpr int kControlQueueMax = 4096;    ///< small ones; tasks are bounded by credit
inline constexpr int kBatchQueueMax = 256;       ///< intake and outcomes: frames of kBatchBytesTarget
inline constexpr int kEventQueueMax = 512;       ///< at the publisher: frames of kEventFrameBytes
inline constexpr int kEventReadAheadMax = 4096;  ///< at a subscriber whose callbacks take their time
inline constexpr int kBulkQueueMax = 64;         ///< chunks: a window, and some
inline constexpr std::size_t kEventFrameBytes = 128 * 1024;         ///< a batch of events is closed past this
inline constexpr std::size_t kBulkFrameBytesMax = 2 * kChunkBytes;  ///< a chunk, and its names

}  // namespace nias::wire
