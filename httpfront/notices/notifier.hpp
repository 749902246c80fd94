/// Tells people that their jobs have ended: calls their webhooks and sends their mail, on a thread of its
/// own, with tries over a day that a restart does not forget. Used by handlers (expect, settings) and main;
/// its public functions by any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "notices/mail.hpp"
#include "notices/networks.hpp"
#include "notices/settings.hpp"
#include "site/stores.hpp"

namespace nias::httpfront {

struct NotifierOptions {
    std::string data_dir;
    std::string events;               ///< the ventilator's
    std::vector<Network> networks{};  ///< closed networks that webhooks may be in
    MailServer mail{};
};

/// The last try for an account, since this server started.
struct LastNotice {
    std::int64_t unix_ms = 0;
    std::string said;  ///< empty: it was taken
};

class Notifier {
public:
    /// `stores` outlives it.
    static Result<std::unique_ptr<Notifier>> open(const NotifierOptions& options, Stores& stores);
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();  ///< waits for a call that is under way

    [[nodiscard]] NoticeAccounts& accounts();
    [[nodiscard]] bool offers_mail() const;
    /// Words where a webhook names an address that is not called. A name is looked up when it is called.
    [[nodiscard]] std::optional<Problem> check_address(const std::string& url) const;
    /// A job of this owner was accepted: its end is told if they want that.
    void expect(const TaskId& id, const std::string& owner);
    /// Sends the code of the address that this account asked for, soon. A try that fails is told as the last
    /// one.
    void ask_to_confirm(const std::string& owner);
    [[nodiscard]] std::optional<LastNotice> last_of(const std::string& owner) const;
    /// Nothing further is told by this process; what is owed stays.
    void close();

private:
    class Impl;
    explicit Notifier(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::httpfront
