// No sandbox: for development, and for hosts where the administrator said so.
#include <fstream>

#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {
namespace {

class NoSandbox final : public Sandbox {
public:
    [[nodiscard]] std::string_view name() const override { return "none"; }
    [[nodiscard]] std::string inside(const std::string& host, const std::string&) const override {
        return host;
    }
    [[nodiscard]] Result<JobUserLease> user() const override { return JobUserLease(); }
    [[nodiscard]] Result<std::optional<Process>> connect(const Box&, pid_t) const override {
        return std::optional<Process>();
    }
    [[nodiscard]] Result<Launch> prepare(const Box& box) const override {
        if (!box.root.empty()) {
            return Error{ErrorCode::unavailable, "a worker without a sandbox can run nothing in an image"};
        }
        for (const auto& [path, content] : box.files) {
            std::ofstream file(path, std::ios::binary);
            if (!(file << content)) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
        }
        Launch out;
        out.spawn.argv = box.argv;
        out.spawn.cwd = box.cwd;
        for (const auto& [name, value] : box.env) {
            out.spawn.env.push_back(std::string(name).append("=").append(value));
        }
        return out;
    }
};

}  // namespace

std::unique_ptr<Sandbox> make_no_sandbox() { return std::make_unique<NoSandbox>(); }

}  // namespace nias::worker
