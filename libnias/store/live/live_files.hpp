/// Figures and tables that running attempts show: `live/<id>-<attempt>/<name>`, the last whole version of
/// each. The sink is the single writer; httpfront reads. Nothing here has to outlive a power cut.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

namespace nias::store {

/// One file that is shown.
struct LiveFileRow {
    std::string name;
    std::uint64_t size_bytes = 0;
    std::int64_t changed_unix_ms = 0;
};

class LiveFiles {
public:
    /// Which piece of which version of a file some bytes are.
    struct Piece {
        std::string_view name;
        std::uint64_t offset = 0;
        std::uint64_t size_bytes = 0;  ///< bytes of the whole version
    };

    static Result<LiveFiles> open(const std::string& data_dir);
    /// Adds a piece to the version that arrives; the one at 0 begins a version. True: it is whole, and has
    /// taken the place of the one before. `conflict`: another piece is due; `invalid`: the name cannot be
    /// one, or the attempt shows wire::kLiveFilesMax files already.
    [[nodiscard]] Result<bool> write(const AttemptRef& attempt, const Piece& piece,
                                     std::span<const std::uint8_t> data) const;
    /// In the order of their names; none where the attempt shows none.
    [[nodiscard]] std::vector<LiveFileRow> list(const AttemptRef& attempt) const;
    /// Nothing: the attempt shows no such file. `unavailable`: it cannot be read.
    [[nodiscard]] Result<std::optional<Bytes>> read(const AttemptRef& attempt, std::string_view name) const;
    void forget(const AttemptRef& attempt) const;
    /// Forgets the attempts of which nothing has come for `age`; returns how many.
    std::size_t sweep(std::chrono::seconds age) const;

private:
    explicit LiveFiles(std::string root) : root_(std::move(root)) {}
    [[nodiscard]] std::string folder_of(const AttemptRef& attempt) const;
    std::string root_;
};

/// The name that a file has on the disk: one part of a path, from which live_name() makes the name again.
/// Empty: the name cannot be one, or is too long.
[[nodiscard]] std::string live_file_of(std::string_view name);
[[nodiscard]] std::string live_name(std::string_view file);

}  // namespace nias::store
