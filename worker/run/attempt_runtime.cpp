// The steps of an attempt that choose the interpreter, of this machine or of an image, and build the packages
// that the job asks for.
#include "base/clock.hpp"
#include "worker/env/named.hpp"
#include "worker/run/attempt.hpp"

namespace nias::worker {

/// Finds what runs the program: an interpreter of this machine, or of the image that the job names.
Step Attempt::choose_runtime() {
    if (!layout_.manifest.image.empty()) { return enter_image(); }
    runtime_ = equipment_.runtimes.first_of(layout_.language);
    if (runtime_ == nullptr) {
        return Stop{OutcomeStatus::could_not_run, Cause::environment,
                    "this worker has no \"" + layout_.language + "\""};
    }
    how_.runtime = runtime_->name();
    const std::string& language = layout_.language;
    if (language.find('|') != std::string::npos && !language.starts_with(runtime_->name())) {
        note(program_.entry + " was run by " + how_.runtime + " " + runtime_->interpreter().version +
             ": no machine of the lab offers " + language.substr(0, language.find('|')));
    }
    how_.interpreter = runtime_->interpreter().path;
    how_.version = runtime_->interpreter().version;
    return {};
}

Step Attempt::enter_image() {
    auto held = equipment_.images.hold(layout_.manifest.image);
    if (!held) { return infrastructure(Cause::environment, held.error()); }
    image_.emplace(std::move(*held));
    auto runtime = equipment_.images.runtime(*image_, layout_.language, user_.user());
    if (!runtime && runtime.error().code == ErrorCode::invalid) {
        return Stop{OutcomeStatus::failed, Cause::environment, runtime.error().message};
    }
    if (!runtime) { return infrastructure(Cause::sandbox, runtime.error()); }
    runtime_ = std::move(*runtime);
    how_.image = image_->image.name;
    how_.image_digest = image_->image.digest;
    how_.runtime = runtime_->name();
    how_.interpreter = runtime_->interpreter().path;
    how_.version = runtime_->interpreter().version;
    return {};
}

Step Attempt::environment() {
    const std::string& named = layout_.manifest.environment;
    if ((layout_.requirements.empty() && named.empty()) || !runtime_->takes_requirements()) { return {}; }
    EnvContents contents{layout_.requirements.packages, {}, user_.user(), &runtime_->interpreter()};
    if (!named.empty()) {
        auto all = packages_with(equipment_.settings.envs.named, named, contents.packages);
        if (!all && all.error().code == ErrorCode::invalid) {
            return Stop{OutcomeStatus::failed, Cause::environment, all.error().message};
        }
        if (!all) { return infrastructure(Cause::environment, all.error()); }
        contents.packages = std::move(*all);
    }
    for (const std::string& wheel : layout_.requirements.wheels) {
        contents.wheels.push_back(*folder_ / ("job/" + wheel));
    }
    auto env = equipment_.envs.obtain(contents, log_, [this] { return context_.cancelled(); });
    if (!env) {
        if (env.error().code == ErrorCode::conflict) { return cancelled_stop(); }
        if (env.error().code == ErrorCode::invalid) {
            return Stop{OutcomeStatus::failed, Cause::environment, env.error().message};
        }
        if (env.error().code == ErrorCode::unavailable) {
            return lab_lacks(Cause::environment, env.error().message);
        }
        return infrastructure(Cause::environment, env.error());
    }
    env_.emplace(std::move(*env));
    program_.environment = Environment{env_->host, env_->inside};
    how_.packages = env_->packages;
    return {};
}

}  // namespace nias::worker
