#include "worker/images/offers.hpp"

#include "base/log.hpp"
#include "job/images/image.hpp"
#include "worker/env/named.hpp"

namespace nias::worker {

std::vector<std::string> Offers::names() {
    auto out = runtimes_.names();
    const std::size_t own = out.size();
    std::string left_out;
    const auto offer = [&](std::string name, std::size_t most) {
        if (out.size() < most) {
            out.push_back(std::move(name));
        } else {
            left_out += (left_out.empty() ? "" : ", ") + name;
        }
    };
    if (!images_.empty()) {
        for (const std::string& name : job::images_in(images_)) {
            offer(std::string(job::kImageRuntime) + name, own + kImagesOffered);
        }
    }
    if (!environments_.empty() && runtimes_.that_takes_requirements() != nullptr) {
        for (const std::string& name : named_environments(environments_)) {
            offer("python:" + name, kOffersMost);
        }
    }
    if (left_out != left_out_ && !left_out.empty()) {
        log::warn("not offered, since a worker offers at most " + std::to_string(kImagesOffered) +
                  " images, and " + std::to_string(kOffersMost) + " things in all: " + left_out);
    }
    left_out_ = std::move(left_out);
    return out;
}

}  // namespace nias::worker
