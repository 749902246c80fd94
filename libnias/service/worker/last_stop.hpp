/// Whether a worker's last life was stopped in order: a file beside its outbox, for the ventilator may have
/// been away when it said goodbye. Used by service/worker's loop thread only.
#pragma once

#include <string>

#include <nias/result.hpp>

namespace nias::service {

class LastStop {
public:
    /// `outbox`: the worker's folder of unsettled outcomes; empty: nothing is kept.
    explicit LastStop(const std::string& outbox)
        : path_(outbox.empty() ? std::string() : outbox + ".stopped") {}
    [[nodiscard]] bool was_in_order() const;
    /// Durable when it returns: from here on no task is taken, and what is lost is lost by the stop.
    [[nodiscard]] Status note() const;
    /// Durable when it returns: to be done before this life takes a task.
    [[nodiscard]] Status forget() const;

private:
    std::string path_;
};

}  // namespace nias::service
