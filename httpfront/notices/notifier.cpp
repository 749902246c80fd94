#include "notices/notifier.hpp"

#include <Poco/Net/NetSSL.h>
#include <Poco/Thread.h>
#include <Poco/URI.h>
#include <nias/watcher.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "api/job_json.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/words.hpp"
#include "notices/pending.hpp"
#include "notices/webhook.hpp"

namespace nias::httpfront {
namespace {

constexpr std::chrono::seconds kLookAgain(60);  // where an event of an end was missed
constexpr std::size_t kLastMax = 10'000;        // accounts whose last notice is remembered
constexpr std::size_t kSaidMax = 500;           // bytes of what went wrong

Mail mail_of(const NoticeSettings& settings, const store::TaskRecord& record) {
    const bool portuguese = settings.language == "pt-BR";
    const std::string& name = record.task.spec.name;
    const bool well = record.state == TaskState::succeeded;
    const std::string took =
        record.outcome ? (portuguese ? " em " : " in ") + time_in_words(record.outcome->usage.wall_ms) : "";
    const std::string ended =
        portuguese ? (well ? "terminou" : "não terminou bem") : (well ? "has ended" : "has not ended well");
    std::string text = (portuguese ? "O trabalho " : "The job ") + name + " " + ended + took + ".\n";
    if (record.outcome && !record.outcome->error.empty()) { text += "\n" + record.outcome->error + "\n"; }
    if (!well && !record.reason.empty()) { text += "\n" + record.reason + "\n"; }
    text += "\nid: " + to_string(record.task.id) + "\n";
    text += portuguese ? "Na página Conta do servidor isto se desliga.\n"
                       : "The page Account of the server turns this off.\n";
    return {.to = settings.mail, .subject = "NIAS: " + name + " " + ended, .text = text};
}

Mail code_mail_of(const NoticeSettings& settings, const std::string& owner) {
    if (settings.language == "pt-BR") {
        return {.to = settings.mail_asked,
                .subject = "NIAS: confirme este endereço",
                .text = "A conta " + owner +
                        " de um servidor NIAS pediu que o fim dos seus trabalhos fosse avisado neste "
                        "endereço.\nSe é você, digite este código na página Conta do servidor, dentro de um "
                        "dia:\n\n    " +
                        settings.code + "\n\nSe não é, não faça nada: nada mais será enviado.\n"};
    }
    return {.to = settings.mail_asked,
            .subject = "NIAS: confirm this address",
            .text = "The account " + owner +
                    " of a NIAS server asked to be told at this address when its jobs end.\nIf that is you, "
                    "type this code on the page Account of the server, within a day:\n\n    " +
                    settings.code + "\n\nIf it is not, do nothing: nothing more will be sent.\n"};
}

}  // namespace

class Notifier::Impl {
public:
    Impl(const NotifierOptions& options, Stores& stores, NoticeAccounts accounts, PendingNotices pending)
        : options_(options), stores_(stores), accounts_(std::move(accounts)), pending_(std::move(pending)) {}

    Status start() {
        for (const TaskId& id : pending_.waiting()) { to_look_.insert(id); }
        auto watcher = Watcher::open({.events = options_.events, .control = {}, .output = {}},
                                     {.on_state = [this](const TaskEvent& event) { heard(event); }});
        if (!watcher) { return watcher.error(); }
        watcher_.emplace(std::move(*watcher));
        thread_.startFunc([this] { run(); });
        return {};
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        bell_.notify_one();
        if (thread_.isRunning()) { thread_.join(); }
        watcher_.reset();
    }

    void expect(const TaskId& id, const std::string& owner) {
        const auto settings = accounts_.of(owner);
        if (!settings) {
            return log::warn("whether " + owner + " is told of jobs: " + settings.error().message);
        }
        if (!settings->any()) { return; }
        const bool mail = !settings->mail.empty() && !options_.mail.host.empty();
        const std::lock_guard lock(mutex_);
        if (pending_.find(id)) { return; }
        const auto added =
            pending_.add({.id = id, .owner = owner, .webhook = !settings->webhook.empty(), .mail = mail});
        if (!added) { return log::warn(added.error().message); }
        to_look_.insert(id);  // it may have ended before it was expected
        bell_.notify_one();
    }

    void ask_to_confirm(const std::string& owner) {
        const std::lock_guard lock(mutex_);
        to_confirm_.insert(owner);
        bell_.notify_one();
    }

    [[nodiscard]] std::optional<LastNotice> last_of(const std::string& owner) const {
        const std::lock_guard lock(mutex_);
        const auto found = last_.find(owner);
        return found == last_.end() ? std::nullopt : std::optional(found->second);
    }

    NoticeAccounts& accounts() { return accounts_; }
    [[nodiscard]] const NotifierOptions& options() const { return options_; }

private:
    void heard(const TaskEvent& event) {
        if (!has_ended(event.state)) { return; }
        const TaskId& whole = event.group == TaskId{} ? event.id : event.group;
        const std::lock_guard lock(mutex_);
        if (!pending_.find(whole)) { return; }
        to_look_.insert(whole);
        bell_.notify_one();
    }

    void run() {
        std::unique_lock lock(mutex_);
        Time looked = now();
        while (!closing_) {
            if (now() - looked > kLookAgain) {
                for (const TaskId& id : pending_.waiting()) { to_look_.insert(id); }
                looked = now();
            }
            look(lock);
            send_codes(lock);
            if (closing_) { break; }
            if (const auto due = pending_.next_due(unix_ms_now())) {
                serve(*due, lock);
                continue;
            }
            std::chrono::milliseconds rest = kLookAgain;
            if (const auto at = pending_.next_due_at()) {
                rest = std::clamp(std::chrono::milliseconds(*at - unix_ms_now()),
                                  std::chrono::milliseconds(1), rest);
            }
            if (to_look_.empty() && to_confirm_.empty()) { bell_.wait_for(lock, rest); }
        }
    }

    /// Which of the jobs that may have ended have. The lock is free while the ledger is read.
    void look(std::unique_lock<std::mutex>& lock) {
        while (!to_look_.empty() && !closing_) {
            const TaskId id = *to_look_.begin();
            to_look_.erase(to_look_.begin());
            lock.unlock();
            const auto job = stores_.find_job(id);
            lock.lock();
            auto notice = pending_.find(id);
            if (!notice || notice->due_unix_ms != 0 || !job) { continue; }
            if (!*job) {
                pending_.remove(id);
            } else if (has_ended((*job)->record.state)) {
                notice->due_unix_ms = unix_ms_now();
                keep(*notice);
            }
        }
    }

    /// Mails the codes that were asked for. The lock is free while the mail server is spoken to.
    void send_codes(std::unique_lock<std::mutex>& lock) {
        while (!to_confirm_.empty() && !closing_) {
            const std::string owner = *to_confirm_.begin();
            to_confirm_.erase(to_confirm_.begin());
            lock.unlock();
            const auto settings = accounts_.of(owner);
            const bool asked = settings && !settings->code.empty();
            const Status sent = asked ? send_mail(options_.mail, code_mail_of(*settings, owner)) : Status();
            lock.lock();
            if (asked) { remember(owner, sent ? "" : "mail: " + sent.error().message); }
        }
    }

    void remember(const std::string& owner, const std::string& said) {
        if (last_.size() >= kLastMax) { last_.clear(); }
        last_[owner] = {unix_ms_now(), std::string(cut_utf8(said, kSaidMax))};
    }

    void keep(const PendingNotice& notice) {
        if (const auto kept = pending_.change(notice); !kept) { log::warn(kept.error().message); }
    }

    /// One try of what is owed for a job. The lock is free while others are spoken to.
    void serve(PendingNotice notice, std::unique_lock<std::mutex>& lock) {
        lock.unlock();
        const auto settings = accounts_.of(notice.owner);
        const auto job = stores_.find_job(notice.id);
        std::string said;
        const bool gone = (job && !*job) || (settings && !settings->any());
        if (!gone && settings && job) { said = give(notice, *settings, **job); }
        if (!settings) { said = settings.error().message; }
        if (!job) { said = job.error().message; }
        lock.lock();
        if (gone || (said.empty() && !notice.webhook && !notice.mail)) {
            pending_.remove(notice.id);
        } else if (++notice.tries >= kNoticeTriesMax) {
            log::warn("the end of job " + to_string(notice.id) + " could not be told to " + notice.owner +
                      ": " + said);
            pending_.remove(notice.id);
        } else {
            notice.due_unix_ms = unix_ms_now() + rest_after_ms(notice.tries);
            keep(notice);
        }
        if (!gone) { remember(notice.owner, said); }
    }

    /// Tries what is still owed, and marks what was taken. What went wrong, in words.
    std::string give(PendingNotice& notice, const NoticeSettings& settings, const store::JobView& job) const {
        std::string said;
        notice.webhook = notice.webhook && !settings.webhook.empty();
        notice.mail = notice.mail && !settings.mail.empty() && !options_.mail.host.empty();
        if (notice.webhook) {
            const std::string body = "{\"event\":\"job.ended\",\"job\":" + job_json(job, std::nullopt) + "}";
            const auto called = call_webhook({.url = settings.webhook,
                                              .secret = settings.secret,
                                              .delivery = to_string(notice.id),
                                              .unix_seconds = unix_ms_now() / 1000,
                                              .body = body},
                                             options_.networks);
            notice.webhook = !called;
            if (!called) { said = "webhook: " + called.error().message; }
        }
        if (notice.mail) {
            const auto sent = send_mail(options_.mail, mail_of(settings, job.record));
            notice.mail = !sent;
            if (!sent) { said += (said.empty() ? "mail: " : "; mail: ") + sent.error().message; }
        }
        return std::string(cut_utf8(said, kSaidMax));
    }

    const NotifierOptions options_;
    Stores& stores_;
    NoticeAccounts accounts_;
    mutable std::mutex mutex_;  ///< guards what follows
    std::condition_variable bell_;
    PendingNotices pending_;
    std::set<TaskId> to_look_;          ///< at most those that are pending
    std::set<std::string> to_confirm_;  ///< accounts whose code is to be mailed
    std::map<std::string, LastNotice> last_;
    bool closing_ = false;
    Poco::Thread thread_{"notices"};
    std::optional<Watcher> watcher_;
};

Notifier::Notifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Notifier::~Notifier() { impl_->close(); }

Result<std::unique_ptr<Notifier>> Notifier::open(const NotifierOptions& options, Stores& stores) {
    Poco::Net::initializeSSL();
    auto accounts = NoticeAccounts::open(options.data_dir);
    if (!accounts) { return accounts.error(); }
    auto pending = PendingNotices::open(options.data_dir);
    if (!pending) { return pending.error(); }
    auto impl = std::make_unique<Impl>(options, stores, std::move(*accounts), std::move(*pending));
    if (auto started = impl->start(); !started) { return started.error(); }
    return std::unique_ptr<Notifier>(new Notifier(std::move(impl)));
}

NoticeAccounts& Notifier::accounts() { return impl_->accounts(); }
bool Notifier::offers_mail() const { return !impl_->options().mail.host.empty(); }

std::optional<Problem> Notifier::check_address(const std::string& url) const {
    if (auto problem = check_webhook(url)) { return problem; }
    const std::string host = Poco::URI(url).getHost();
    Poco::Net::IPAddress address;
    const bool closed = host == "localhost" || host.ends_with(".localhost");
    const bool literal = Poco::Net::IPAddress::tryParse(closed ? "127.0.0.1" : host, address);
    if (!literal || may_be_called(address, impl_->options().networks)) { return std::nullopt; }
    return Problem{.status = 422,
                   .code = "webhook",
                   .detail = host +
                             " is an address that this server does not call: its administrator can allow the "
                             "network with --notice-network"};
}

void Notifier::expect(const TaskId& id, const std::string& owner) { impl_->expect(id, owner); }
void Notifier::ask_to_confirm(const std::string& owner) { impl_->ask_to_confirm(owner); }
std::optional<LastNotice> Notifier::last_of(const std::string& owner) const { return impl_->last_of(owner); }
void Notifier::close() { impl_->close(); }

}  // namespace nias::httpfront
