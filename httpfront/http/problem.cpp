#include "http/problem.hpp"

#include <Poco/Net/HTTPResponse.h>

#include <nlohmann/json.hpp>

namespace nias::httpfront {

std::string_view reason_phrase(int status) {
    switch (status) {  // newer than the library
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";
        case 431: return "Request Header Fields Too Large";
        case 460: return "Checksum Mismatch";  // the number is tus's
        case 507: return "Insufficient Storage";
        default: break;
    }
    return Poco::Net::HTTPResponse::getReasonForStatus(
        static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
}

std::string to_json(const Problem& problem) {
    nlohmann::ordered_json json;
    json["type"] = problem.code.empty() ? "about:blank" : "urn:nias:problem:" + problem.code;
    json["title"] = reason_phrase(problem.status);
    json["status"] = problem.status;
    json["detail"] = problem.detail;
    if (!problem.code.empty()) { json["code"] = problem.code; }
    if (!problem.entry.empty()) { json["entry"] = problem.entry; }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Problem problem_from(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid: return {.status = 400, .code = "invalid", .detail = error.message};
        case ErrorCode::not_found: return {.status = 404, .code = "not_found", .detail = error.message};
        case ErrorCode::conflict: return {.status = 409, .code = "conflict", .detail = error.message};
        case ErrorCode::overloaded:
            return {.status = 503,
                    .code = "overloaded",
                    .detail = error.message,
                    .headers = {{"Retry-After", "10"}}};
        case ErrorCode::unavailable:
            return {.status = 503,
                    .code = "unavailable",
                    .detail = error.message,
                    .headers = {{"Retry-After", "5"}}};
        case ErrorCode::corrupt:
            return {.status = 503,
                    .code = "corrupt",
                    .detail = "this server cannot read what it stored (" + error.message +
                              "): tell its administrator"};
        case ErrorCode::denied: return {.status = 403, .code = "denied", .detail = error.message};
        case ErrorCode::internal: break;
    }
    return {.status = 500, .code = "internal", .detail = error.message};
}

}  // namespace nias::httpfront
