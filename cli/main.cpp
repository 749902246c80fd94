// nias: the command line. Looks up the verb and hands over; a verb is a file beside this one.
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <nias/version.hpp>

#include "cli/verbs.hpp"

namespace {

struct Verb {
    std::string_view name;
    int (*run)(int, const char* const*);
    std::string_view help;
};
constexpr Verb kVerbs[] = {
    {"up", nias::cli::up, "start the server of this machine and keep it running"},
    {"login", nias::cli::login, "let the verbs speak to a server elsewhere"},
    {"logout", nias::cli::logout, "forget that server and its token"},
    {"submit", nias::cli::submit, "send a job: a zip, or a folder with code.py or code.m"},
    {"list", nias::cli::list, "the jobs, newest first"},
    {"status", nias::cli::status, "what is known of one job"},
    {"show", nias::cli::status, "the same as status"},
    {"explain", nias::cli::explain, "why a job waits, where it runs, or how it ended"},
    {"log", nias::cli::log, "what a job's program printed; -f follows it"},
    {"get", nias::cli::get, "fetch a job's outputs into a folder"},
    {"download", nias::cli::get, "the same as get"},
    {"cancel", nias::cli::cancel, "stop a job, or take it out of the queue"},
    {"rerun", nias::cli::rerun, "run the bundle of a job again"},
    {"delete", nias::cli::remove, "delete jobs that have ended"},
    {"restore", nias::cli::restore, "bring deleted jobs back"},
    {"workers", nias::cli::workers, "the workers, and how each stands"},
    {"env", nias::cli::env, "name environments of Python that jobs can pick"},
    {"image", nias::cli::image, "prepare images, in which jobs can run"},
    {"audit", nias::cli::audit, "who signed in, and what administrators did"},
    {"setup-link", nias::cli::setup_link, "the link that makes the first administrator"},
    {"enroll", nias::cli::enroll, "make the key of a machine or program, and let it connect"},
    {"peers", nias::cli::peers, "the machines and programs that may connect"},
    {"revoke", nias::cli::revoke, "let a machine or program connect no more"},
    {"pause", nias::cli::pause, "give a worker nothing more for a while"},
    {"drain", nias::cli::drain, "empty a worker: to switch it off, or to repair it"},
    {"resume", nias::cli::resume, "give tasks again to a worker that was paused or drained"},
};

int usage(std::ostream& to) {
    to << "nias: a lab's own compute server\n\nUsage: nias VERB [OPTIONS]\n\n";
    for (const Verb& verb : kVerbs) {
        to << "  " << verb.name << std::string(12 - verb.name.size(), ' ') << verb.help << '\n';
    }
    to << "\nnias VERB --help tells the options of a verb.\n";
    return &to == &std::cout ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) { return usage(std::cerr); }
    const std::string_view wanted = argv[1];
    if (wanted == "--help" || wanted == "-h" || wanted == "help") { return usage(std::cout); }
    if (wanted == "--version") {
        std::cout << NIAS_VERSION << '\n';
        return 0;
    }
    for (const Verb& verb : kVerbs) {
        if (verb.name == wanted) { return verb.run(argc - 1, argv + 1); }
    }
    std::cerr << "nias: there is no verb \"" << wanted << "\"\n\n";
    return usage(std::cerr);
}
