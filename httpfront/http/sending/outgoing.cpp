#include "http/sending/outgoing.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "http/sending/every_answer.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kTurnBytes = 256U << 10U;  // then the others have their turn

}  // namespace

std::optional<std::uint64_t> length_of(const Answer& answer) {
    if (const auto* text = std::get_if<std::string>(&answer.body)) { return text->size(); }
    if (const auto* slice = std::get_if<FileSlice>(&answer.body)) { return slice->length; }
    if (const auto* streamed = std::get_if<Streamed>(&answer.body)) { return streamed->length; }
    return std::nullopt;
}

std::string head_of(const Answer& answer, std::optional<std::uint64_t> length, bool close) {
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                       std::string(reason_phrase(answer.status)) + "\r\n";
    head += "Date: " + Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT) +
            "\r\n";
    for (const auto* headers : {&answer.headers, &answer.common}) {
        for (const auto& [name, value] : *headers) {
            head.append(name).append(": ").append(value).append("\r\n");
        }
    }
    const bool bodiless = answer.status == 304 || answer.status == 204;
    if (length && !bodiless) { head += "Content-Length: " + std::to_string(*length) + "\r\n"; }
    if (close) { head += "Connection: close\r\n"; }
    return head + "\r\n";
}

Outgoing::Outgoing(Answer answer, bool head_only, After after) : after_(after) {
    const bool close = after != After::next_request;
    out_ = head_of(answer, length_of(answer), close);
    if (head_only || answer.status == 304) { return; }
    if (const auto* text = std::get_if<std::string>(&answer.body)) {
        out_ += *text;
        return;
    }
    Status opened;
    if (const auto* slice = std::get_if<FileSlice>(&answer.body)) { opened = open(*slice); }
    if (const auto* streamed = std::get_if<Streamed>(&answer.body)) { opened = open(*streamed); }
    if (opened) { return; }
    log::warn("a download was refused: " + opened.error().message);
    const Answer refusal = instead_of(answer, problem_from(opened.error()));
    out_ = head_of(refusal, length_of(refusal), close) + std::get<std::string>(refusal.body);
    left_ = 0;
    ended_ = true;
}

Outgoing::Outgoing(Outgoing&& other) noexcept
    : after_(other.after_),
      out_(std::move(other.out_)),
      sent_(other.sent_),
      left_(other.left_),
      path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      offset_(other.offset_),
      streamed_(std::move(other.streamed_)),
      held_(std::move(other.held_)),
      ended_(other.ended_) {}

Outgoing::~Outgoing() {
    if (file_ >= 0) { ::close(file_); }
}

Status Outgoing::open(const FileSlice& slice) {
    path_ = slice.path;
    offset_ = slice.offset;
    left_ = slice.length;
    file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) {
        return Error{ErrorCode::unavailable, path_ + " cannot be read: " + std::strerror(errno)};
    }
    std::string first;
    if (auto read = read_slice(first); !read) { return read; }
    out_ += first;
    return {};
}

Status Outgoing::open(const Streamed& streamed) {
    streamed_ = streamed;
    left_ = streamed.length;
    ended_ = false;
    std::string first;
    if (auto read = read_streamed(first); !read) { return read; }
    if (auto read = read_streamed(held_); !read) { return read; }
    out_ += first;
    return {};
}

Status Outgoing::read_slice(std::string& into) {
    into.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPieceBytes)));
    std::size_t have = 0;
    while (have < into.size()) {
        const ssize_t got =
            ::pread(file_, into.data() + have, into.size() - have, static_cast<off_t>(offset_ + have));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) {
            return Error{ErrorCode::unavailable, path_ + " cannot be read: " + std::strerror(errno)};
        }
        if (got == 0) { return Error{ErrorCode::corrupt, path_ + " is shorter than it was"}; }
        have += static_cast<std::size_t>(got);
    }
    offset_ += have;
    left_ -= have;
    return {};
}

Status Outgoing::read_streamed(std::string& into) {
    into.resize(ended_ ? 0 : kPieceBytes);
    if (ended_) { return {}; }
    const auto got = streamed_.read(into);
    if (!got) { return got.error(); }
    into.resize(*got);
    if (*got > left_ || (*got == 0 && left_ > 0)) {
        return Error{ErrorCode::corrupt, "a file has another length than its directory says"};
    }
    left_ -= *got;
    ended_ = *got == 0;
    return {};
}

Status Outgoing::refill() {
    if (file_ >= 0 && left_ > 0) { return read_slice(out_); }
    out_.swap(held_);
    return read_streamed(held_);
}

Outgoing::Step Outgoing::advance(Connection& connection, std::size_t& moved) {
    moved = 0;
    while (moved < kTurnBytes) {
        std::optional<std::size_t> put;
        if (sent_ < out_.size()) {
            put = connection.send_now(std::string_view(out_).substr(sent_));
            sent_ += put.value_or(0);
        } else if (file_ >= 0 && left_ > 0 && connection.can_send_files()) {
            std::string().swap(out_);
            sent_ = 0;
            put = connection.send_file_now(
                file_, offset_, static_cast<std::size_t>(std::min<std::uint64_t>(left_, kTurnBytes)));
            offset_ += put.value_or(0);
            left_ -= put.value_or(0);
        } else {
            out_.clear();
            sent_ = 0;
            if (const auto read = refill(); !read) {
                log::warn("a download was cut off: " + read.error().message);
                return Step::broken;
            }
            if (out_.empty()) { return Step::done; }
            continue;
        }
        if (!put) { return Step::waits; }
        if (*put == 0) { return Step::broken; }
        moved += *put;
    }
    return Step::again;
}

}  // namespace nias::httpfront
