/// The verbs of `nias`, a file each; main.cpp looks them up in one table. Each takes its own arguments
/// (argv[0] is «nias verb») and returns the exit code: 0 done, 1 it failed, 2 the request must be changed.
#pragma once

namespace nias::cli {

int up(int argc, const char* const* argv);
int submit(int argc, const char* const* argv);
int list(int argc, const char* const* argv);
int status(int argc, const char* const* argv);
int explain(int argc, const char* const* argv);
int log(int argc, const char* const* argv);
int get(int argc, const char* const* argv);
int cancel(int argc, const char* const* argv);
int rerun(int argc, const char* const* argv);
int login(int argc, const char* const* argv);
int logout(int argc, const char* const* argv);
int remove(int argc, const char* const* argv);
int restore(int argc, const char* const* argv);
int workers(int argc, const char* const* argv);
int env(int argc, const char* const* argv);
int image(int argc, const char* const* argv);
int audit(int argc, const char* const* argv);
int setup_link(int argc, const char* const* argv);
int enroll(int argc, const char* const* argv);
int peers(int argc, const char* const* argv);
int revoke(int argc, const char* const* argv);
int pause(int argc, const char* const* argv);
int drain(int argc, const char* const* argv);
int resume(int argc, const char* const* argv);

}  // namespace nias::cli
