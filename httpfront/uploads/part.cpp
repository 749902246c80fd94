#include "uploads/part.hpp"

#include <Poco/SHA1Engine.h>
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "base/sha256.hpp"
#include "options.hpp"
#include "site/stores.hpp"
#include "uploads/filling.hpp"

namespace nias::httpfront {
namespace {

/// A hash that a client announced, computed again over what comes.
class Checksum {
public:
    /// «sha1 <base64>». nullopt: another algorithm, or no base64 of its length.
    static std::optional<Checksum> parse(std::string_view text) {
        const std::size_t space = std::min(text.find(' '), text.size());
        const std::string_view name = text.substr(0, space);
        const std::string_view base64 = trim(text.substr(space));
        Checksum made;
        if (name != "sha1" && name != "sha256") { return std::nullopt; }
        if (name == "sha1") { made.sha1_ = std::make_unique<Poco::SHA1Engine>(); }
        made.expected_.resize(name == "sha1" ? 20 : 32);
        std::size_t length = 0;
        const int bad =
            sodium_base642bin(made.expected_.data(), made.expected_.size(), base64.data(), base64.size(),
                              nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
        if (bad != 0 || length != made.expected_.size()) { return std::nullopt; }
        return made;
    }

    void update(std::span<const std::uint8_t> bytes) {
        if (!sha1_) { return sha256_.update(bytes); }
        sha1_->update(bytes.data(), bytes.size());
    }
    [[nodiscard]] bool fits() {
        if (sha1_) { return sha1_->digest() == expected_; }
        const BlobHash hash = sha256_.finish();
        return std::equal(expected_.begin(), expected_.end(), hash.bytes.begin(), hash.bytes.end());
    }

private:
    std::unique_ptr<Poco::SHA1Engine> sha1_;  ///< null: SHA-256 was announced
    Sha256 sha256_;
    std::vector<std::uint8_t> expected_;
};

/// Reads until the end, and confirms now and then where nothing is to be compared first.
std::optional<Problem> read_into(Body& body, OpenUploads::Hold& hold, Checksum* checksum) {
    Bytes piece(kPieceBytes);
    Filling filling(hold.writer());
    while (true) {
        const auto got = body.read({reinterpret_cast<char*>(piece.data()), piece.size()});
        if (const auto* problem = std::get_if<Problem>(&got)) { return *problem; }
        const std::size_t count = std::get<std::size_t>(got);
        if (count == 0) { return std::nullopt; }
        const std::span<const std::uint8_t> bytes(piece.data(), count);
        if (checksum != nullptr) { checksum->update(bytes); }
        if (const auto put = filling.append(bytes); !put) {
            hold.take_back();
            return disk_problem(put.error());
        }
        if (checksum == nullptr && hold.writer().size_bytes() - hold.info().offset >= kConfirmEveryBytes) {
            if (const auto durable = hold.confirm(); !durable) { return disk_problem(durable.error()); }
        }
    }
}

}  // namespace

std::optional<Problem> receive_part(const Request& request, Body& body, OpenUploads::Hold& hold) {
    std::optional<Checksum> checksum;
    if (const auto announced = request.field("upload-checksum")) {
        checksum = Checksum::parse(*announced);
        if (!checksum) {
            return Problem{
                .status = 400,
                .code = "checksum_unknown",
                .detail = "Upload-Checksum must be sha1 or sha256, a space, and the hash in base64"};
        }
    }
    body.limit(hold.info().length - hold.info().offset);
    body.stop_when(&hold.unwanted());
    auto problem = read_into(body, hold, checksum ? &*checksum : nullptr);
    body.stop_when(nullptr);
    if (checksum && problem) { hold.take_back(); }
    if (checksum && !problem && !checksum->fits()) {
        hold.take_back();
        problem =
            Problem{.status = 460,
                    .code = "checksum",
                    .detail = "these bytes changed on their way (their checksum differs): send them again"};
    }
    if (const auto durable = hold.confirm(); !durable && !problem) { return disk_problem(durable.error()); }
    return problem;
}

}  // namespace nias::httpfront
