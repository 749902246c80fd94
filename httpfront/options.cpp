#include "options.hpp"

#include "daemon/program.hpp"

namespace nias::httpfront {

void define(daemon::Options& program, FrontOptions& options) {
    program.text("data", options.data_dir, "data directory");
    program.text("listen", options.listen, "address to listen on");
    program.number("port", options.port, 0, 65535,
                   "port to listen on; 0: any free one, written to <data>/run/url");
    program.text("web", options.web, "folder of the pages (default: the installed ones)");
    program.text("intake", options.intake, "the ventilator's intake (default: ipc in the data directory)");
    program.text("control", options.control, "the ventilator's control (default: ipc in the data directory)");
    program.text("events", options.events, "the ventilator's events (default: ipc in the data directory)");
    program.text("output", options.output, "the sink's output (default: ipc in the data directory)");
    program.text("owner", options.owner, "owner of the jobs that are sent here");
    program.number("max-upload", options.max_upload, 1, UINT64_MAX / 4, "largest upload, in bytes");
    program.list("allow-host", options.allow_host, "further names by which browsers may call this server");
    program.number("threads", options.threads, 1, 256,
                   "threads for short requests; twice as many more for uploads and downloads");
    program.flag("insecure-http", options.insecure_http,
                 "listen on other addresses than the loopback's, unencrypted");
}

}  // namespace nias::httpfront
