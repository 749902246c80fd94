/// Reads release and toolboxes from the files of a MATLAB that is installed. Used by matlab.
#pragma once

#include <string>
#include <vector>

namespace nias::worker {

struct MatlabInstall {
    std::string root;                    ///< absolute, links followed: the folder of `bin/matlab`
    std::string version;                 ///< "9.14.0.2206163", else empty
    std::string release;                 ///< "R2023a", else empty
    std::vector<std::string> toolboxes;  ///< names of folders: "signal", "stats"; sorted
};

/// The newest `bin/matlab` below the folders where MATLAB installs itself; empty: there is none.
[[nodiscard]] std::string newest_matlab(const std::vector<std::string>& folders);

/// Reads VersionInfo.xml and the toolbox folder of the installation to which this `matlab` belongs.
[[nodiscard]] MatlabInstall read_matlab_install(const std::string& matlab);

}  // namespace nias::worker
