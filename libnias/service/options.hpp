/// THE HOME OF THE BOUNDS of what a program may ask the library's parts for. Every part checks its options
/// here when it is opened. Used by service only.
#pragma once

#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/watcher.hpp>
#include <nias/worker.hpp>

namespace nias::service {

/// `invalid`: the first option that is out of its bounds, by name, with its value and its bounds. Files,
/// keys and ports are not looked at.
[[nodiscard]] Status check(const WorkerOptions& options);
[[nodiscard]] Status check(const PipelineOptions& options);
[[nodiscard]] Status check(const VentilatorOptions& options);
[[nodiscard]] Status check(const SinkOptions& options);
[[nodiscard]] Status check(const WatcherOptions& options);
[[nodiscard]] Status check(const SubmitterOptions& options);

/// The answer of a function that was given an empty handler.
[[nodiscard]] Error no_handler(const std::string& function);

}  // namespace nias::service
