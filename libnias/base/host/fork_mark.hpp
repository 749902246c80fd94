/// Tells a process from its forked child, which has no threads of its parent's: one byte that the kernel
/// clears in the child. For objects with threads. A resource; any thread.
#pragma once

namespace nias {

class ForkMark {
public:
    ForkMark();
    ~ForkMark();
    ForkMark(const ForkMark&) = delete;
    ForkMark& operator=(const ForkMark&) = delete;

    /// Whether this process is the one that made it. Always true where the kernel cannot tell.
    [[nodiscard]] bool is_own() const noexcept { return page_ == nullptr || *page_ != 0; }

private:
    volatile unsigned char* page_ = nullptr;
};

}  // namespace nias
