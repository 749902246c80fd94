/// The /tmp of a box, which goes with the last process in it: what a program left there is told, since
/// nothing of it comes back. Used by execution. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/host/descriptor.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

class BoxTmp {
public:
    enum class Seen { held, not_yet, never };

    /// Takes hold of the folder if the box is whole: if its program sees the `inside` of this mount. A box
    /// that this process may not look into is never held. `first`: the first process of the box.
    Seen look(pid_t first, const Mount& sign);

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
