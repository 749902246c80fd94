/// The one file of a multipart/form-data body (RFC 7578), picked out while it streams by, and its fields of
/// text. Pure; bounded by the delimiter, 16 KiB of part header and 64 KiB of fields. Used by upload.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/problem.hpp"

namespace nias::httpfront {

class MultipartFile {
public:
    using Take = std::function<std::optional<Problem>(std::string_view)>;

    /// The boundary of a Content-Type «multipart/form-data; boundary=…».
    [[nodiscard]] static std::optional<std::string> boundary_of(std::string_view content_type);

    explicit MultipartFile(std::string_view boundary) : delimiter_("\r\n--" + std::string(boundary)) {}
    /// Hands the file's bytes to `take` as they become certain. 400 where there is a second file: two zips in
    /// a form are two jobs, and neither may get lost in silence.
    [[nodiscard]] std::optional<Problem> feed(std::string_view data, const Take& take);
    /// After all was fed: 400 where the form is cut off or has no file.
    [[nodiscard]] std::optional<Problem> end() const;
    [[nodiscard]] const std::string& file_name() const { return file_name_; }
    /// The text of a field; empty where the form has none of this name. The last one of a name counts.
    [[nodiscard]] std::string field(const std::string& name) const;

private:
    enum class At { preamble, after_delimiter, head, content, epilogue };

    [[nodiscard]] std::optional<Problem> step(const Take& take, bool& more);
    [[nodiscard]] std::optional<Problem> take_content(std::string_view certain, const Take& take);
    [[nodiscard]] std::optional<Problem> read_part_head(std::string_view head);

    std::string delimiter_;
    std::string pending_ = "\r\n";  ///< the first delimiter has no line before it
    At at_ = At::preamble;
    bool in_file_ = false;
    bool found_ = false;
    std::string file_name_;
    std::string field_;  ///< name of the field whose text comes; empty: none does
    std::map<std::string, std::string> fields_;
    std::size_t fields_bytes_ = 0;  ///< bytes of names and texts that came, to their bound
};

}  // namespace nias::httpfront
