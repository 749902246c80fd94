#include "api/handlers/keeping/usage.hpp"

namespace nias::httpfront::handlers {

Answer get_usage(Front& front, const Call& call) {
    const auto all = front.stores.usage();
    if (!all) { return problem_answer(problem_from(all.error())); }
    return json_answer(200, usage_json(front.options, *all, call.user->name, call.user->administers()));
}

std::optional<Problem> check_quota_of(Front& front, const Call& call, const Wanted& wanted) {
    if (!has_quota(front.options)) { return std::nullopt; }
    const auto all = front.stores.usage();
    if (!all) { return problem_from(all.error()); }
    return check_quota(front.options, *all, call.user->name, wanted);
}

}  // namespace nias::httpfront::handlers
