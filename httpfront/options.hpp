/// The options of nias-httpfront, and its bounds. Values; filled by main, read everywhere in httpfront.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/front_flags.hpp"

namespace nias::httpfront {

using FrontOptions = daemon::FrontFlags;

/// HOME OF THE BOUNDS of the HTTP side.
inline constexpr std::size_t kHeadBytesMax = 32U << 10U;
inline constexpr std::size_t kTargetBytesMax = 8U << 10U;
inline constexpr std::size_t kFieldsMax = 100;
inline constexpr std::chrono::seconds kHeadWithin{10};
inline constexpr std::chrono::seconds kIdleFor{30};           ///< between two requests of a connection
inline constexpr std::size_t kConnectionsMax = 4096;          ///< event streams among them
inline constexpr std::size_t kConnectionsOfAddressMax = 256;  ///< from one address
inline constexpr std::size_t kPatientMax = 256;               ///< requests at once that send a body or wait
inline constexpr std::size_t kWaitingMax = 256;               ///< requests that wait for a thread of a lane
inline constexpr std::uint64_t kBytesPerSecondMin =
    1000;  ///< least pace of a body, either way, after the grace
inline constexpr std::chrono::seconds kPaceGrace{10};
inline constexpr std::chrono::seconds kStallMax{30};
inline constexpr std::chrono::seconds kLingerFor{
    3};  ///< a refused client may rest this long before it is closed
inline constexpr std::chrono::seconds kDrainFor{10};  ///< running requests may end, after SIGTERM
inline constexpr std::size_t kPieceBytes = 64U << 10U;
inline constexpr std::uint64_t kSmallBodyMax = 64U << 10U;  ///< largest body of a request that is no upload
inline constexpr std::uint64_t kConfirmEveryBytes = 64U << 20U;  ///< uploads are synced so often
inline constexpr std::chrono::seconds kUsageFor{2};              ///< a count of what users keep is believed
inline constexpr std::size_t kForgetJobsMax = 256;               ///< jobs deleted at once
inline constexpr std::size_t kZipJobsMax = 200;                  ///< jobs in one zip; their ids fit a target
inline constexpr std::size_t kLogBytesMax = 1U << 20U;           ///< a call
inline constexpr unsigned kDiskFullPercent = 90;                 ///< no upload is taken past it
inline constexpr std::size_t kStreamsMax = 1024;                 ///< event streams at once
inline constexpr std::chrono::seconds kWaitMax{60};              ///< a client waits for the end of a job
inline constexpr std::size_t kStreamBufferMax = 256U
                                                << 10U;  ///< a slower reader is dropped; it connects again
inline constexpr std::chrono::seconds kHeartbeatEvery{15};
inline constexpr std::chrono::seconds kAcceptWithin{10};  ///< the ventilator's answer to a submit

}  // namespace nias::httpfront
