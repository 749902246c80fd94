// The bytes of every message, as files in tests/golden/wire/v1: a change of the wire is a change of these
// files. NIAS_GOLDEN_WRITE=1 writes them anew, on purpose; a released version's files are never written
// again.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <set>

#include "support/temp_folder.hpp"
#include "unit/wire/describe.hpp"
#include "unit/wire/samples.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::test {
namespace {

std::string folder() {
    return std::string(NIAS_TESTS_DIR) + "/golden/wire/v" + std::to_string(wire::kProtocolVersion);
}
std::string path_of(const wire::Message& message, const char* end) {
    return folder() + "/" + std::string(wire::name_of(message)) + end;
}
Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

class Golden : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (::getenv("NIAS_GOLDEN_WRITE") == nullptr) { return; }
        for (const wire::Message& message : samples()) {
            const Bytes frame = wire::encode(message);
            write_file(path_of(message, ".bin"), std::string(frame.begin(), frame.end()));
            write_file(path_of(message, ".json"), describe(message));
        }
    }
};

TEST_F(Golden, SamplesHoldEveryKindOfMessageInOrder) {
    const auto all = samples();
    ASSERT_EQ(all.size(), std::variant_size_v<wire::Message>);
    for (std::size_t i = 0; i < all.size(); ++i) { EXPECT_EQ(all[i].index(), i); }
}

TEST_F(Golden, EveryMessageIsEncodedToTheBytesOfItsFile) {
    for (const wire::Message& message : samples()) {
        SCOPED_TRACE(wire::name_of(message));
        ASSERT_TRUE(std::filesystem::exists(path_of(message, ".bin")));
        EXPECT_EQ(wire::encode(message), bytes_of(read_file(path_of(message, ".bin"))));
    }
}

TEST_F(Golden, TheBytesOfEveryFileAreDecodedToItsMessage) {
    for (const wire::Message& message : samples()) {
        SCOPED_TRACE(wire::name_of(message));
        const auto decoded = wire::decode(bytes_of(read_file(path_of(message, ".bin"))));
        ASSERT_TRUE(decoded) << decoded.error().message;
        EXPECT_EQ(*decoded, message);
    }
}

TEST_F(Golden, EveryDescriptionTellsTheFieldsAndValuesOfItsMessage) {
    for (const wire::Message& message : samples()) {
        SCOPED_TRACE(wire::name_of(message));
        EXPECT_EQ(describe(message), read_file(path_of(message, ".json")));
    }
}

TEST_F(Golden, NoFileIsLeftOfAMessageThatIsGone) {
    std::set<std::string> expected;
    for (const wire::Message& message : samples()) {
        expected.insert(path_of(message, ".bin"));
        expected.insert(path_of(message, ".json"));
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        EXPECT_TRUE(expected.contains(entry.path().string())) << entry.path();
    }
}

}  // namespace
}  // namespace nias::test
