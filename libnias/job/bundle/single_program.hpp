/// A program sent alone, without a folder or a zip: it becomes a bundle of one file. Used by httpfront and
/// cli. Functions without state; any thread.
#pragma once

#include <string>
#include <string_view>

#include <nias/result.hpp>

namespace nias::job {

inline constexpr std::size_t kSingleProgramBytesMax = 8U << 20U;

/// Whether a file is meant as one: its name ends in `.py` or `.m`, and it begins neither like a zip nor like
/// another known kind of file. `path` is where its bytes lie, `name` what the researcher calls it.
[[nodiscard]] bool is_single_program(const std::string& path, std::string_view name);

/// The bytes of a zip that holds the program as code.py or code.m in a folder named after it. `invalid` where
/// the file is empty, larger than kSingleProgramBytesMax or no text.
[[nodiscard]] Result<std::string> zip_single_program(const std::string& path, std::string_view name);

/// The sentence for what was mended: that `name` is taken alone, as the program `entry`.
[[nodiscard]] std::string alone_words(std::string_view name, std::string_view entry);

}  // namespace nias::job
