/// Several output zips as one, with a folder each, made while it is read: what is compressed stays so, and
/// only names and sizes are in memory. Used by httpfront.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

class JoinedZip {
public:
    /// Files of all parts together, at most.
    static constexpr std::size_t kEntriesMax = 500'000;

    struct Part {
        std::string zip_path;
        std::string folder;  ///< name of its folder, without `/`
    };
    /// Reads the directories of all parts. `overloaded`: they hold more than kEntriesMax files; `corrupt` and
    /// `unavailable` as list_zip().
    static Result<JoinedZip> open(std::vector<Part> parts);
    JoinedZip(JoinedZip&&) noexcept;
    JoinedZip& operator=(JoinedZip&&) noexcept;
    ~JoinedZip();

    /// Exactly so many bytes are read.
    [[nodiscard]] std::uint64_t size_bytes() const;
    /// The next bytes; 0 at the end. One thread at a time. An Error where a part is not as it was.
    [[nodiscard]] Result<std::size_t> read(std::span<char> into);

private:
    struct State;
    explicit JoinedZip(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nias::job
