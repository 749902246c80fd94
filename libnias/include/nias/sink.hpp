/// Sink: gathers outcomes, logs and blobs from workers into the results store.
/// For nias-sink and programs that carry their own pipeline. A resource.
#pragma once

#include <memory>
#include <string>

#include <nias/api.hpp>
#include <nias/result.hpp>
#include <nias/ventilator.hpp>

namespace nias {
inline namespace v1 {

struct SinkOptions {
    std::string outcomes = "tcp://127.0.0.1:5558";
    std::string bulk = "tcp://127.0.0.1:5559";
    std::string output = "tcp://127.0.0.1:5560";
    std::string intake = "tcp://127.0.0.1:5555";  ///< of the ventilator
    std::string data_dir = "./nias-data";         ///< not used by Durability::memory
    Durability durability = Durability::durable;
};

class NIAS_API Sink {
public:
    static Result<Sink> open(const SinkOptions& options);
    Sink(Sink&&) noexcept;
    Sink& operator=(Sink&&) noexcept;
    ~Sink();
    Status run();
    void stop() noexcept;  ///< any thread; safe in a signal handler
    [[nodiscard]] SinkOptions bound() const;

private:
    class Impl;
    explicit Sink(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
