#include "http/multipart.hpp"

#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/NameValueCollection.h>

#include "http/message.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kPartHeadMax = 16U << 10U;
constexpr std::size_t kFieldsMax = 64U << 10U;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046

Problem bad(std::string detail) { return {.status = 400, .code = "bad_form", .detail = std::move(detail)}; }

}  // namespace

std::optional<std::string> MultipartFile::boundary_of(std::string_view content_type) {
    std::string type;
    Poco::Net::NameValueCollection parameters;
    Poco::Net::MessageHeader::splitParameters(std::string(content_type), type, parameters);
    if (lower(type) != "multipart/form-data") { return std::nullopt; }
    const std::string boundary = parameters.get("boundary", "");
    if (boundary.empty() || boundary.size() > kBoundaryMax ||
        boundary.find_first_of("\r\n") != std::string::npos) {
        return std::nullopt;
    }
    return boundary;
}

std::optional<Problem> MultipartFile::feed(std::string_view data, const Take& take) {
    pending_ += data;
    bool more = true;
    while (more) {
        if (auto problem = step(take, more)) { return problem; }
    }
    return std::nullopt;
}

std::optional<Problem> MultipartFile::step(const Take& take, bool& more) {
    more = false;
    switch (at_) {
        case At::preamble:
        case At::content: {
            const std::size_t end = pending_.find(delimiter_);
            // Bytes that could begin a delimiter wait for the bytes after them.
            const std::size_t certain =
                end != std::string::npos ? end
                                         : pending_.size() - std::min(pending_.size(), delimiter_.size() - 1);
            if (at_ == At::content && certain > 0) {
                if (auto problem = take_content(std::string_view(pending_).substr(0, certain), take)) {
                    return problem;
                }
            }
            pending_.erase(0, certain);
            if (end == std::string::npos) { return std::nullopt; }
            pending_.erase(0, delimiter_.size());
            in_file_ = false;
            field_.clear();
            at_ = At::after_delimiter;
            break;
        }
        case At::after_delimiter: {
            if (pending_.size() < 2) { return std::nullopt; }
            if (pending_.starts_with("--")) {
                at_ = At::epilogue;
                break;
            }
            const std::size_t end = pending_.find("\r\n");
            if (end == std::string::npos && pending_.size() < 256) { return std::nullopt; }
            if (end == std::string::npos || !trim(std::string_view(pending_).substr(0, end)).empty()) {
                return bad("a boundary of the form is followed by something else");
            }
            pending_.erase(0, end);  // its line end begins the head, which may be empty
            at_ = At::head;
            break;
        }
        case At::head: {
            const std::size_t end = pending_.find("\r\n\r\n");
            if (end == std::string::npos && pending_.size() <= kPartHeadMax) { return std::nullopt; }
            if (end == std::string::npos || end > kPartHeadMax) {
                return bad("a part of the form has a header of more than 16 KiB");
            }
            if (auto problem = read_part_head(std::string_view(pending_).substr(0, end + 2))) {
                return problem;
            }
            pending_.erase(0, end + 4);
            at_ = At::content;
            break;
        }
        case At::epilogue: pending_.clear(); return std::nullopt;
    }
    more = true;
    return std::nullopt;
}

std::optional<Problem> MultipartFile::take_content(std::string_view certain, const Take& take) {
    if (in_file_) { return take(certain); }
    if (field_.empty()) { return std::nullopt; }
    fields_bytes_ += certain.size();
    if (fields_bytes_ > kFieldsMax) { return bad("the form has more than 64 KiB of text beside the file"); }
    fields_[field_] += certain;
    return std::nullopt;
}

std::string MultipartFile::field(const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::string() : found->second;
}

std::optional<Problem> MultipartFile::read_part_head(std::string_view head) {
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || lower(trim(line.substr(0, colon))) != "content-disposition") {
            continue;
        }
        std::string kind;
        Poco::Net::NameValueCollection parameters;
        Poco::Net::MessageHeader::splitParameters(std::string(trim(line.substr(colon + 1))), kind,
                                                  parameters);
        if (parameters.get("filename", "").empty()) {  // a field, or a file that nobody chose
            field_ = parameters.get("name", "");
            fields_.erase(field_);
            fields_bytes_ += field_.size();
            continue;
        }
        if (found_) {
            return Problem{.status = 400,
                           .code = "two_files",
                           .detail = "the form has two files, \"" + file_name_ + "\" and \"" +
                                     parameters.get("filename") + "\": send one zip for each job"};
        }
        found_ = true;
        in_file_ = true;
        file_name_ = parameters.get("filename");
    }
    return std::nullopt;
}

std::optional<Problem> MultipartFile::end() const {
    if (at_ != At::epilogue) { return bad("the form ends before its last boundary: send it again"); }
    if (!found_) { return bad("the form has no file: choose a zip"); }
    return std::nullopt;
}

}  // namespace nias::httpfront
