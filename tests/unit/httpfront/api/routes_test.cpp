#include "api/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "http/media.hpp"

namespace nias::embedded {
extern const std::string_view openapi_yaml;
}

namespace nias::httpfront {
namespace {

/// «VERB path» of each operation of the document that is served; the document indents paths by two and verbs
/// by four.
std::set<std::string> documented() {
    std::set<std::string> found;
    std::istringstream in{std::string(embedded::openapi_yaml)};
    std::string path;
    for (std::string line; std::getline(in, line);) {
        if (line == "components:") { break; }
        if (line.starts_with("  /") && line.ends_with(":")) { path = line.substr(2, line.size() - 3); }
        for (const std::string verb : {"get", "post", "put", "patch", "delete", "options"}) {
            if (!path.empty() && line == "    " + verb + ":") {
                std::string upper = verb;
                std::transform(upper.begin(), upper.end(), upper.begin(),
                               [](char c) { return static_cast<char>(c - 32); });
                found.insert(upper + " " + path);
            }
        }
    }
    return found;
}

TEST(Routes, AreThoseOfTheDocument) {
    std::set<std::string> served;
    for (const Route& route : routes()) {
        served.insert(std::string(route.verb) + " " + std::string(route.pattern));
    }
    EXPECT_EQ(served, documented());
    EXPECT_EQ(served.size(), routes().size()) << "a route is there twice";
}

TEST(Routes, LetNobodyInButWhereSigningInBegins) {
    std::set<std::string> open;
    for (const Route& route : routes()) {
        if (route.who == Who::everybody) {
            open.insert(std::string(route.verb) + " " + std::string(route.pattern));
        }
        const bool names_a_job = route.pattern.starts_with("/api/v1/jobs/{id}");
        EXPECT_EQ(names_a_job, route.who == Who::owner) << route.pattern;
        EXPECT_EQ(route.scope == Scope::none, route.who == Who::everybody) << route.pattern;
    }
    EXPECT_EQ(open,
              (std::set<std::string>{"GET /api/v1/session", "POST /api/v1/session", "DELETE /api/v1/session",
                                     "POST /api/v1/invitations/look", "POST /api/v1/invitations/accept",
                                     "GET /api/v1/openapi.yaml", "GET /healthz", "GET /readyz"}));
}

TEST(Routes, CaptureWhatThePatternNames) {
    using Captures = std::vector<std::string>;
    EXPECT_EQ(match("/api/v1/jobs/{id}", "/api/v1/jobs/ab"), Captures{"ab"});
    EXPECT_EQ(match("/api/v1/jobs/{id}/files/{path}", "/api/v1/jobs/ab/files/x/y.png"),
              (Captures{"ab", "x/y.png"}));
    EXPECT_EQ(match("/healthz", "/healthz"), Captures{});
    for (const char* path : {"/api/v1/jobs/", "/api/v1/jobs/ab/cd", "/api/v1/jobs", "/"}) {
        EXPECT_FALSE(match("/api/v1/jobs/{id}", path)) << path;
    }
    EXPECT_FALSE(match("/api/v1/jobs/{id}/files/{path}", "/api/v1/jobs/ab/files/"));
}

TEST(Routes, GiveLongWorkToItsOwnThreads) {
    EXPECT_EQ(lane_of(Request{.method = "POST", .path = "/api/v1/jobs"}), Lane::transfer);
    EXPECT_EQ(lane_of(Request{.method = "GET", .path = "/api/v1/jobs/ab/output"}), Lane::transfer);
    EXPECT_EQ(lane_of(Request{.method = "GET", .path = "/api/v1/jobs"}), Lane::quick);
    EXPECT_EQ(lane_of(Request{.method = "HEAD", .path = "/upload"}), Lane::quick);
}

TEST(Media, ShowsPicturesAndTextAndDownloadsWhatCouldAct) {
    EXPECT_TRUE(output_media("a/b.PNG").shown);
    EXPECT_EQ(output_media("table.csv").type, "text/plain; charset=utf-8");
    for (const char* path : {"page.html", "a.svg", "x.js", "report.pdf", "noextension", "png"}) {
        EXPECT_FALSE(output_media(path).shown) << path;
    }
}

TEST(Media, NamesDownloadsInEveryLanguage) {
    EXPECT_EQ(disposition("attachment", "a\"\r\n\xC3\xA9.zip"),
              "attachment; filename=\"a_____.zip\"; filename*=UTF-8''a%22%0D%0A%C3%A9.zip");
}

}  // namespace
}  // namespace nias::httpfront
