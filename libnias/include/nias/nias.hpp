/// Every public C++ header of the library. For programs that do not mind to compile all of it; the single
/// headers are as good, and quicker.
#pragma once

#include <nias/api.hpp>
#include <nias/await.hpp>
#include <nias/endpoints.hpp>
#include <nias/in_process.hpp>
#include <nias/keys.hpp>
#include <nias/log.hpp>
#include <nias/pipeline.hpp>
#include <nias/result.hpp>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/task.hpp>
#include <nias/task_group.hpp>
#include <nias/ventilator.hpp>
#include <nias/version.hpp>
#include <nias/watcher.hpp>
#include <nias/worker.hpp>
