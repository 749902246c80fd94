#include "api/routes.hpp"

#include "api/query.hpp"

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

/// «VERB path name» of each query parameter of the document.
std::set<std::string> documented_parameters() {
    std::set<std::string> found;
    std::istringstream in{std::string(embedded::openapi_yaml)};
    std::string path;
    std::string verb;
    for (std::string line; std::getline(in, line);) {
        if (line == "components:") { break; }
        if (line.starts_with("  /")) { path = line.substr(2, line.size() - 3); }
        if (line == "    get:") { verb = "GET"; }
        if (line == "    post:") { verb = "POST"; }
        if (line.ends_with("/parameters/Owner\"")) { found.insert(verb + " " + path + " owner"); }
        const std::string start = "        - { name: ";
        if (!line.starts_with(start) || line.find(", in: query") == std::string::npos) { continue; }
        found.insert(verb + " " + path + " " + line.substr(start.size(), line.find(',') - start.size()));
    }
    return found;
}

TEST(Routes, TakeTheQueryParametersOfTheDocument) {
    std::set<std::string> taken;
    for (const QueryRow& row : query_rows()) {
        std::istringstream names{std::string(row.names)};
        for (std::string name; names >> name;) {
            taken.insert(std::string(row.verb) + " " + std::string(row.pattern) + " " + name);
        }
        const bool routed = std::any_of(routes().begin(), routes().end(), [&](const Route& route) {
            return route.verb == row.verb && route.pattern == row.pattern;
        });
        EXPECT_TRUE(routed) << row.pattern;
    }
    EXPECT_EQ(taken, documented_parameters());
}

TEST(Routes, RefuseAParameterThatTheyDoNotTakeOrThatIsThereTwice) {
    Request request;
    request.query = {{"state", "queued"}, {"limit", "5"}};
    EXPECT_FALSE(check_query("GET", "/api/v1/jobs", request));
    const auto none = check_query("GET", "/api/v1/queue", request);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->code, "unknown_parameter");
    EXPECT_NE(none->detail.find("taken are: none"), std::string::npos);
    request.query = {{"limt", "5"}};
    const auto misspelt = check_query("GET", "/api/v1/jobs", request);
    ASSERT_TRUE(misspelt);
    EXPECT_NE(misspelt->detail.find("\"limt\""), std::string::npos);
    EXPECT_NE(misspelt->detail.find("state, q, limit, before, owner"), std::string::npos);
    request.query = {{"limit", "5"}, {"limit", "5"}};
    EXPECT_EQ(check_query("GET", "/api/v1/jobs", request)->code, "repeated_parameter");
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
    EXPECT_EQ(open, (std::set<std::string>{"GET /api/v1/session", "POST /api/v1/session",
                                           "DELETE /api/v1/session", "POST /api/v1/invitations/look",
                                           "POST /api/v1/invitations/accept", "GET /api/v1/openapi.json",
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
    Request waits{.method = "GET", .path = "/api/v1/jobs/ab"};
    EXPECT_EQ(lane_of(waits), Lane::quick);
    waits.query = {{"wait", "30"}};
    EXPECT_EQ(lane_of(waits), Lane::patient);
    EXPECT_EQ(lane_of(Request{.method = "HEAD", .path = "/upload"}), Lane::quick);
}

TEST(Media, ShowsPicturesAndTextAndDownloadsWhatCouldAct) {
    EXPECT_TRUE(output_media("a/b.PNG").shown);
    EXPECT_EQ(output_media("table.csv").type, "text/csv; charset=utf-8");
    EXPECT_EQ(output_media("facts.json").type, "application/json");
    EXPECT_EQ(output_media("tone.WAV").type, "audio/wav");
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
