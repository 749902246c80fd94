/// The list of what a worker can run, for its announcement. Used by main. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "worker/runtime/runtimes.hpp"

namespace nias::worker {

/// The most that a worker may announce, as the wire takes it.
inline constexpr std::size_t kOffersMost = 32;
/// The most images among them.
inline constexpr std::size_t kImagesOffered = 12;

class Offers {
public:
    /// `environments` and `images` are folders; empty: there are none.
    Offers(const Runtimes& runtimes, std::string environments, std::string images)
        : runtimes_(runtimes), environments_(std::move(environments)), images_(std::move(images)) {}

    /// The runtimes of the machine, then an `image:NAME` for each image, then a `python:NAME` for each named
    /// environment, as many as a worker may announce. Logs a warning where others are left out than before.
    [[nodiscard]] std::vector<std::string> names();

private:
    const Runtimes& runtimes_;
    std::string environments_, images_;
    std::string left_out_;  ///< what the last warning named
};

}  // namespace nias::worker
