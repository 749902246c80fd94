/// How many connections there may be, in all and from one address, so that one client cannot take the places
/// of the others. Used by server; a seat travels with its connection. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace nias::httpfront {

class Seats {
public:
    struct Bounds {
        std::size_t all = 0;
        std::size_t of_an_address = 0;
    };
    enum class Full { everywhere, for_the_address };

    /// Given back when it is destroyed. It may outlive the Seats.
    using Seat = std::shared_ptr<const void>;

    explicit Seats(Bounds bounds) : bounds_(bounds), taken_(std::make_shared<Taken>()) {}

    /// The bound that a connection from `address` would pass, if any. The empty address has no bound of its
    /// own.
    [[nodiscard]] std::optional<Full> full_for(const std::string& address) const;
    [[nodiscard]] Seat give(const std::string& address);

private:
    struct Taken {
        std::mutex mutex;
        std::size_t all = 0;                                     // under mutex, as the next
        std::unordered_map<std::string, std::size_t> addresses;  // those that have a seat
    };
    Bounds bounds_;
    std::shared_ptr<Taken> taken_;
};

}  // namespace nias::httpfront
