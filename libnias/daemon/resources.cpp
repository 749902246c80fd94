#include "daemon/resources.hpp"

#include <algorithm>

#include "base/numbers.hpp"

namespace nias::daemon {
namespace {

Error wrong(const std::string& word, const std::string& why) {
    return {ErrorCode::invalid, "--resource " + word + ": " + why};
}

}  // namespace

Result<std::vector<CountedResource>> parse_resources(const std::vector<std::string>& words) {
    std::vector<CountedResource> all;
    for (const std::string& word : words) {
        const std::size_t sign = word.find('=');
        if (sign == std::string::npos) { return wrong(word, "write it like matlab_seats=2"); }
        CountedResource one{word.substr(0, sign), 0};
        one.amount = whole_number<std::uint32_t>(std::string_view(word).substr(sign + 1)).value_or(0);
        if (one.amount == 0) { return wrong(word, "the count is not a number from 1 to 4294967295"); }
        if (auto checked = check(CountedResources{one}); !checked) {
            return wrong(word, checked.error().message);
        }
        const auto same = [&](const CountedResource& other) { return other.name == one.name; };
        if (std::any_of(all.begin(), all.end(), same)) {
            return wrong(word, "it is given twice; give each name once");
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace nias::daemon
