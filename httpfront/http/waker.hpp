/// Wakes a thread that polls, from another one. A resource; used by server, sender and event hub. Any thread
/// may wake; one polls.
#pragma once

namespace nias::httpfront {

class Waker {
public:
    Waker();
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;
    ~Waker();

    [[nodiscard]] int descriptor() const { return descriptor_; }  ///< readable once woken, until drained
    void wake() noexcept;
    void drain() noexcept;

private:
    int descriptor_;
};

}  // namespace nias::httpfront
