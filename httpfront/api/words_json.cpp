#include "api/words_json.hpp"

#include <algorithm>

#include "words/words.hpp"

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const words::Phrases& phrases) {
    Json list = Json::array();
    for (const words::Phrase& phrase : phrases) {
        if (phrase.code.empty()) {
            list.push_back(phrase.text);
            continue;
        }
        Json params = Json::object();
        for (const auto& [name, value] : phrase.params) {
            const bool is_text = value.size() == 1 && value.front().code.empty();
            params[name] = is_text ? Json(value.front().text) : json_of(value);
        }
        list.push_back({{"code", phrase.code}, {"params", std::move(params)}});
    }
    return list;
}

bool is_problem(const Answer& answer) {
    return std::any_of(answer.headers.begin(), answer.headers.end(), [](const auto& header) {
        return header.first == "Content-Type" && header.second == "application/problem+json";
    });
}

}  // namespace

Json words_json(std::string_view text) { return json_of(words::parse(text)); }

void say_in_language(const Request& request, Answer& answer) {
    auto* const body = std::get_if<std::string>(&answer.body);
    if (body == nullptr || !is_problem(answer)) { return; }
    Json json = Json::parse(*body, nullptr, false);
    if (!json.is_object() || !json.contains("detail")) { return; }
    const words::Phrases phrases = words::parse(json["detail"].get<std::string>());
    const auto language = words::language_of(request.field("accept-language").value_or(""));
    json["detail"] = words::render(phrases, language);
    json["words"] = json_of(phrases);
    *body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    answer.headers.emplace_back("Content-Language", words::tag_of(language));
    answer.headers.emplace_back("Vary", "Accept-Language");
}

}  // namespace nias::httpfront
