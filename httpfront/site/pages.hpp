/// Our own pages: the files of the web bundle, with the headers that keep them ours. Any thread.
#pragma once

#include <string>

#include "http/answer.hpp"
#include "http/message.hpp"

namespace nias::httpfront {

class Pages {
public:
    explicit Pages(std::string folder) : folder_(std::move(folder)) {}
    /// The file of the path, else index.html (the page routes by itself), else 404 for what looks like a
    /// file.
    [[nodiscard]] Answer serve(const Request& request) const;

private:
    std::string folder_;
};

/// Where the pages are: `given`, else beside the installed program, else the developer's build of them.
[[nodiscard]] std::string find_pages(const std::string& given);

}  // namespace nias::httpfront
