/// Gives each job processors of its own, so that it sees as many as it was granted. Used by run.
/// Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

namespace nias::worker {

class Processors {
public:
    /// Processors that one job may run on; given back at the end.
    class Share {
    public:
        Share(Processors& owner, std::vector<int> numbers) : owner_(owner), numbers_(std::move(numbers)) {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { owner_.give_back(numbers_); }
        [[nodiscard]] const std::vector<int>& numbers() const { return numbers_; }

    private:
        Processors& owner_;
        std::vector<int> numbers_;
    };

    /// Holds the processors that this process may run on. Workers that share a machine begin at different
    /// ones.
    Processors();
    explicit Processors(std::vector<int> numbers);
    Processors(const Processors&) = delete;
    Processors& operator=(const Processors&) = delete;

    /// `count` of them, the least used first; all where there are not as many.
    [[nodiscard]] Share take(std::uint32_t count);

private:
    void give_back(const std::vector<int>& numbers);

    struct Processor {
        int number = 0;
        std::uint32_t jobs = 0;
    };
    std::mutex mutex_;
    std::vector<Processor> all_;
};

}  // namespace nias::worker
