/// The JSON object that a small request carries. Read field by field; the first mistake is kept and told when
/// all is read. Used by handlers; one request.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "api/routes.hpp"

namespace nias::httpfront {

class JsonBody {
public:
    /// 415 for another type (a form of another site cannot send this one), 400 for what is no object.
    [[nodiscard]] static std::variant<JsonBody, Problem> read(const Call& call);

    [[nodiscard]] std::string text(const std::string& name);  ///< must be there
    [[nodiscard]] std::string text_or(const std::string& name, const std::string& otherwise);
    [[nodiscard]] std::uint64_t number_or(const std::string& name, std::uint64_t otherwise);
    [[nodiscard]] std::optional<bool> flag(const std::string& name);
    [[nodiscard]] std::vector<std::string> texts(const std::string& name);
    /// 400 where a field was missing, had another type, or was never asked for.
    [[nodiscard]] std::optional<Problem> problem() const;

private:
    explicit JsonBody(nlohmann::json object) : object_(std::move(object)) {}
    [[nodiscard]] const nlohmann::json* find(const std::string& name);
    void expect(bool fits, const std::string& words);

    nlohmann::json object_;
    std::set<std::string> asked_;
    std::string mistake_;
};

}  // namespace nias::httpfront
