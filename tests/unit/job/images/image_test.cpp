// Names of images, their notes, and the files of an image as a folder.
#include "job/images/image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "job/images/tree.hpp"
#include "support/temp_folder.hpp"

namespace nias::job {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string named(std::string_view text) {
    const auto name = parse_image_name(text);
    return name ? *name : "refused";
}

TEST(ImageTest, HasANameAndPerhapsATag) {
    EXPECT_EQ(named("eeg"), "eeg");
    EXPECT_EQ(named("eeg:2.1"), "eeg:2.1");
    EXPECT_EQ(named("my_lab-1.0:R2023a"), "my_lab-1.0:R2023a");
    EXPECT_EQ(named("EEG:R1"), "eeg:R1");
    EXPECT_EQ(named("eeg:latest"), "eeg") << "as where no tag is named";
}

TEST(ImageTest, IsRefusedUnderANameThatCouldBeAPathOrAnAddress) {
    for (const char* text : {"", ":", ":1", "eeg:", "../eeg", "eeg/../x", ".eeg", "eeg:1:2", "eeg 1", "eeg\n",
                             "eeg:.1", "-eeg", "eég", "eeg|python"}) {
        EXPECT_EQ(named(text), "refused") << text;
    }
    EXPECT_EQ(named(std::string(41, 'a')), "refused");
    for (const char* text : {"docker.io/library/python:3", "eeg@sha256:12"}) {
        const auto refused = parse_image_name(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message, HasSubstr("not fetched for a job"));
    }
}

TEST(ImageTest, IsReadAsItsNoteWasWritten) {
    const test::TempFolder folder;
    Image image{"eeg:1", "sha256:" + std::string(64, 'a'), {{"PATH", "/opt/b:/bin"}, {"ODD", "a\"\\= é"}}};
    test::write_file(note_path(folder.path(), image.name), note_of(image));
    const auto read = read_image(folder.path(), "eeg:1");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->name, image.name);
    EXPECT_EQ(read->digest, image.digest);
    EXPECT_EQ(read->env, image.env);
    image.env["TWO"] = "lines\nPATH=/elsewhere";
    test::write_file(note_path(folder.path(), image.name), note_of(image));
    EXPECT_EQ(read_image(folder.path(), "eeg:1")->env, read->env);
    EXPECT_EQ(tree_path(folder.path(), image.digest), folder / ("trees/" + std::string(64, 'a')));
}

TEST(ImageTest, IsNotFoundWhereThereIsNoneAndNamedWhereItsNoteIsBroken) {
    const test::TempFolder folder;
    EXPECT_EQ(read_image(folder.path(), "eeg").error().code, ErrorCode::not_found);
    EXPECT_EQ(read_image(folder.path(), "../eeg").error().code, ErrorCode::not_found);
    test::write_file(folder / "eeg.image", "");
    EXPECT_EQ(read_image(folder.path(), "eeg").error().code, ErrorCode::invalid);
    test::write_file(folder / "eeg.image", "sha256:../../etc\n");
    EXPECT_EQ(read_image(folder.path(), "eeg").error().code, ErrorCode::invalid);
}

TEST(ImageTest, IsListedByNamesThatJobsCanSay) {
    const test::TempFolder folder;
    for (const char* name :
         {"meg.image", "eeg:2.image", "EEG.image", "eeg:latest.image", "lock", "notes.txt"}) {
        test::write_file(folder / name, "");
    }
    fs::create_directory(folder / "trees");
    EXPECT_THAT(images_in(folder.path()), ElementsAre("eeg:2", "meg"));
    EXPECT_THAT(images_in(folder / "nowhere"), IsEmpty());
}

/// A root file system with a program.
void make_root(const std::string& root) {
    test::write_file(root + "/usr/bin/tool", "#!/bin/sh\n");
    ::chmod((root + "/usr/bin/tool").c_str(), 0755);
}

TEST(ImageTreeTest, GetsTheUserOfJobsAndFilesThatABoxReplaces) {
    const test::TempFolder folder;
    make_root(folder / "root");
    test::write_file(folder / "root/etc/passwd", "root:x:0:0::/root:/bin/sh");
    test::write_file(folder / "outside", "untouched");
    fs::create_symlink(folder / "outside", folder / "root/etc/resolv.conf");
    const auto prepared = prepare_tree(folder / "root");
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(test::read_file(folder / "root/etc/passwd"),
              "root:x:0:0::/root:/bin/sh\njob:x:1000:1000:job:/tmp:/bin/sh\n");
    EXPECT_THAT(test::read_file(folder / "root/etc/hosts"), HasSubstr("localhost nias"));
    EXPECT_THAT(test::read_file(folder / "root/etc/nsswitch.conf"), HasSubstr("hosts: files dns"));
    EXPECT_EQ(test::read_file(folder / "outside"), "untouched") << "a link of the image leads nowhere";
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder / "root/etc/resolv.conf")));
    ASSERT_TRUE(prepare_tree(folder / "root"));
    EXPECT_THAT(test::read_file(folder / "root/etc/group"), "job:x:1000:\n") << "once, however often";
}

TEST(ImageTreeTest, KeepsAUserThatTheImageHasUnderTheNumberOfJobs) {
    const test::TempFolder folder;
    make_root(folder / "root");
    test::write_file(folder / "root/etc/passwd", "jovyan:x:1000:100::/srv/jovyan:/bin/bash\n");
    ASSERT_TRUE(prepare_tree(folder / "root"));
    EXPECT_EQ(test::read_file(folder / "root/etc/passwd"), "jovyan:x:1000:100::/srv/jovyan:/bin/bash\n");
}

TEST(ImageTreeTest, LosesWhatWouldBeADangerToTheMachine) {
    const test::TempFolder folder;
    make_root(folder / "root");
    const std::string acting = folder / "root/usr/bin/su";
    test::write_file(acting, "x");
    ::chmod(acting.c_str(), 06755);
    const std::string closed = folder / "root/closed";
    fs::create_directory(closed);
    ::mkfifo((closed + "/pipe").c_str(), 0644);
    ::chmod(closed.c_str(), 02000);
    const auto prepared = prepare_tree(folder / "root");
    ASSERT_TRUE(prepared) << prepared.error().message;
    struct stat info {};
    ASSERT_EQ(::stat(acting.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0755U);
    EXPECT_FALSE(fs::exists(closed + "/pipe"));
}

TEST(ImageTreeTest, IsRefusedWhereItHoldsNoPrograms) {
    const test::TempFolder folder;
    test::write_file(folder / "root/manifest.json", "{}");
    const auto prepared = prepare_tree(folder / "root");
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code, ErrorCode::invalid);
}

TEST(ImageTreeTest, FindsProgramsThroughLinksThatStayInTheTree) {
    const test::TempFolder folder;
    const std::string root = folder / "root";
    make_root(root);
    test::write_file(root + "/opt/lang/bin/real", "x");
    ::chmod((root + "/opt/lang/bin/real").c_str(), 0755);
    test::write_file(root + "/usr/bin/text", "not to be run");
    fs::create_symlink("usr/bin", root + "/bin");
    fs::create_directories(root + "/etc/alternatives");
    fs::create_symlink("/opt/lang/bin/real", root + "/etc/alternatives/lang");
    fs::create_symlink("/etc/alternatives/lang", root + "/usr/bin/lang");
    fs::create_symlink("../../../../../../opt/lang/bin/real", root + "/usr/bin/up");
    fs::create_symlink("loop", root + "/usr/bin/loop");
    fs::create_symlink("/nowhere", root + "/usr/bin/dangling");
    const auto found = [&](const char* name) {
        return program_in_tree(root, "/usr/local/bin:/bin:bin", name);
    };
    EXPECT_EQ(found("tool"), "/bin/tool");
    EXPECT_EQ(found("lang"), "/bin/lang") << "through Debian's alternatives";
    EXPECT_EQ(file_in_tree(root, "/bin/lang"), "/opt/lang/bin/real");
    EXPECT_EQ(found("up"), "/bin/up") << "above the root is the root";
    for (const char* name : {"text", "loop", "dangling", "none", "."}) { EXPECT_EQ(found(name), "") << name; }
}

}  // namespace
}  // namespace nias::job
