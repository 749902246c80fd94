// requirements.txt as anybody may send it, in any encoding. A refusal has words and is no longer than a page;
// what is taken is taken again in the same way, and no line of it leads past the index.
#include "job/requirements/requirements.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "job/text.hpp"

namespace nias::fuzz {
namespace {

void requirements(std::string_view bytes) {
    const auto decoded = job::decode_text(bytes);
    if (!decoded) { return; }
    NIAS_CHECK(job::is_utf8(decoded->text), "what is decoded is UTF-8");
    NIAS_CHECK(job::is_utf8(job::composed(decoded->text)), "and is so when its accents are composed");
    const auto first = job::parse_requirements(decoded->text);
    if (!first) {
        NIAS_CHECK(!first.error().message.empty() && first.error().message.size() < 4096,
                   "a refusal has words");
        return;
    }
    std::string again;
    for (const std::string& line : first->packages) {
        NIAS_CHECK(!line.starts_with('-') && line.find("://") == std::string::npos &&
                       line.find('\n') == std::string::npos,
                   "a package is a name on one line");
        again += line + "\n";
    }
    for (const std::string& wheel : first->wheels) {
        NIAS_CHECK(wheel.front() != '/' && wheel.find("../") == std::string::npos,
                   "a wheel lies in the bundle");
        again += "./" + wheel + "\n";
    }
    const auto second = job::parse_requirements(again);
    NIAS_CHECK(second && second->packages == first->packages && second->wheels == first->wheels,
               "it is read again in the same way");
}

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nias::fuzz::requirements({reinterpret_cast<const char*>(data), size});
    return 0;
}
