/// The /tmp of a box, which goes with the last process in it: what a program left there is told, since
/// nothing of it comes back. Used by execution. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/host/descriptor.hpp"

namespace nias::worker {

class BoxTmp {
public:
    /// Takes hold of the folder as soon as the box is whole; until then, and with a box that has no root of
    /// its own, a call changes nothing. `first`: the first process of the box.
    void look(pid_t first);
    [[nodiscard]] bool held() const { return static_cast<bool>(folder_); }

    /// Files with content, `results.csv` or `run 1/a.mat`, sorted. Left out are hidden ones, and names that
    /// Python, R, Octave and their packages give to what is temporary. At most 1,000 entries are read, in
    /// three folders below each other. Ends the hold.
    [[nodiscard]] std::vector<std::string> left();

private:
    Descriptor folder_;
};

/// «2 files that the program left in /tmp (such as results.csv) …»; empty: nothing was left.
[[nodiscard]] std::string words_on_left(const std::vector<std::string>& files);

}  // namespace nias::worker
