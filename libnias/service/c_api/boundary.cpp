#include "service/c_api/boundary.hpp"

#include <algorithm>
#include <string_view>

#include <nias/keys.hpp>

#include "base/words.hpp"

namespace nias::service::c_api {
namespace {

nias_code code_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid: return NIAS_INVALID;
        case ErrorCode::not_found: return NIAS_NOT_FOUND;
        case ErrorCode::conflict: return NIAS_CONFLICT;
        case ErrorCode::overloaded: return NIAS_OVERLOADED;
        case ErrorCode::unavailable: return NIAS_UNAVAILABLE;
        case ErrorCode::corrupt: return NIAS_CORRUPT;
        case ErrorCode::internal: return NIAS_INTERNAL;
        case ErrorCode::denied: return NIAS_DENIED;
    }
    return NIAS_INTERNAL;
}

}  // namespace

nias_code tell(const Error& error, nias_error* to) noexcept {
    if (to != nullptr) {
        const std::string_view message = cut_utf8(error.message, sizeof to->message - 1);
        std::copy_n(message.data(), message.size(), to->message);
        to->message[message.size()] = '\0';
        to->code = code_of(error.code);
    }
    return code_of(error.code);
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

Result<Place> place_of(const char* server, const char* keys) {
    Place place{.endpoints = {}, .keys = text_of(keys), .name = {}};
    if (!place.keys.empty()) {
        const auto read = Keys::read(place.keys);
        if (!read) { return read.error(); }
        place.endpoints = read->endpoints;
        place.name = read->name;
    }
    const std::string named = text_of(server);
    if (named.starts_with("tcp://")) {
        auto at = Endpoints::at(named);
        if (!at) { return at.error(); }
        place.endpoints = std::move(*at);
    } else if (!named.empty()) {
        place.endpoints = Endpoints::in(named);
    }
    return place;
}

}  // namespace nias::service::c_api

const char* nias_version(void) { return NIAS_VERSION; }
