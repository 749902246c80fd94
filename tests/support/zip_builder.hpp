/// Builds zips byte by byte, good ones and every kind of broken one. For tests of the judge.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace nias::test {

struct ZipItem {
    std::string name;
    std::string content;
    std::uint16_t flags = 0x0800;  ///< UTF-8 name
    std::uint16_t method = 0;      ///< stored
    std::uint32_t attributes = 0;  ///< Unix mode in the upper half, with made_by 3
    std::uint16_t made_by = 0;
    std::string local_name{};        ///< where it differs from the directory's
    std::uint32_t claimed_size = 0;  ///< 0: the true one
    std::uint32_t claimed_crc = 0;   ///< 0: the true one
    std::string extra{};             ///< fields of the directory's record
};

class ZipBuilder {
public:
    ZipBuilder& add(std::string name, std::string content = "x") {
        if (name.back() == '/') { content.clear(); }
        return add(ZipItem{.name = std::move(name), .content = std::move(content)});
    }
    ZipBuilder& add(ZipItem item) {
        items_.push_back(std::move(item));
        return *this;
    }
    [[nodiscard]] std::string bytes() const {
        std::string out;
        std::string directory;
        for (const ZipItem& item : items_) {
            const auto crc =
                item.claimed_crc != 0
                    ? item.claimed_crc
                    : static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(item.content.data()),
                                                       static_cast<uInt>(item.content.size())));
            const auto packed = static_cast<std::uint32_t>(item.content.size());
            const auto size = item.claimed_size != 0 ? item.claimed_size : packed;
            const auto offset = static_cast<std::uint32_t>(out.size());
            const std::string& local = item.local_name.empty() ? item.name : item.local_name;
            const auto shared = [&](std::string& to) {
                number(to, 20, 2);
                number(to, item.flags, 2);
                number(to, item.method, 2);
                number(to, 0, 4);  // time and date
                number(to, crc, 4);
                number(to, packed, 4);
                number(to, size, 4);
            };
            number(out, 0x04034b50, 4);
            shared(out);
            number(out, static_cast<std::uint32_t>(local.size()), 2);
            number(out, 0, 2);
            out += local + item.content;
            number(directory, 0x02014b50, 4);
            number(directory, static_cast<std::uint32_t>(item.made_by << 8U) | 20U, 2);
            shared(directory);
            number(directory, static_cast<std::uint32_t>(item.name.size()), 2);
            number(directory, static_cast<std::uint32_t>(item.extra.size()), 2);
            number(directory, 0, 2);  // comment
            number(directory, 0, 4);  // disk, internal attributes
            number(directory, item.attributes, 4);
            number(directory, offset, 4);
            directory += item.name + item.extra;
        }
        const auto at = static_cast<std::uint32_t>(out.size());
        out += directory;
        number(out, 0x06054b50, 4);
        number(out, 0, 4);
        number(out, static_cast<std::uint32_t>(items_.size()), 2);
        number(out, static_cast<std::uint32_t>(items_.size()), 2);
        number(out, static_cast<std::uint32_t>(directory.size()), 4);
        number(out, at, 4);
        number(out, 0, 2);
        return out;
    }
    void write(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

private:
    static void number(std::string& to, std::uint32_t value, int width) {
        for (int i = 0; i < width; ++i) { to.push_back(static_cast<char>(value >> (8 * i))); }
    }
    std::vector<ZipItem> items_;
};

}  // namespace nias::test
