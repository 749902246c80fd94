#include "daemon/worker_flags.hpp"

namespace nias::daemon {

void declare(Options& program, WorkerFlags& o) {
    program.text("data", o.data, "data directory");
    program.text("control", o.service.control,
                 "the ventilator's address for workers (default: ipc in the data directory)");
    program.text("outcomes", o.service.outcomes,
                 "the sink's address for outcomes (default: ipc in the data directory)");
    program.text("bulk", o.service.bulk,
                 "the sink's address for files and logs (default: ipc in the data directory)");
    program.text("key", o.key, "this machine's, made by «nias enroll worker» on the server's");
    program.text("name", o.service.name, "kept across restarts (default: the host's name)");
    program.list("label", o.service.labels, "words for «nias workers», like room-4");
    program.number("slots", o.slots, 0, 1024, "jobs that run at once (0: one a processor)");
    program.text("sandbox", o.sandbox, "bwrap, or none: jobs then run as this user, with all that it may do");
    program.list("python", o.python,
                 "Python interpreters; the first that works is used (default: /usr/bin/python3)");
    program.text("octave", o.octave, "octave-cli, or none (default: the system's)");
    program.text("matlab", o.matlab, "matlab, or none (default: the newest that is installed)");
    program.text("matlab-licence", o.matlab_licence,
                 "where MATLAB finds its licences: a file, or port@host (default: as it is installed)");
    program.text("r", o.r, "Rscript, or none (default: the system's)");
    program.text("wheelhouse", o.wheelhouse,
                 "folder of wheels that requirements.txt is met from, without network");
    program.text("pip-index", o.pip_index, "URL of the package index (default: pip's own)");
    program.text("constraints", o.constraints,
                 "file of versions that every environment keeps to, as pip's constraints");
    program.text(
        "environments", o.environments,
        "folder of named environments, as «nias env add» makes it (default: environments in the data "
        "directory)");
    program.text("images", o.images,
                 "folder of images, as «nias image add» makes it (default: images in the data directory)");
    program.text("work", o.work, "folder of running jobs (default: worker/work in the data directory)");
    program.text("envs", o.envs,
                 "folder of Python environments (default: worker/envs in the data directory)");
    program.number("envs-max", o.envs_max, 1U << 20U, 1ULL << 50U, "bytes of Python environments kept");
    program.number("bundles-max", o.bundles_max, 0, 1ULL << 50U,
                   "bytes of jobs' bundles kept, so that they are not fetched again; 0: none");
    program.number("max-log", o.max_log, 4096, kMaxLogBytes,
                   "bytes of a job's log kept, half of its beginning and half of its end");
    program.number("max-processes", o.max_processes, 8, 1'000'000,
                   "processes and threads that a job may have at once");
    program.text("max-disk", o.max_disk, "what a running job may have on the disk at most, like \"20 GiB\"");
    program.text(
        "default-disk", o.default_disk,
        "what a job that names nothing may have there, like \"10 GiB\" (default: as much as --max-disk)");
    program.number("max-files", o.max_files, 100, 1'000'000'000,
                   "files and folders that a running job may have on the disk");
    program.number("drain-timeout", o.drain_timeout_s, 0, 7 * 86'400,
                   "seconds that running jobs get after SIGTERM");
    program.number(
        "retry-s", o.retry_s, 1, 3600,
        "seconds that a job waits whose package index or licence is away; each time twice as long");
    program.number("retry-most-s", o.retry_most_s, 1, 3600, "seconds that it waits so at most");
    program.text(
        "job-network", o.job_network,
        "internet: jobs that did not decline it reach the internet, not this machine and the lab; none; or "
        "host: all that this machine reaches (default: internet where slirp4netns is there, else none)");
    program.list("job-network-allow", o.job_network_allow,
                 "addresses or ranges like 10.1.0.0/16 that jobs with internet reach all the same");
    program.text("job-uids", o.job_uids,
                 "FIRST-LAST: numbers of the users as whom a worker that is root runs its jobs, one each "
                 "(default: 2100000000-2100000255)");
    program.text(
        "default-memory", o.default_memory,
        "memory of a job that names none, like \"4 GiB\", or none (default: the machine's share of a slot)");
    program.text("default-time-limit", o.default_time_limit,
                 "time of a job that names none, like \"2h\", or none");
}

}  // namespace nias::daemon
