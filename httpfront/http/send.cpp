#include "http/send.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "options.hpp"

namespace nias::httpfront {

std::string head_of(const Answer& answer, std::optional<std::uint64_t> length, bool close) {
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                       std::string(reason_phrase(answer.status)) + "\r\n";
    head += "Date: " + Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT) +
            "\r\n";
    for (const auto& [name, value] : answer.headers) {
        head.append(name).append(": ").append(value).append("\r\n");
    }
    const bool bodiless = answer.status == 304 || answer.status == 204;
    if (length && !bodiless) { head += "Content-Length: " + std::to_string(*length) + "\r\n"; }
    if (close) { head += "Connection: close\r\n"; }
    return head + "\r\n";
}

std::optional<std::uint64_t> length_of(const Answer& answer) {
    if (const auto* text = std::get_if<std::string>(&answer.body)) { return text->size(); }
    if (const auto* slice = std::get_if<FileSlice>(&answer.body)) { return slice->length; }
    if (const auto* streamed = std::get_if<Streamed>(&answer.body)) { return streamed->length; }
    return std::nullopt;
}

namespace {

using Put = std::function<bool(std::span<const char>)>;

/// Hands the bytes of the slice to `put` until it says false.
Status read_slice(const FileSlice& slice, const Put& put) {
    const auto failed = [&](int code) {
        return Error{ErrorCode::unavailable, slice.path + " cannot be read: " + std::strerror(code)};
    };
    const int file = ::open(slice.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) { return failed(errno); }
    std::string piece(kPieceBytes, '\0');
    Status read;
    for (std::uint64_t at = 0; at < slice.length && read;) {
        const ssize_t got =
            ::pread(file, piece.data(), std::min<std::uint64_t>(slice.length - at, piece.size()),
                    static_cast<off_t>(slice.offset + at));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { read = failed(errno); }
        if (got == 0) { read = Error{ErrorCode::corrupt, slice.path + " is shorter than it was"}; }
        if (got <= 0 || !put({piece.data(), static_cast<std::size_t>(got)})) { break; }
        at += static_cast<std::uint64_t>(got);
    }
    ::close(file);
    return read;
}

Status read_body(const Answer& answer, const Put& put) {
    if (const auto* slice = std::get_if<FileSlice>(&answer.body)) { return read_slice(*slice, put); }
    if (const auto* streamed = std::get_if<Streamed>(&answer.body)) { return streamed->write(put); }
    return {};
}

bool send_at_once(Connection& connection, const Answer& answer, bool head_only, bool close, Pace& pace) {
    std::string first = head_of(answer, length_of(answer), close);
    const auto* text = std::get_if<std::string>(&answer.body);
    if (text != nullptr && !head_only && answer.status != 304) { first += *text; }
    return connection.send(first, pace) == Connection::Io::done;
}

}  // namespace

bool send_answer(Connection& connection, const Answer& answer, bool head_only, bool close) {
    Pace pace(now());
    const bool is_file =
        std::holds_alternative<FileSlice>(answer.body) || std::holds_alternative<Streamed>(answer.body);
    if (!is_file || head_only || answer.status == 304) {
        return send_at_once(connection, answer, head_only, close, pace);
    }
    std::uint64_t left = length_of(answer).value_or(0);
    bool begun = false;
    bool gone = false;
    const auto send_head = [&] {
        begun = true;
        gone = connection.send(head_of(answer, length_of(answer), close), pace) != Connection::Io::done;
    };
    std::string held;
    const auto send_held = [&] {
        if (!begun) { send_head(); }
        gone = gone || connection.send(held, pace) != Connection::Io::done;
    };
    const Status read = read_body(answer, [&](std::span<const char> piece) {
        if (!held.empty()) { send_held(); }
        gone = gone || piece.size() > left;
        if (!gone) { left -= piece.size(); }
        held.assign(piece.data(), piece.size());
        return !gone;
    });
    if (!read && !begun) {
        log::warn("a download was refused: " + read.error().message);
        return send_at_once(connection, problem_answer(problem_from(read.error())), false, close, pace);
    }
    if (!read) {
        log::warn("a download was cut off: " + read.error().message);
        return false;
    }
    send_held();
    return !gone && left == 0;
}

}  // namespace nias::httpfront
