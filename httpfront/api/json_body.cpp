#include "api/json_body.hpp"

#include "options.hpp"

namespace nias::httpfront {

std::variant<JsonBody, Problem> JsonBody::read(const Call& call) {
    const std::string_view type = call.request.field("content-type").value_or("");
    if (lower(trim(type.substr(0, type.find(';')))) != "application/json") {
        return Problem{.status = 415, .code = "media_type", .detail = "send the fields as application/json"};
    }
    std::string text;
    std::string piece(4096, '\0');
    while (true) {
        const auto got = call.body.read(piece);
        if (const auto* problem = std::get_if<Problem>(&got)) { return *problem; }
        const std::size_t count = std::get<std::size_t>(got);
        if (count == 0) { break; }
        text.append(piece, 0, count);
    }
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return Problem{.status = 400, .code = "invalid", .detail = "the body is no JSON object"};
    }
    return JsonBody(std::move(json));
}

const nlohmann::json* JsonBody::find(const std::string& name) {
    asked_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonBody::expect(bool fits, const std::string& words) {
    if (!fits && mistake_.empty()) { mistake_ = words; }
}

std::string JsonBody::text(const std::string& name) {
    const nlohmann::json* value = find(name);
    const bool fits = value != nullptr && value->is_string();
    expect(fits, "the field " + name + " must be there, and a text");
    return fits ? value->get<std::string>() : std::string();
}

std::string JsonBody::text_or(const std::string& name, const std::string& otherwise) {
    return find(name) == nullptr ? otherwise : text(name);
}

std::uint64_t JsonBody::number_or(const std::string& name, std::uint64_t otherwise) {
    const nlohmann::json* value = find(name);
    if (value == nullptr) { return otherwise; }
    expect(value->is_number_unsigned(), "the field " + name + " must be a whole number");
    return value->is_number_unsigned() ? value->get<std::uint64_t>() : otherwise;
}

std::optional<bool> JsonBody::flag(const std::string& name) {
    const nlohmann::json* value = find(name);
    if (value == nullptr) { return std::nullopt; }
    expect(value->is_boolean(), "the field " + name + " must be true or false");
    return value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
}

std::vector<std::string> JsonBody::texts(const std::string& name) {
    std::vector<std::string> out;
    const nlohmann::json* value = find(name);
    expect(value != nullptr && value->is_array(), "the field " + name + " must be a list of texts");
    if (value == nullptr || !value->is_array()) { return out; }
    for (const nlohmann::json& one : *value) {
        expect(one.is_string(), "the field " + name + " must be a list of texts");
        if (one.is_string()) { out.push_back(one.get<std::string>()); }
    }
    return out;
}

std::optional<Problem> JsonBody::problem() const {
    std::string words = mistake_;
    for (const auto& [name, value] : object_.items()) {
        if (words.empty() && !asked_.contains(name)) { words = "there is no field " + name.substr(0, 64); }
    }
    if (words.empty()) { return std::nullopt; }
    return Problem{.status = 400, .code = "invalid", .detail = words};
}

}  // namespace nias::httpfront
