#include "daemon/front_flags.hpp"

#include "wire/limits.hpp"

namespace nias::daemon {

void declare(Options& program, FrontFlags& flags) {
    program.text("data", flags.data_dir, "data directory");
    program.text("listen", flags.listen, "address to listen on");
    program.number("port", flags.port, 0, 65535,
                   "port to listen on; 0: any free one, written to <data>/run/url");
    program.text("web", flags.web, "folder of the pages (default: the installed ones)");
    program.text("intake", flags.intake, "the ventilator's intake (default: ipc in the data directory)");
    program.text("control", flags.control, "the ventilator's control (default: ipc in the data directory)");
    program.text("events", flags.events, "the ventilator's events (default: ipc in the data directory)");
    program.text("output", flags.output, "the sink's output (default: ipc in the data directory)");
    program.text("owner", flags.owner, "owner of the jobs that are sent here");
    program.number("max-upload", flags.max_upload, 1, UINT64_MAX / 4, "largest upload, in bytes");
    program.list("allow-host", flags.allow_host, "further names by which browsers may call this server");
    program.number("threads", flags.threads, 1, 256,
                   "threads for short requests; as many more look up files");
    program.flag("insecure-http", flags.insecure_http,
                 "take requests at other addresses than the loopback's unencrypted");
    program.text(
        "tls-cert", flags.tls_cert,
        "certificate for HTTPS, a PEM file (default: one that is made, where --listen is no loopback)");
    program.text("tls-key", flags.tls_key, "its secret key, a PEM file without a password");
    program.text(
        "accounts", flags.accounts,
        "on: people sign in; off: everybody on this machine is one owner; auto: off only while nothing "
        "says that others come here");
    program.text("trust-user-header", flags.trust_user_header,
                 "header by which the trusted proxy names who has signed in there");
    program.text("trusted-proxy", flags.trusted_proxy,
                 "address of the reverse proxy whose X-Forwarded-For, -Proto, -Host, X-Request-Id and user "
                 "header are believed");
    program.list(
        "notice-network", flags.notice_network,
        "closed network that webhooks may call, such as 10.0.0.0/8; else only the internet's addresses");
    program.text("smtp", flags.smtp,
                 "mail server that tells people of ended jobs, HOST[:PORT] (default: none)");
    program.text("smtp-from", flags.smtp_from, "address from which that mail comes");
    program.text("smtp-login", flags.smtp_login,
                 "file with the user and the password at the mail server, a line each; then TLS is required");
    program.number("undo-s", flags.undo_s, 1, wire::kForgetAfterMaxS,
                   "seconds for which a deleted job can be brought back");
    program.number("keep-days", flags.keep_days, 0, 36'500,
                   "days after which ended jobs are deleted; 0: they stay");
    program.number("user-bytes", flags.user_bytes, 0, UINT64_MAX / 4,
                   "bytes of zips and outputs that a user may keep; 0: no bound");
    program.number("user-jobs", flags.user_jobs, 0, UINT32_MAX, "jobs that a user may keep; 0: no bound");
    program.number("user-alive", flags.user_alive, 0, UINT32_MAX,
                   "jobs of a user that may wait and run at once; 0: no bound");
    program.number("all-bytes", flags.all_bytes, 0, UINT64_MAX / 4,
                   "bytes of zips and outputs that all users may keep together; 0: no bound");
    program.flag("setup-link", flags.setup_link,
                 "offer a one-time link that makes a further administrator, for when none can sign in");
}

}  // namespace nias::daemon
