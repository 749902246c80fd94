#include "accounts/passwords.hpp"

#include <sodium.h>

#include <array>
#include <future>
#include <optional>

#include "accounts/secrets.hpp"

namespace nias::httpfront {
namespace {

// Above what OWASP's cheat sheet asks of argon2id (19 MiB, two passes).
constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = 24U << 20U;

using Text = std::optional<std::string>;

Text hash_now(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const int failed = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses,
                                             kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) { return std::nullopt; }
    return std::string(text.data());
}

/// Runs `work` on the lane and waits for its answer.
template <typename T>
Result<T> wait_for(WorkLane& lane, std::function<T()> work) {
    const auto promise = std::make_shared<std::promise<T>>();
    std::future<T> answer = promise->get_future();
    std::function<void()> queued = [promise, work = std::move(work)] { promise->set_value(work()); };
    if (!lane.add(queued)) {
        return Error{ErrorCode::overloaded,
                     "too many people sign in at this moment: try again in some seconds"};
    }
    return answer.get();
}

}  // namespace

Result<std::unique_ptr<Passwords>> Passwords::start() {
    if (sodium_init() < 0) { return Error{ErrorCode::internal, "libsodium does not start"}; }
    std::unique_ptr<Passwords> passwords(new Passwords());
    auto nobodys = passwords->hash(make_secret().text);
    if (!nobodys) { return nobodys.error(); }
    passwords->nobodys_ = std::move(*nobodys);
    return passwords;
}

Result<std::string> Passwords::hash(const std::string& password) {
    auto hashed = wait_for<Text>(lane_, [password] { return hash_now(password); });
    if (!hashed) { return hashed.error(); }
    if (!*hashed) {
        return Error{ErrorCode::overloaded, "there is no memory to keep a password safely: try again soon"};
    }
    return std::move(**hashed);
}

Result<bool> Passwords::verify(const std::string& stored, const std::string& password) {
    const bool known = !stored.empty();
    const std::string against = known ? stored : nobodys_;
    const auto fits = wait_for<bool>(lane_, [against, password] {
        return crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
    });
    if (!fits) { return fits.error(); }
    return known && *fits;
}

}  // namespace nias::httpfront
