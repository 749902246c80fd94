/// How many tasks a worker may still be sent: absolute, numbered totals, so that a lost or doubled
/// Credit does no harm. Part of dispatch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::core {

class CreditWindow {
public:
    /// Hello: nothing granted, nothing sent.
    void reset() { *this = CreditWindow{}; }

    /// Accepts a Credit that is not older than the last one. At most kCreditMax may be unspent.
    void grant(const wire::Credit& credit) {
        if (credit.number < number_) { return; }
        number_ = credit.number;
        total_ = std::max(total_, std::min(credit.total, sent_ + wire::kCreditMax));
    }

    void spend() { ++sent_; }
    [[nodiscard]] std::uint64_t room() const { return total_ - sent_; }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t total() const { return total_; }

private:
    std::uint64_t number_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace nias::core
