#include "daemon/front_flags.hpp"

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
    program.list("trusted-proxy", flags.trusted_proxy,
                 "address of a web server before this one, whose X-Forwarded-For and -Proto are believed");
    program.number("threads", flags.threads, 1, 256,
                   "threads for short requests; as many more look up files");
    program.flag("insecure-http", flags.insecure_http,
                 "take requests at other addresses than the loopback's unencrypted");
    program.text(
        "tls-cert", flags.tls_cert,
        "certificate for HTTPS, a PEM file (default: one that is made, where --listen is no loopback)");
    program.text("tls-key", flags.tls_key, "its secret key, a PEM file without a password");
}

}  // namespace nias::daemon
