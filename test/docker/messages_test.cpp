// SPDX-License-Identifier: MIT
#include "collector/docker/messages.h"

#include "collector/base/limits.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;

namespace {

const std::string id(64, 'a');

std::string listed(const std::string& members) {
    return "[{\"Id\":\"" + id + "\"" + (members.empty() ? "" : ",") + members + "}]";
}

ContainerInfo one(const std::string& members) {
    auto parsed = parse_container_list(listed(members));
    REQUIRE(parsed);
    REQUIRE(parsed->size() == 1);
    return parsed->front();
}

ContainerInfo inspected(const std::string& members) {
    auto parsed = parse_container("{\"Id\":\"" + id + "\"," + members + "}");
    REQUIRE(parsed);
    return *parsed;
}

} // namespace

TEST_CASE("only 64 lower-case hex digits are an id") {
    CHECK(is_container_id(id));
    CHECK_FALSE(is_container_id(std::string(63, 'a')));
    CHECK_FALSE(is_container_id(std::string(65, 'a')));
    CHECK_FALSE(is_container_id(std::string(64, 'A')));
    CHECK_FALSE(is_container_id(std::string(64, 'g')));
    CHECK_FALSE(is_container_id("../../../version" + std::string(48, 'a')));
    CHECK_FALSE(is_container_id(""));
}

TEST_CASE("a list gives id, name, image, labels, state and creation") {
    ContainerInfo info =
        one(R"("Names":["/other/alias","/web"],"Image":"nginx:1","Labels":{"a":"b"},)"
            R"j("Created":1700000000,"State":"paused","Status":"Up (Paused)","Ports":[{}])j");
    CHECK(info.id == id);
    CHECK(info.name == "web");
    CHECK(info.image == "nginx:1");
    REQUIRE(info.label("a") != nullptr);
    CHECK(*info.label("a") == "b");
    CHECK(info.state == ContainerState::paused);
    CHECK(info.created_realtime_ns == 1'700'000'000'000'000'000);
}

TEST_CASE("a list from before 1.23 has its state only in a sentence") {
    CHECK(one(R"("Status":"Up 2 hours")").state == ContainerState::running);
    CHECK(one(R"j("Status":"Up 2 hours (Paused)")j").state == ContainerState::paused);
    CHECK(one(R"("Status":"Exited (0) 3 days ago")").state == ContainerState::exited);
    CHECK(one(R"("Status":"Restarting (1) 2 seconds ago")").state == ContainerState::restarting);
    CHECK(one(R"("Status":"Removal In Progress")").state == ContainerState::removing);
    CHECK(one(R"("Status":"Dead")").state == ContainerState::dead);
    CHECK(one(R"("Status":"Created")").state == ContainerState::created);
    CHECK(one("").state == ContainerState::unknown);
}

TEST_CASE("Podman's words for states are understood") {
    CHECK(one(R"("State":"configured")").state == ContainerState::created);
    CHECK(one(R"("State":"stopped")").state == ContainerState::exited);
    CHECK(one(R"("State":"stopping")").state == ContainerState::running);
}

TEST_CASE("an inspection gives everything") {
    ContainerInfo info = inspected(
        R"("Name":"/db","Image":"sha256:1","Config":{"Image":"postgres:15","Labels":{"x":"y"}},)"
        R"("Created":"2026-11-20T00:00:00Z","RestartCount":3,"State":{"Status":"exited",)"
        R"("OOMKilled":true,"ExitCode":137,"StartedAt":"2026-11-20T00:00:01Z",)"
        R"("FinishedAt":"2026-11-20T00:00:02Z"})");
    CHECK(info.name == "db");
    CHECK(info.image == "postgres:15");
    CHECK(info.label("x") != nullptr);
    CHECK(info.restart_count == 3);
    CHECK(info.state == ContainerState::exited);
    CHECK(info.oom_killed);
    CHECK(info.exit_code == 137);
    CHECK(info.finished_realtime_ns - info.started_realtime_ns == 1'000'000'000);
}

TEST_CASE("an inspection from before 1.21 has its state only in flags") {
    CHECK(inspected(R"("State":{"Running":true,"Paused":false})").state == ContainerState::running);
    CHECK(inspected(R"("State":{"Running":true,"Paused":true})").state == ContainerState::paused);
    CHECK(inspected(R"("State":{"Running":false,"StartedAt":"2020-01-01T00:00:00Z"})").state ==
          ContainerState::exited);
    CHECK(inspected(R"("State":{"Running":false,"StartedAt":"0001-01-01T00:00:00Z"})").state ==
          ContainerState::created);
    CHECK(inspected(R"("State":7)").state == ContainerState::unknown);
}

TEST_CASE("wrong types are not known, not wrong") {
    ContainerInfo info =
        one(R"("Names":{"a":1},"Image":[],"Labels":[1],"Created":"never","State":7,"Status":null)");
    CHECK(info.name.empty());
    CHECK(info.image.empty());
    CHECK(info.labels.empty());
    CHECK(info.created_realtime_ns == 0);
    info =
        inspected(R"("RestartCount":-4,"State":{"ExitCode":1e300,"OOMKilled":"yes"},"Config":1)");
    CHECK(info.restart_count == 0);
    CHECK(info.exit_code == 0);
    CHECK_FALSE(info.oom_killed);
    CHECK(one(R"("Labels":{"a":1,"b":"c"})").labels.size() == 1);
    CHECK(inspected(R"("State":{"ExitCode":99999999999})").exit_code == INT32_MAX);
    CHECK(one(R"("Created":9223372036854775807)").created_realtime_ns == 0);
}

TEST_CASE("what is not a list of containers is damaged, and says so") {
    for (const char* body : {"", "{", "null", "{}", "7", "[7]", "[null]", "[{}]", "[{\"Id\":7}]",
                             "[{\"Id\":\"../../etc/passwd\"}]", "<html></html>", "\xff\xfe"}) {
        INFO(body);
        auto parsed = parse_container_list(body);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind() == ErrorKind::damaged);
        CHECK(parsed.error().message().starts_with("container list: "));
        CHECK_FALSE(parse_container(body));
    }
}

TEST_CASE("an empty list is a list") {
    auto parsed = parse_container_list("[]\n");
    REQUIRE(parsed);
    CHECK(parsed->empty());
}

TEST_CASE("hostile names come through whole, and no longer than allowed") {
    ContainerInfo info = one(R"("Names":["/a\"b\n\u001b[31m"],"Image":"<script>'\\")");
    CHECK(info.name == "a\"b\n\x1b[31m");
    CHECK(info.image == "<script>'\\");
    std::string longest(10'000, 'x');
    info = one("\"Names\":[\"/" + longest + "\"],\"Image\":\"" + longest +
               "\",\"Labels\":{\"a\":\"" + longest + "\",\"" + longest + "\":\"b\"}");
    CHECK(info.name.size() == limits::container_name_bytes);
    CHECK(info.image.size() == limits::image_name_bytes);
    REQUIRE(info.labels.size() == 1);
    CHECK(info.labels[0].second.size() == limits::label_bytes);
}

TEST_CASE("invalid UTF-8 in one label does not hide the other containers") {
    ContainerInfo info = one("\"Labels\":{\"bad\":\"\xff\xfe\",\"good\":\"yes\"}");
    REQUIRE(info.label("good") != nullptr);
    CHECK(*info.label("good") == "yes");
    CHECK(*info.label("bad") == "\uFFFD\uFFFD");
}

TEST_CASE("a flood of labels is cut, but never hides a label of Vigia") {
    std::string labels = "\"vigia.protect\":\"true\"";
    for (int i = 0; i < 2'000; ++i) {
        labels += ",\"a" + std::to_string(i) + "\":\"x\"";
    }
    ContainerInfo info = one("\"Labels\":{" + labels + "}");
    CHECK(info.labels.size() == limits::labels_per_container);
    CHECK(info.label("vigia.protect") != nullptr);
}

TEST_CASE("depth and number of values are bounded") {
    CHECK_FALSE(parse_container_list(listed("\"Labels\":" + std::string(100'000, '['))));
    std::string values = "[0";
    for (std::size_t i = 0; i < limits::engine_json_values; ++i) {
        values += ",0";
    }
    CHECK_FALSE(parse_container_list(values + "]"));
    std::string nested = std::string(1'000, '[') + std::string(1'000, ']');
    CHECK_FALSE(parse_container_list(listed("\"Names\":" + nested)));
}

TEST_CASE("an event gives action, id, name, time, signal and exit code") {
    auto event = parse_event(R"({"Type":"container","Action":"kill","Actor":{"ID":")" + id +
                             R"(","Attributes":{"signal":"15","name":"web"}},"time":5,)"
                             R"("timeNano":5000000001})");
    REQUIRE(event);
    CHECK(event->action == EventAction::kill);
    CHECK(event->id == id);
    CHECK(event->name == "web");
    CHECK(event->signal == 15);
    CHECK(event->realtime_ns == 5'000'000'001);
}

TEST_CASE("an event from before 1.22 has only status, id and time") {
    auto event = parse_event(R"({"status":"die","id":")" + id + R"(","from":"x","time":5})");
    REQUIRE(event);
    CHECK(event->action == EventAction::die);
    CHECK(event->realtime_ns == 5'000'000'000);
    CHECK_FALSE(event->exit_code);
}

TEST_CASE("Podman's words for events are understood") {
    auto died = parse_event(R"({"Type":"container","Action":"died","Actor":{"ID":")" + id +
                            R"(","Attributes":{"containerExitCode":"137"}}})");
    REQUIRE(died);
    CHECK(died->action == EventAction::die);
    CHECK(died->exit_code == 137);
    auto removed =
        parse_event(R"({"Type":"container","Action":"remove","Actor":{"ID":")" + id + R"("}})");
    REQUIRE(removed);
    CHECK(removed->action == EventAction::destroy);
}

TEST_CASE("events about other things, or without a sound id, are about no container") {
    for (const std::string& line :
         {std::string(R"({"Type":"network","Action":"destroy","Actor":{"ID":")" + id + "\"}}"),
          std::string(R"({"Type":"container","Action":"die","Actor":{"ID":"short"}})"),
          std::string(R"({"Type":"container","Action":"die","Actor":7})"), std::string("{}")}) {
        auto event = parse_event(line);
        REQUIRE(event);
        CHECK(event->id.empty());
        CHECK(event->action == EventAction::other);
    }
}

TEST_CASE("numbers in an event's attributes are whole numbers or nothing") {
    for (const char* text : {"", "15x", " 15", "1.5", "99999999999", "SIGTERM"}) {
        auto event = parse_event(R"({"Type":"container","Action":"kill","Actor":{"ID":")" + id +
                                 R"(","Attributes":{"signal":")" + text + "\"}}}");
        REQUIRE(event);
        CHECK_FALSE(event->signal);
    }
}

TEST_CASE("a line that is not an event is damaged") {
    CHECK_FALSE(parse_event("nonsense"));
    CHECK_FALSE(parse_event("[]"));
    CHECK_FALSE(parse_event("{\"Type\":"));
}

TEST_CASE("an error message is found in JSON, else the text itself, made safe and short") {
    CHECK(parse_error_message("{\"message\":\"No such container: x\"}\n") ==
          "No such container: x");
    CHECK(parse_error_message("page not found\n") == "page not found");
    CHECK(parse_error_message("a\x1b[31mb").find('\x1b') == std::string::npos);
    CHECK(parse_error_message(std::string(100'000, 'x')).size() <= 400);
    CHECK(parse_error_message("").empty());
}

TEST_CASE("the engine's versions are read as it says them") {
    auto answer =
        parse_version(R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})");
    REQUIRE(answer);
    CHECK(answer->server_version == "20.10.24");
    CHECK(answer->api_version == "1.41");
    CHECK(answer->minimum_api_version == "1.12");
    CHECK_FALSE(parse_version("OK"));
    CHECK_FALSE(parse_version("[]"));
}
