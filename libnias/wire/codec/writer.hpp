/// Writes messages as msgpack, field by field in the order of fields.hpp. Private to the codec: nobody else
/// includes it.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <msgpack.hpp>

#include "wire/fields.hpp"

namespace nias::wire {

/// Where msgpack writes, a byte or two at a time. What is short never leaves the stack.
class Buffer {
public:
    // In line: msgpack's sizes are constants mostly, and the copy a single store.
    [[gnu::always_inline]] void write(const char* data, std::size_t size) {
        if (size == 0) { return; }  // the data of an empty text may be null
        if (size > capacity_ - used_) [[unlikely]] { grow(size); }
        std::memcpy(begin_ + used_, data, size);
        used_ += size;
    }
    /// Room for so many bytes, where it is known how many will come.
    void reserve(std::size_t bytes) {
        if (bytes > capacity_) { grow_to(bytes); }
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return {reinterpret_cast<const std::uint8_t*>(begin_), used_};
    }
    /// Moves out what was written. Nothing may be written after it.
    [[nodiscard]] Bytes release() {
        if (heap_.empty()) { return {bytes().begin(), bytes().end()}; }
        heap_.resize(used_);
        return std::move(heap_);
    }

private:
    [[gnu::noinline]] void grow(std::size_t more) { grow_to(std::max(4 * capacity_, 2 * (used_ + more))); }
    void grow_to(std::size_t capacity) {
        capacity_ = capacity;
        Bytes larger(capacity_);
        std::memcpy(larger.data(), begin_, used_);
        heap_ = std::move(larger);
        begin_ = reinterpret_cast<char*>(heap_.data());
    }

    std::array<char, 1024> short_;
    Bytes heap_;
    char* begin_ = short_.data();
    std::size_t capacity_ = short_.size();
    std::size_t used_ = 0;
};
using Pack = msgpack::packer<Buffer>;

class Writer {
public:
    explicit Writer(Pack& pack) : pack_(pack) {}

    template <typename T>
    void record(const T& value) {
        T& subject = const_cast<T&>(value);  // NOLINT(cppcoreguidelines-pro-type-const-cast): read only
        if constexpr (kAsMap<T>) {
            Unusual<T> unusual{value, 0};
            fields(unusual, subject);
            pack_.pack_map(unusual.count);
            KeyedWriter<T> writer{*this, value};
            fields(writer, subject);
        } else {
            LastUnusual<T> last{value, 0, 0};
            fields(last, subject);
            pack_.pack_array(last.last);
            OrderedWriter writer{*this, last.last};
            fields(writer, subject);
        }
    }

    /// A list of `count` items in runs: `goes_on(first, i)` says whether item i stands in the run that begins
    /// with `first`, and `put(first, count)` writes a run.
    template <typename GoesOn, typename Put>
    void in_runs(std::size_t count, GoesOn goes_on, Put put_run) {
        std::vector<std::size_t> begins;
        for (std::size_t i = 0; i < count; ++i) {
            if (i == 0 || !goes_on(begins.back(), i)) { begins.push_back(i); }
        }
        pack_.pack_array(static_cast<std::uint32_t>(begins.size()));
        for (std::size_t run = 0; run < begins.size(); ++run) {
            const std::size_t end = run + 1 < begins.size() ? begins[run + 1] : count;
            put_run(begins[run], end - begins[run]);
        }
    }
    template <typename T>
    void run(const Run<T>& run) {
        pack_.pack_array(3);
        put(run.ids);
        pack_.pack_array(static_cast<std::uint32_t>(run.carried.size()));
        for (std::size_t i = 0; i < run.carried.size(); ++i) { put(run.carried[i]); }
        record(run.shared);
    }
    /// The first two parts of a run.
    template <typename At>
    void put_ids(std::size_t count, At at) {
        pack_.pack_bin(static_cast<std::uint32_t>(count * sizeof(TaskId::bytes)));
        for (std::size_t i = 0; i < count; ++i) {
            pack_.pack_bin_body(reinterpret_cast<const char*>(at(i).bytes.data()), sizeof(TaskId::bytes));
        }
    }
    template <typename At>
    void put_carried(std::size_t count, At at) {
        std::size_t carrying = 0;  // none is as good as all empty
        for (std::size_t i = 0; i < count; ++i) {
            if (!at(i).empty()) { carrying = count; }
        }
        pack_.pack_array(static_cast<std::uint32_t>(carrying));
        for (std::size_t i = 0; i < carrying; ++i) { put(at(i)); }
    }

private:
    struct OrderedWriter {
        Writer& writer;
        std::uint32_t left;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) {
            if (left == 0) { return; }
            --left;
            writer.put(value);
        }
    };
    /// A map leaves out what has its default, an array ends before it: most specs take a byte, most outcomes
    /// four fields.
    template <typename Record, typename T>
    static bool is_default(const Record& record, const T& field) {
        static const Record kDefaults{};
        const auto offset = reinterpret_cast<const char*>(&field) - reinterpret_cast<const char*>(&record);
        return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&kDefaults) + offset) == field;
    }
    template <typename Record>
    struct Unusual {
        const Record& record;
        std::uint32_t count;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) {
            count += is_default(record, value) ? 0U : 1U;
        }
    };
    template <typename Record>
    struct LastUnusual {
        const Record& record;
        std::uint32_t at;
        std::uint32_t last;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) {
            ++at;
            if (!is_default(record, value)) { last = at; }
        }
    };
    template <typename Record>
    struct KeyedWriter {
        Writer& writer;
        const Record& record;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, const T& value, Bounds...) {
            if (is_default(record, value)) { return; }
            writer.put(key);
            writer.put(value);
        }
    };

    void put(std::string_view text) {
        pack_.pack_str(static_cast<std::uint32_t>(text.size()));
        pack_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
    }
    void put(const std::string& text) { put(std::string_view(text)); }
    void put(const std::uint8_t* data, std::size_t size) {
        pack_.pack_bin(static_cast<std::uint32_t>(size));
        pack_.pack_bin_body(reinterpret_cast<const char*>(data), static_cast<std::uint32_t>(size));
    }
    void put(std::span<const std::uint8_t> bytes) { put(bytes.data(), bytes.size()); }
    void put(const Bytes& bytes) { put(bytes.data(), bytes.size()); }
    void put(const TaskId& id) { put(id.bytes.data(), id.bytes.size()); }
    void put(const BlobHash& hash) { put(hash.bytes.data(), hash.bytes.size()); }
    void put(bool value) { pack_.pack(value); }
    void put(double value) { pack_.pack(value); }
    template <std::integral T>
    void put(T value) {
        pack_.pack(value);
    }
    template <Enumeration T>
    void put(T value) {
        pack_.pack(static_cast<std::uint32_t>(value));
    }
    template <typename T>
    void put(const std::optional<T>& value) {
        if (value) {
            record(*value);
        } else {
            pack_.pack_nil();
        }
    }
    template <typename T>
    void put(const std::vector<T>& list) {
        pack_.pack_array(static_cast<std::uint32_t>(list.size()));
        for (const T& item : list) { put(item); }
    }
    template <typename T>
    void put(const Runs<T>& list) {
        pack_.pack_array(static_cast<std::uint32_t>(list.runs().size()));
        for (const Run<T>& one : list.runs()) { run(one); }
    }
    void put(const std::vector<TaskId>& ids) {
        static_assert(sizeof(TaskId) == sizeof(TaskId::bytes), "ids in a row are their bytes in a row");
        put(reinterpret_cast<const std::uint8_t*>(ids.data()), ids.size() * sizeof(TaskId));
    }
    /// One after the other, those of one attempt and their ids: most are of the first.
    void put(const std::vector<AttemptRef>& list) {
        const auto goes_on = [&](std::size_t first, std::size_t i) {
            return i - first < kBatchItemsMax && list[i].attempt == list[first].attempt;
        };
        in_runs(list.size(), goes_on, [&](std::size_t first, std::size_t items) {
            pack_.pack_array(2);
            pack_.pack(list[first].attempt);
            put_ids(items, [&](std::size_t i) -> const TaskId& { return list[first + i].id; });
        });
    }
    void put(const CountedResources& list) {
        pack_.pack_array(static_cast<std::uint32_t>(list.size()));
        for (const CountedResource& item : list) { record(item); }
    }
    template <Structure T>
    void put(const T& value) {
        record(value);
    }

    Pack& pack_;
};

}  // namespace nias::wire
