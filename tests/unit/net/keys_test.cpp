// Key files and the list of peers: what is written is read, and everything else is refused in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <nias/keys.hpp>

#include "net/key_text.hpp"
#include "support/temp_folder.hpp"

namespace nias {
namespace {

using testing::HasSubstr;

mode_t mode_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
}

class KeysTest : public testing::Test {
protected:
    Enrolment enrolment() {
        auto opened = Enrolment::open(folder / "keys");
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }
    static Keys made(const Result<Keys>& keys) {
        EXPECT_TRUE(keys) << keys.error().message;
        return *keys;
    }
    Keys worker() { return made(enrolment().enroll(Role::worker, "lab2", *Endpoints::at("10.0.0.1"))); }
    static std::string refusal(const std::string& text) {
        const auto keys = net::parse_keys(text);
        if (keys) { return "taken"; }
        EXPECT_EQ(keys.error().code, ErrorCode::invalid);
        return keys.error().message;
    }
    static std::string with(std::string text, const std::string& from, const std::string& to) {
        const std::size_t place = text.find(from);
        EXPECT_NE(place, std::string::npos) << from;
        return text.replace(place, from.size(), to);
    }
    test::TempFolder folder;
};

TEST_F(KeysTest, AreReadAsTheyWereWritten) {
    const Keys keys = worker();
    ASSERT_TRUE(keys.write(folder / "lab2.key"));
    EXPECT_EQ(made(Keys::read(folder / "lab2.key")), keys);
    EXPECT_EQ(mode_of(folder / "lab2.key"), 0600U);
    EXPECT_EQ(keys.endpoints.control, "tcp://10.0.0.1:5556");
    EXPECT_EQ(keys.server_key, enrolment().server().public_key);
}

TEST_F(KeysTest, NeverReplaceAFile) {
    const Keys keys = worker();
    test::write_file(folder / "lab2.key", "mine");
    const auto written = keys.write(folder / "lab2.key");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::conflict);
    EXPECT_EQ(test::read_file(folder / "lab2.key"), "mine");
}

TEST_F(KeysTest, ThatOthersMayReadAreRefused) {
    ASSERT_TRUE(worker().write(folder / "lab2.key"));
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        ASSERT_EQ(::chmod((folder / "lab2.key").c_str(), mode), 0);
        const auto keys = Keys::read(folder / "lab2.key");
        ASSERT_FALSE(keys) << mode;
        EXPECT_THAT(keys.error().message, HasSubstr("chmod 600 " + (folder / "lab2.key")));
    }
    EXPECT_EQ(Keys::read(folder / "none.key").error().code, ErrorCode::not_found);
    EXPECT_EQ(Keys::read(folder.path()).error().code, ErrorCode::invalid);
}

TEST_F(KeysTest, AreJudgedLineByLine) {
    const std::string text = net::text_of(worker());
    EXPECT_EQ(refusal(text), "taken");
    EXPECT_THAT(refusal(""), HasSubstr("not a key of NIAS"));
    EXPECT_THAT(refusal(with(text, "nias-key 1", "nias-key 2")), HasSubstr("line 1"));
    EXPECT_THAT(refusal(with(text, "role worker", "role root")), HasSubstr("line 2"));
    EXPECT_THAT(refusal(with(text, "name lab2", "name ../x")), HasSubstr("line 3"));
    EXPECT_THAT(refusal(with(text, "name lab2", "name ")), HasSubstr("line 3"));
    EXPECT_THAT(refusal(with(text, "name lab2", "name lab2\nname lab3")), HasSubstr("second time"));
    EXPECT_THAT(refusal(with(text, "name lab2\n", "")), HasSubstr("no line \"name\""));
    EXPECT_THAT(refusal(with(text, "intake tcp://", "intake ipc://")), HasSubstr("tcp://HOST:PORT"));
    EXPECT_THAT(refusal(text + "colour blue\n"), HasSubstr("no word that a key has"));
    EXPECT_THAT(refusal(text + std::string(net::kKeyFileBytesMax, '\n')), HasSubstr("too long"));
    const std::string key = text.substr(text.find("public ") + 7, net::kKeyLetters);
    EXPECT_THAT(refusal(with(text, key, key.substr(1))), HasSubstr("40 letters"));
    EXPECT_THAT(refusal(with(text, key, "\"" + key.substr(1))), HasSubstr("40 letters"));
    EXPECT_THAT(refusal(with(text, key, std::string(40, '#'))), HasSubstr("40 letters"))
        << "a number too large";
}

TEST_F(KeysTest, WhosePublicHalfIsAnothersAreRefused) {
    Keys keys = worker();
    keys.public_key = made(Keys::generate(Role::worker, "other")).public_key;
    EXPECT_THAT(refusal(net::text_of(keys)), HasSubstr("not that of its secret key"));
}

TEST_F(KeysTest, OfAServerHaveNoAddressesAndNoOtherServer) {
    const std::string text = net::text_of(enrolment().server());
    EXPECT_EQ(refusal(text), "taken");
    EXPECT_THAT(refusal(text + "intake tcp://10.0.0.1:1\n"), HasSubstr("a server's own key has not"));
}

TEST_F(KeysTest, AreMadeForNamesThatAreFilesAndWordsToo) {
    for (const std::string name : {"lab2", "a", "Lab_2.local-net", "_x"}) {
        EXPECT_TRUE(Keys::generate(Role::worker, name)) << name;
    }
    for (const std::string& name :
         {std::string(), std::string("."), std::string("a b"), std::string("-x"), std::string("a/b"),
          std::string("ã"), std::string("a\nb"), std::string(65, 'n')}) {
        EXPECT_FALSE(Keys::generate(Role::worker, name)) << name;
    }
}

TEST_F(KeysTest, OfAServerAreMadeOnceAndKept) {
    const Keys first = enrolment().server();
    EXPECT_EQ(enrolment().server(), first);
    EXPECT_EQ(mode_of(folder / "keys"), 0700U);
    EXPECT_EQ(mode_of(folder / "keys/server.key"), 0600U);
    ASSERT_EQ(::chmod((folder / "keys/server.key").c_str(), 0644), 0);
    const auto refused = Enrolment::open(folder / "keys");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("others than its owner may open it"));
}

TEST_F(KeysTest, EnrolledPeersAreListedUntilTheyAreRevoked) {
    Enrolment list = enrolment();
    const Keys lab2 = worker();
    const Keys sweep = made(list.enroll(Role::submitter, "a-sweep", *Endpoints::at("10.0.0.1")));
    const auto peers = list.peers();
    ASSERT_TRUE(peers) << peers.error().message;
    const std::vector<Peer> both{{"a-sweep", Role::submitter, sweep.public_key},
                                 {"lab2", Role::worker, lab2.public_key}};
    EXPECT_EQ(*peers, both);
    EXPECT_THAT(test::read_file(list.peers_path()), testing::Not(HasSubstr(lab2.secret_key)));
    EXPECT_EQ(list.enroll(Role::worker, "lab2", {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(list.enroll(Role::server, "s", {}).error().code, ErrorCode::invalid);
    ASSERT_TRUE(list.revoke("lab2"));
    EXPECT_EQ(list.revoke("lab2").error().code, ErrorCode::not_found);
    EXPECT_EQ(list.peers()->size(), 1U);
    EXPECT_TRUE(list.enroll(Role::worker, "lab2", {})) << "the name is free again";
}

TEST_F(KeysTest, AListThatCannotBeReadIsRefusedAtItsLine) {
    const std::string key = worker().public_key;
    const std::string other = made(Keys::generate(Role::worker, "x")).public_key;
    const auto refusal_of = [](const std::string& text) {
        const auto peers = net::parse_peers(text);
        return peers ? "taken" : peers.error().message;
    };
    EXPECT_EQ(refusal_of("# a remark\n\na worker " + key + "\nb watcher " + other), "taken");
    EXPECT_THAT(refusal_of("a worker\n"), HasSubstr("line 1"));
    EXPECT_THAT(refusal_of("\na b worker " + key + "\n"), HasSubstr("line 2"));
    EXPECT_THAT(refusal_of("a server " + key + "\n"), HasSubstr("no role of a peer"));
    EXPECT_THAT(refusal_of("a worker " + key + " \n"), HasSubstr("40 letters"));
    EXPECT_THAT(refusal_of("a worker " + key + "\na worker " + other + "\n"),
                HasSubstr("name of a line above"));
    EXPECT_THAT(refusal_of("a worker " + key + "\nb worker " + key + "\n"), HasSubstr("key of a line above"));
    EXPECT_THAT(refusal_of(std::string(net::kPeersBytesMax + 1, '\n')), HasSubstr("longer than 1 MiB"));
}

}  // namespace
}  // namespace nias
