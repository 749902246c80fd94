/// The command line of nias-httpfront. Used by its main, and by `nias up`, which takes the same options and
/// passes them on. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/program.hpp"
#include "service/questions.hpp"

namespace nias::daemon {

struct FrontFlags {
    std::string data_dir = "./nias-data";
    std::string listen = "127.0.0.1";
    std::uint64_t port = 8080;  ///< 0: any free one
    std::string web;            ///< folder of the pages; empty: the installed one
    std::string intake;  ///< the ventilator's; this and the next three: empty means in the data directory
    std::string control;
    std::string events;
    std::string output;  ///< the sink's
    std::string owner = "lab";
    std::uint64_t max_upload = 8ULL << 30U;
    std::vector<std::string> allow_host;  ///< names by which browsers may call besides the loopback's
    std::uint64_t threads = 8;            ///< for short requests; a second lane has as many
    bool insecure_http = false;
    std::string accounts = "auto";                  ///< whether people sign in: auto, on, off
    std::string trust_user_header;                  ///< by which a proxy names users; empty: none does
    std::string trusted_proxy;                      ///< address of that proxy; empty: no proxy is believed
    bool setup_link = false;                        ///< offer the link for a further administrator
    std::string tls_cert;                           ///< PEM file, its issuers after it; empty: none was given
    std::string tls_key;                            ///< PEM file of its key
    std::vector<std::string> notice_network;        ///< closed networks that webhooks may be in
    std::string smtp;                               ///< mail server, HOST[:PORT]; empty: no mail is sent
    std::string smtp_from;                          ///< address from which mail comes
    std::string smtp_login;                         ///< file with the user and the password there
    std::uint64_t undo_s = service::kForgetAfterS;  ///< how long a deleted job can be had back
    std::uint64_t keep_days = 0;                    ///< after which ended jobs are deleted; 0: they stay
    std::uint64_t user_bytes = 0;                   ///< bound of a user's zips and outputs; 0: none
    std::uint64_t user_jobs = 0;                    ///< bound of a user's jobs; 0: none
    std::uint64_t user_alive = 0;                   ///< bound of those that have not ended; 0: none
    std::uint64_t all_bytes = 0;                    ///< bound of all users' zips and outputs; 0: none
};

void declare(Options& program, FrontFlags& flags);

}  // namespace nias::daemon
