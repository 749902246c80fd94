#include "api/handlers/queue.hpp"

#include "api/job_json.hpp"

namespace nias::httpfront::handlers {

Answer get_queue(Front& front, const Call&) {
    const auto counts = front.stores.counts();
    if (!counts) { return problem_answer(problem_from(counts.error())); }
    return json_answer(200, queue_json(*counts));
}

}  // namespace nias::httpfront::handlers
