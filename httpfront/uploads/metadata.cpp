#include "uploads/metadata.hpp"

#include <sodium.h>

#include <algorithm>

#include "http/message.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kBytesMax = 4096;

std::optional<std::string> decode(std::string_view base64) {
    std::string value(base64.size(), '\0');
    std::size_t length = 0;
    const int bad =
        sodium_base642bin(reinterpret_cast<unsigned char*>(value.data()), value.size(), base64.data(),
                          base64.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
    if (bad != 0) { return std::nullopt; }
    value.resize(length);
    return value;
}

}  // namespace

std::optional<UploadMetadata> parse_upload_metadata(std::string_view text) {
    if (text.size() > kBytesMax) { return std::nullopt; }
    UploadMetadata out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view pair = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t space = std::min(pair.find(' '), pair.size());
        const std::string_view name = pair.substr(0, space);
        auto value = decode(trim(pair.substr(space)));
        if (name.empty() || !value) { return std::nullopt; }
        if (name == "filename") { out.file_name = std::move(*value); }
        if (name == "sha256") {
            const auto hash = parse_blob_hash(*value);
            if (!hash) { return std::nullopt; }
            out.sha256 = *hash;
        }
    }
    return out;
}

}  // namespace nias::httpfront
