// Jobs in images, in a real sandbox: the image is a small Debian, made of the files of this machine's
// packages.
#include "worker/images/images.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cstdlib>

#include "job/images/tree.hpp"
#include "unit/worker/fake_context.hpp"
#include "worker/images/offers.hpp"

namespace nias::worker {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kDigest = "sha256:" + std::string(64, 'e');

class ImagesTest : public RunnerTest {
protected:
    void SetUp() override {
        RunnerTest::SetUp();
        settings.images = folder() + "/images";
        equipped = {};  // whatever runs here is the image's
        name_image("eeg", kDigest);
    }
    void name_image(const std::string& name, const std::string& digest) {
        test::write_file(job::note_path(settings.images, name), job::note_of({name,
                                                                              digest,
                                                                              {{"LAB", "from the image"},
                                                                               {"HOME", "/root"},
                                                                               {"MPLBACKEND", "TkAgg"},
                                                                               {"NIAS_CPUS", "99"},
                                                                               {"PYTHONPATH", "/opt/lab"}}}));
    }
    /// The files of the image `eeg`: those of these packages, or of a Python without more.
    void make_tree(const std::vector<std::string>& packages = {"dash", "coreutils", "python3-minimal",
                                                               "libpython3-stdlib"}) {
        const char* script = ::getenv("NIAS_IMAGE_ROOT");
        const std::string root = job::tree_path(settings.images, kDigest);
        std::vector<std::string> words{
            "/usr/bin/python3", script == nullptr ? NIAS_TESTS_DIR "/support/image_root.py" : script, root};
        words.insert(words.end(), packages.begin(), packages.end());
        const auto made = capture(words, 4096, 60'000);
        ASSERT_TRUE(made) << made.error().message;
        test::write_file(root + "/etc/mark", "of the image");
        const auto prepared = job::prepare_tree(root);
        ASSERT_TRUE(prepared) << prepared.error().message;
        test::write_file(job::tree_lock(settings.images, kDigest), "");
    }
    Ran run_in_image(const std::string& python, const std::function<void(Task&, FakeContext&)>& change = {}) {
        return run({{"code.py", python}, {"nias.toml", "image = \"eeg\"\nnetwork = \"none\"\n"}}, change);
    }
};

TEST_F(ImagesTest, RunAJobWithTheirOwnFilesAndBringBackItsOutputs) {
    make_tree();
    const Ran ran = run_in_image(
        "import os, pwd, sys\n"
        "print(open('/etc/mark').read(), os.path.exists('/usr/bin/git'), sys.executable)\n"
        "print(os.getuid(), pwd.getpwuid(os.getuid()).pw_name, os.environ['LAB'], os.environ['HOME'])\n"
        "print(os.getcwd(), os.cpu_count(), os.environ['NIAS_OUTPUT'], os.environ['NIAS_CPUS'])\n"
        "print(os.environ['MPLBACKEND'], '/opt/lab' in sys.path)\n"
        "open('output/a.txt', 'w').write('42')\n"
        "open(os.environ['NIAS_PROGRESS'], 'a').write('0.5 half\\n')\n"
        "print(sorted(name for name in os.listdir('/') if name in ('job', 'env', 'run', 'tmp', 'home')))\n");
    ASSERT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << ran.log;
    EXPECT_EQ(ran.log,
              "of the image False /usr/bin/python3\n1000 job from the image /tmp\n"
              "/job 1 /job/output 1\nAgg True\n['home', 'job', 'run', 'tmp']\n");
    EXPECT_EQ(ran.files.at("a.txt"), "42");
    EXPECT_THAT(ran.progress, ElementsAre(testing::Pair(0.5, "half")));
    EXPECT_EQ(ran.starts, 1);
    EXPECT_THAT(ran.files.at("nias-job.json"),
                AllOf(HasSubstr("\"name\": \"eeg\""), HasSubstr(kDigest), HasSubstr("\"version\": \"3.")));
}

TEST_F(ImagesTest, HoldTheWallsOfEveryBox) {
    make_tree();
    const std::string probe =
        "import os, socket\n"
        "def can(p):\n"
        "    try: open(p + '/probe', 'w').close(); return True\n"
        "    except OSError: return False\n"
        "print([p for p in ['/', '/usr/bin', '/etc', '/var', '/home', '/root', '/run', '/proc', '/sys', "
        "'/dev'] "
        "if can(p)], can('/job'), can('/tmp'))\n"
        "tried, opened = 0, []\n"
        "for folder, names, files in os.walk('/proc/sys'):\n"
        "    for name in files:\n"
        "        tried += 1\n"
        "        try: os.close(os.open(folder + '/' + name, os.O_WRONLY | os.O_NONBLOCK))\n"
        "        except OSError: continue\n"
        "        opened.append(name)\n"
        "print(tried > 100, opened, os.path.exists('" +
        folder() +
        "'))\n"
        "print(open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0], "
        "len([p for p in os.listdir('/proc') if p.isdigit()]))\n"
        "s = socket.socket()\n"
        "try: s.connect(('198.51.100.1', 80))\n"
        "except OSError as e: print(e.strerror)\n"
        "print(socket.gethostbyname('localhost'), socket.gethostbyname(socket.gethostname()))\n";
    const Ran ran = run_in_image(probe);
    EXPECT_EQ(ran.log, "[] True True\nTrue [] False\n1 2\nNetwork is unreachable\n127.0.0.1 127.0.0.1\n")
        << ran.outcome.error;
}

TEST_F(ImagesTest, ReachTheInternetAndNotTheLab) {
    if (::getenv("NIAS_TEST_LAB") == nullptr) { GTEST_SKIP() << "this is not in_a_lab.py"; }
    auto found = Internet::find({});
    ASSERT_TRUE(found) << found.error().message;
    internet = std::move(*found);
    settings.network = Network::internet;
    RunnerTest::SetUp();
    make_tree();
    const Ran ran = run(
        {{"code.py",
          "import errno, socket\n"
          "for where in ['internet.example', '198.51.100.7', 'lab.example', '192.168.77.2', '203.0.113.1']:\n"
          "    try:\n"
          "        with socket.socket() as s:\n"
          "            s.settimeout(5); s.connect((where, 80)); print(where, s.recv(5).decode())\n"
          "    except OSError as e: print(where, errno.errorcode.get(e.errno, type(e).__name__))\n"},
         {"nias.toml", "image = \"eeg\"\n"}});
    EXPECT_EQ(ran.log,
              "internet.example hello\n198.51.100.7 hello\nlab.example EHOSTUNREACH\n"
              "192.168.77.2 EHOSTUNREACH\n203.0.113.1 EHOSTUNREACH\n")
        << ran.outcome.error;
}

TEST_F(ImagesTest, BoundAJobAndNameItsEndAsElsewhere) {
    make_tree();
    const Ran slow = run_in_image("print('up', flush=True)\nwhile True: pass\n",
                                  [](Task& task, FakeContext&) { task.spec.time_limit_ms = 1500; });
    EXPECT_EQ(slow.outcome.cause, Cause::time_limit) << slow.outcome.error;
    EXPECT_EQ(slow.log, "up\n");
    const Ran cancelled =
        run_in_image("print('up', flush=True)\nwhile True: pass\n", [](Task&, FakeContext& context) {
            context.cancel_when = [](const FakeContext& c) { return c.text == "up\n"; };
        });
    EXPECT_EQ(cancelled.outcome.status, OutcomeStatus::cancelled);
    const Ran failed =
        run_in_image("open('output/kept', 'w').write('x')\nraise ValueError('no such patient')\n");
    EXPECT_EQ(failed.outcome.error, "exited with code 1: ValueError: no such patient (code.py, line 2)");
    EXPECT_EQ(failed.files.count("kept"), 1U);
    settings.max_disk_bytes = 8U << 20U;
    const Ran filler =
        run_in_image("f = open('big', 'wb')\nwhile True:\n    f.write(bytes(1 << 20)); f.flush()\n");
    EXPECT_EQ(filler.outcome.cause, Cause::disk_quota) << filler.outcome.error;
    if (!cgroups.limits_memory()) { return; }
    const Ran large =
        run_in_image("x = []\nwhile True: x.append(bytearray(1 << 20))\n",
                     [](Task& task, FakeContext&) { task.spec.resources.memory_bytes = 64U << 20U; });
    EXPECT_EQ(large.outcome.cause, Cause::out_of_memory) << large.outcome.error;
    EXPECT_THAT(large.outcome.error, HasSubstr("64 MiB"));
}

TEST_F(ImagesTest, NameTheInterpreterThatTheyLack) {
    make_tree({"dash", "coreutils"});
    for (const auto& [program, lack] : std::map<std::string, std::string>{
             {"code.py", "Python (python3)"}, {"code.m", "Octave (octave-cli)"}, {"code.R", "R (Rscript)"}}) {
        const Ran ran = run({{program, "x = 1\n"}, {"nias.toml", "image = \"eeg\"\n"}});
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
        EXPECT_EQ(ran.outcome.cause, Cause::environment);
        EXPECT_EQ(ran.outcome.error,
                  "the image eeg has no " + lack + ": name another image, or ask the administrator for one");
        EXPECT_EQ(ran.starts, 0);
    }
    const std::string python = job::tree_path(settings.images, kDigest) + "/usr/bin/python3";
    test::write_file(python, "#!/bin/sh\necho 'no such library' >&2\nexit 127\n");
    std::filesystem::permissions(python, std::filesystem::perms(0755));
    const Ran broken = run_in_image("x = 1\n");
    EXPECT_EQ(broken.outcome.error,
              "/usr/bin/python3 of the image eeg does not start: it does not answer (no such library)");
    EXPECT_EQ(broken.outcome.status, OutcomeStatus::failed);
}

TEST_F(ImagesTest, AreTheLabsAffairWhereAMachineHasThemNoMore) {
    const Ran gone = run_in_image("x = 1\n");
    EXPECT_EQ(gone.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(gone.outcome.error, "the image eeg is being removed from this machine");
    std::filesystem::remove(job::note_path(settings.images, "eeg"));
    EXPECT_EQ(run_in_image("x = 1\n").outcome.error, "this machine has no image named eeg");
}

TEST_F(ImagesTest, AreChosenByTheSenderBeforeTheManifest) {
    make_tree();
    name_image("meg:2", kDigest);
    const auto in_meg = [](Task& task, FakeContext&) { task.spec.runtime = "image:meg:2"; };
    EXPECT_THAT(run_in_image("x = 1\n", in_meg).files.at("nias-job.json"), HasSubstr("\"meg:2\""));
    const Ran plain = run({{"code.py", "print(open('/etc/mark').read())\n"}}, in_meg);
    EXPECT_EQ(plain.log, "of the image\n") << plain.outcome.error;
}

TEST_F(ImagesTest, KeepTheirFilesWhileAJobRuns) {
    make_tree();
    const auto removable = [this] {
        const Descriptor lock(::open(job::tree_lock(settings.images, kDigest).c_str(), O_RDWR | O_CLOEXEC));
        return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
    };
    bool removable_while_it_runs = true;
    const Ran ran =
        run_in_image("print('up', flush=True)\nwhile True: pass\n", [&](Task&, FakeContext& context) {
            context.cancel_when = [&](const FakeContext& c) {
                if (c.text != "up\n") { return false; }
                removable_while_it_runs = removable();
                return true;
            };
        });
    EXPECT_EQ(ran.log, "up\n") << ran.outcome.error;
    EXPECT_FALSE(removable_while_it_runs);
    EXPECT_TRUE(removable());
}

TEST_F(ImagesTest, GetThePackagesThatAJobAsksForBuiltForTheirOwnPython) {
    make_tree({"dash", "coreutils", "python3", "python3-venv"});
    const std::string wheel =
        "import zipfile\n"
        "w = zipfile.ZipFile('" +
        folder() +
        "/wheels/patient-1.0-py3-none-any.whl', 'w')\n"
        "i = 'patient-1.0.dist-info/'\n"
        "w.writestr('patient.py', 'word = 1\\n')\n"
        "w.writestr(i + 'METADATA', 'Metadata-Version: 2.1\\nName: patient\\nVersion: 1.0\\n')\n"
        "w.writestr(i + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: "
        "py3-none-any\\n')\n"
        "w.writestr(i + 'RECORD', 'patient.py,,\\n')\nw.close()\n";
    settings.envs.wheelhouse = folder() + "/wheels";
    std::filesystem::create_directory(settings.envs.wheelhouse);
    ASSERT_TRUE(capture({"/usr/bin/python3", "-c", wheel}, 4096, 20'000));
    const Files files{
        {"code.py",
         "import patient, sys, os\nprint(patient.word, sys.prefix, os.path.exists('/etc/mark'))\n"},
        {"requirements.txt", "patient\n"},
        {"nias.toml", "image = \"eeg\"\n"}};
    const Ran ran = run(files);
    EXPECT_THAT(ran.log, HasSubstr("1 /env True\n")) << ran.outcome.error;
    EXPECT_THAT(ran.files.at("nias-job.json"), HasSubstr("\"patient==1.0\""));
}

TEST_F(ImagesTest, AreOfferedBeforeNamedEnvironmentsAndNeverMoreThanAWorkerMayAnnounce) {
    const std::string named = folder() + "/environments";
    for (int i = 0; i < 24; ++i) { test::write_file(named + "/env" + std::to_string(i) + ".txt", "numpy\n"); }
    for (int i = 0; i < 14; ++i) { name_image("image" + std::to_string(10 + i), kDigest); }
    Offers offers(runtimes(), named, settings.images);
    const auto names = offers.names();
    const std::size_t own = runtimes().names().size();
    ASSERT_EQ(names.size(), kOffersMost);
    EXPECT_EQ(names[own], "image:eeg");
    EXPECT_EQ(names[own + kImagesOffered - 1], "image:image20");
    EXPECT_EQ(names[own + kImagesOffered], "python:env0");
    EXPECT_THAT(Offers(runtimes(), "", settings.images).names(), Not(testing::Contains("python:env0")));
    EXPECT_THAT(Offers(runtimes(), named, "").names(), Not(testing::Contains("image:eeg")));
}

TEST_F(ImagesTest, AreNotEnteredWithoutASandbox) {
    make_tree({"dash"});
    boxed = false;
    RunnerTest::SetUp();
    test::write_file(job::tree_path(settings.images, kDigest) + "/usr/bin/python3", "x");
    std::filesystem::permissions(job::tree_path(settings.images, kDigest) + "/usr/bin/python3",
                                 std::filesystem::perms(0755));
    const Ran ran = run_in_image("x = 1\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_THAT(ran.outcome.error, HasSubstr("without a sandbox"));
}

}  // namespace
}  // namespace nias::worker
