#include "accounts/start.hpp"

#include <Poco/Net/IPAddress.h>
#include <unistd.h>

#include "base/host/durable_file.hpp"
#include "base/log.hpp"

namespace nias::httpfront {
namespace {

Result<bool> has_accounts(const std::string& data_dir) {
    auto store = store::Accounts::open_reader(data_dir);
    if (!store && store.error().code == ErrorCode::not_found) { return false; }
    if (!store) { return store.error(); }
    const auto count = store->count_users();
    if (!count) { return count.error(); }
    return *count > 0;
}

void say_mode(const StartedAccounts& started) {
    if (started.mode == Mode::open_by_default) {
        log::info(
            "this server is open: whoever uses this machine sees every job; --accounts on lets people sign "
            "in");
    }
    if (started.mode == Mode::open_by_choice) {
        log::warn("--accounts off: whoever reaches this server sees and may cancel every job");
    }
}

}  // namespace

Result<StartedAccounts> start_accounts(const FrontOptions& options) {
    auto proxy = TrustedProxy::make(options.trusted_proxy, options.trust_user_header);
    if (!proxy) { return proxy.error(); }
    const auto accounts_there = has_accounts(options.data_dir);
    if (!accounts_there) { return accounts_there.error(); }
    Poco::Net::IPAddress address;
    const bool loopback = Poco::Net::IPAddress::tryParse(options.listen, address) && address.isLoopback();
    const auto mode = decide_mode({.wanted = options.accounts,
                                   .loopback = loopback,
                                   .behind_proxy = proxy->is_there(),
                                   .has_accounts = *accounts_there});
    if (!mode) { return mode.error(); }
    StartedAccounts started;
    started.mode = *mode;
    started.proxy = *proxy;
    say_mode(started);
    if (*mode == Mode::open_by_default && !options.allow_host.empty()) {
        log::warn("whoever calls this server " + options.allow_host.front() +
                  " sees and may cancel every job: start it with --accounts on if those are others than you");
    }
    if (*mode != Mode::accounts) { return started; }
    auto directory = Directory::open(options.data_dir, std::move(*proxy));
    if (!directory) { return directory.error(); }
    started.directory = std::move(*directory);
    return started;
}

Status offer_set_up(const StartedAccounts& accounts, const FrontOptions& options, const std::string& url) {
    const std::string path = options.data_dir + "/run/setup-link";
    Directory* directory = accounts.directory.get();
    if (directory == nullptr || (!directory->is_empty() && !options.setup_link)) {
        ::unlink(path.c_str());
        return {};
    }
    const auto secret = directory->make_set_up_link();
    if (!secret) { return secret.error(); }
    const std::string link = url + "welcome#" + *secret;
    if (auto written = write_synced(path, link + "\n", IfThere::overwrite); !written) { return written; }
    log::warn("open this link once to become its administrator (nias setup-link shows it again): " + link);
    return {};
}

}  // namespace nias::httpfront
