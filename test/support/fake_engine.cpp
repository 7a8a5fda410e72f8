// SPDX-License-Identifier: MIT
#include "test/support/fake_engine.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vigia::test {
namespace {

using Lock = std::lock_guard<std::mutex>;
constexpr auto pace = std::chrono::milliseconds(5);

bool send_all(int connection, const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        ssize_t n = ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

bool peer_closed(int connection) {
    char byte = 0;
    ssize_t n = ::recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string chunk(const std::string& text) {
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return size + text + "\r\n";
}

std::string status_text(int status) {
    return status < 400 ? "OK" : "Error";
}

std::string error_json(const std::string& text) {
    return "{\"message\":\"" + text + "\"}\n";
}

std::string labels_json(const std::map<std::string, std::string>& labels) {
    std::string json = "{";
    for (const auto& [key, value] : labels) {
        json += (json.size() > 1 ? ",\"" : "\"") + key + "\":\"" + value + "\"";
    }
    return json + "}";
}

std::string now_fields() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return "\"time\":" + std::to_string(ns / 1'000'000'000) + ",\"timeNano\":" + std::to_string(ns);
}

unsigned minor_of(const std::string& version) {
    return static_cast<unsigned>(std::stoul(version.substr(version.find('.') + 1)));
}

std::string engine_answer(int status, const std::string& body, const std::string& api_version) {
    return "HTTP/1.1 " + std::to_string(status) + " " + status_text(status) +
           "\r\nApi-Version: " + api_version + "\r\nContent-Type: application/json\r\n" +
           (status == 204 || status == 304
                ? std::string()
                : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
           "\r\n" + (status == 204 || status == 304 ? std::string() : body);
}

} // namespace

std::string fake_id(uint64_t number) {
    char text[65];
    std::snprintf(text, sizeof text, "%064lx", static_cast<unsigned long>(number));
    return text;
}

std::string http_answer(int status, const std::string& body) {
    return engine_answer(status, body, "1.41");
}

FakeEngine::FakeEngine() {
    start();
}

FakeEngine::~FakeEngine() {
    stop();
}

void FakeEngine::start() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path().c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 64) != 0) {
        throw std::runtime_error("fake engine: cannot listen on " + socket_path());
    }
    stopping_ = false;
    acceptor_ = std::thread([this, listener = listener_] { accept_loop(listener); });
}

void FakeEngine::drop_connections() {
    Lock lock(mutex_);
    for (int connection : open_) {
        ::shutdown(connection, SHUT_RDWR);
    }
}

void FakeEngine::stop() {
    if (listener_ < 0) {
        return;
    }
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    listener_ = -1;
    ::unlink(socket_path().c_str());
    drop_connections();
    changed_.notify_all();
    std::vector<std::thread> threads;
    {
        Lock lock(mutex_);
        threads.swap(threads_);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

void FakeEngine::accept_loop(int listener) {
    for (;;) {
        int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0 || stopping_) {
            if (connection >= 0) {
                ::close(connection);
            }
            return;
        }
        ++connections_;
        Lock lock(mutex_);
        open_.push_back(connection);
        threads_.emplace_back([this, connection] { serve(connection); });
    }
}

void FakeEngine::serve(int connection) {
    std::string buffer;
    Request request;
    while (!stopping_ && read_request(connection, buffer, request) && answer(connection, request)) {
    }
    Lock lock(mutex_);
    open_.erase(std::find(open_.begin(), open_.end(), connection));
    ::close(connection);
}

bool FakeEngine::read_request(int connection, std::string& buffer, Request& request) {
    auto more = [&] {
        char bytes[4096];
        ssize_t n = ::recv(connection, bytes, sizeof bytes, 0);
        buffer.append(bytes, n > 0 ? static_cast<std::size_t>(n) : 0);
        return n > 0;
    };
    std::size_t header_end = 0;
    while ((header_end = buffer.find("\r\n\r\n")) == std::string::npos) {
        if (!more()) {
            return false;
        }
    }
    std::string header = buffer.substr(0, header_end + 2);
    std::size_t space = header.find(' ');
    std::size_t second = header.find(' ', space + 1);
    request.method = header.substr(0, space);
    request.target = header.substr(space + 1, second - space - 1);
    std::size_t length = 0;
    std::size_t at = header.find("Content-Length: ");
    if (at != std::string::npos) {
        length = std::stoul(header.substr(at + 16));
    }
    while (buffer.size() < header_end + 4 + length) {
        if (!more()) {
            return false;
        }
    }
    request.body = buffer.substr(header_end + 4, length);
    buffer.erase(0, header_end + 4 + length);
    return true;
}

bool FakeEngine::planned(const std::string& target, Misbehaviour& out) {
    for (auto plan = planned_.begin(); plan != planned_.end(); ++plan) {
        if (target.find(plan->part) == std::string::npos) {
            continue;
        }
        out = plan->misbehaviour;
        if (plan->times == 1) {
            planned_.erase(plan);
        } else if (plan->times > 1) {
            --plan->times;
        }
        return true;
    }
    return false;
}

bool FakeEngine::play(int connection, const Misbehaviour& misbehaviour) {
    if (!misbehaviour.drip && !send_all(connection, misbehaviour.bytes)) {
        return false;
    }
    for (std::size_t i = 0; misbehaviour.drip && i < misbehaviour.bytes.size() && !stopping_; ++i) {
        if (!send_all(connection, misbehaviour.bytes.substr(i, 1))) {
            return false;
        }
        std::this_thread::sleep_for(pace);
    }
    while (misbehaviour.then == Misbehaviour::Then::hang && !stopping_ &&
           !peer_closed(connection)) {
        std::this_thread::sleep_for(pace);
    }
    return false;
}

// False: the connection is to be closed.
bool FakeEngine::answer(int connection, const Request& request) {
    Misbehaviour misbehaviour;
    std::string text;
    bool stream = false;
    {
        Lock lock(mutex_);
        requests_.push_back(request.method + " " + request.target);
        last_body_ = request.method == "GET" ? last_body_ : request.body;
        if (planned(request.target, misbehaviour)) {
            text.clear();
        } else {
            std::string path = request.target;
            std::string version;
            if (path.starts_with("/v1.")) {
                std::size_t slash = path.find('/', 1);
                version = path.substr(2, slash - 2);
                path.erase(0, slash);
            }
            if (!version.empty() && minor_of(version) > minor_of(accepted_newest_)) {
                text = engine_answer(400,
                                     error_json("client version " + version +
                                                " is too new. Maximum supported API version is " +
                                                accepted_newest_),
                                     newest_);
            } else if (!version.empty() && minor_of(version) < minor_of(accepted_minimum_)) {
                text = engine_answer(400,
                                     error_json("client version " + version +
                                                " is too old. Minimum supported API version is " +
                                                accepted_minimum_ +
                                                ", please upgrade your client to a newer version"),
                                     newest_);
            } else if (path.starts_with("/events")) {
                stream = true;
            } else {
                text = respond(request, path);
            }
        }
    }
    if (stream) {
        stream_events(connection);
        return false;
    }
    return text.empty() ? play(connection, misbehaviour) : send_all(connection, text);
}

void FakeEngine::stream_events(int connection) {
    std::unique_lock<std::mutex> lock(mutex_);
    std::size_t next = 0; // a fresh stream sees what is remembered, as with `since`
    std::string header =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    bool alive = send_all(connection, header);
    ++streams_;
    while (alive && !stopping_ && !peer_closed(connection)) {
        next = std::min(next, events_.size());
        while (alive && next < events_.size()) {
            alive = send_all(connection, chunk(events_[next++] + "\n"));
        }
        changed_.wait_for(lock, pace);
    }
    --streams_;
}

std::string FakeEngine::respond(const Request& request, std::string path) {
    auto with = [&](int status, const std::string& body) {
        return engine_answer(status, body, newest_);
    };
    if (path == "/_ping") {
        return with(200, "OK");
    }
    if (path == "/version") {
        return with(200, "{\"Version\":\"20.10.24\",\"ApiVersion\":\"" + newest_ + "\"" +
                             (minimum_.empty() ? "" : ",\"MinAPIVersion\":\"" + minimum_ + "\"") +
                             "}\n");
    }
    if (path.starts_with("/containers/json")) {
        return with(200, list_json());
    }
    constexpr std::size_t prefix = sizeof("/containers/") - 1;
    std::string id = path.size() >= prefix + 64 ? path.substr(prefix, 64) : std::string();
    auto found = containers_.find(id);
    if (found == containers_.end()) {
        return with(404, error_json("No such container: " + id));
    }
    std::string verb = path.substr(prefix + 64);
    if (request.method == "GET" && verb == "/json") {
        return with(200, inspect_json(id, found->second));
    }
    return act(request, id, verb);
}

std::string FakeEngine::act(const Request& request, const std::string& id,
                            const std::string& verb) {
    auto with = [&](int status, const std::string& body) {
        return engine_answer(status, body, newest_);
    };
    FakeContainer& container = containers_.at(id);
    bool running = container.state == "running" || container.state == "paused";
    if (verb.starts_with("/stop") || verb.starts_with("/kill")) {
        bool stop = verb.starts_with("/stop");
        if (!running) {
            return stop ? with(304, "")
                        : with(409, error_json("Cannot kill container: " + id + ": Container " +
                                               id + " is not running"));
        }
        container.state = "exited";
        container.exit_code = stop ? 143 : 137;
        emit_locked("kill", id, {{"signal", stop ? "15" : "9"}});
        emit_locked("die", id, {{"exitCode", stop ? "143" : "137"}});
        if (stop) {
            emit_locked("stop", id, {});
        }
        return with(204, "");
    }
    if (verb == "/pause" || verb == "/unpause") {
        bool pause = verb == "/pause";
        if (container.state == (pause ? "paused" : "running")) {
            return with(
                pause ? 409 : 500,
                error_json("Container " + id + (pause ? " is already paused" : " is not paused")));
        }
        container.state = pause ? "paused" : "running";
        emit_locked(verb.substr(1), id, {});
        return with(204, "");
    }
    if (verb == "/update") {
        emit_locked("update", id, {});
        return with(200, "{\"Warnings\":null}\n");
    }
    if (request.method == "DELETE") {
        if (running) {
            return with(409, error_json("You cannot remove a running container " + id +
                                        ". Stop the container before attempting removal or force "
                                        "remove"));
        }
        containers_.erase(id);
        emit_locked("destroy", id, {});
        return with(204, "");
    }
    return with(404, error_json("page not found"));
}

std::string FakeEngine::list_json() const {
    std::string json = "[";
    for (const auto& [id, container] : containers_) {
        json += json.size() > 1 ? "," : "";
        json += "{\"Id\":\"" + id + "\",\"Names\":[\"/" + container.name + "\"],\"Image\":\"" +
                container.image + "\",\"ImageID\":\"sha256:0\",\"Command\":\"sleep\"," +
                "\"Created\":1700000000,\"Ports\":[],\"Labels\":" + labels_json(container.labels) +
                ",\"State\":\"" + container.state + "\",\"Status\":\"Up 2 hours\"}";
    }
    return json + "]\n";
}

std::string FakeEngine::inspect_json(const std::string& id, const FakeContainer& container) const {
    auto flag = [](bool value) { return value ? "true" : "false"; };
    return "{\"Id\":\"" + id + "\",\"Created\":\"2026-11-20T02:00:00Z\",\"Name\":\"/" +
           container.name + "\",\"State\":{\"Status\":\"" + container.state +
           "\",\"Running\":" + flag(container.state == "running") +
           ",\"OOMKilled\":" + flag(container.oom_killed) +
           ",\"ExitCode\":" + std::to_string(container.exit_code) + ",\"StartedAt\":\"" +
           container.started_at + "\",\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"Image\":" +
           "\"sha256:0\",\"RestartCount\":" + std::to_string(container.restarts) +
           (podman_ ? "" : ",\"HostConfig\":{\"Memory\":0}") + ",\"Config\":{\"Image\":\"" +
           container.image + "\",\"Labels\":" + labels_json(container.labels) + "}}\n";
}

void FakeEngine::put(const std::string& id, FakeContainer container) {
    Lock lock(mutex_);
    containers_[id] = std::move(container);
}

void FakeEngine::erase(const std::string& id) {
    Lock lock(mutex_);
    containers_.erase(id);
}

void FakeEngine::emit_locked(const std::string& action, const std::string& id,
                             const std::map<std::string, std::string>& attributes) {
    std::string line = "{\"Type\":\"container\",\"Action\":\"" + action +
                       "\",\"Actor\":{\"ID\":\"" + id +
                       "\",\"Attributes\":" + labels_json(attributes) + "}," + now_fields() + "}";
    events_.push_back(line);
    changed_.notify_all();
}

void FakeEngine::emit(const std::string& action, const std::string& id,
                      const std::map<std::string, std::string>& attributes) {
    Lock lock(mutex_);
    emit_locked(action, id, attributes);
}

void FakeEngine::emit_line(const std::string& line) {
    Lock lock(mutex_);
    events_.push_back(line);
    changed_.notify_all();
}

void FakeEngine::forget_events() {
    Lock lock(mutex_);
    events_.clear();
}

void FakeEngine::person_stops(const std::string& id, int exit_code) {
    Lock lock(mutex_);
    containers_.at(id).state = "exited";
    containers_.at(id).exit_code = exit_code;
    emit_locked("kill", id, {{"signal", "15"}});
    emit_locked("die", id, {{"exitCode", std::to_string(exit_code)}});
    emit_locked("stop", id, {});
}

void FakeEngine::starts(const std::string& id) {
    Lock lock(mutex_);
    containers_.at(id).state = "running";
    containers_.at(id).exit_code = 0;
    containers_.at(id).started_at = "2026-11-20T04:00:00Z";
    emit_locked("start", id, {});
}

void FakeEngine::dies(const std::string& id, int exit_code) {
    Lock lock(mutex_);
    containers_.at(id).state = "exited";
    containers_.at(id).exit_code = exit_code;
    emit_locked("die", id, {{"exitCode", std::to_string(exit_code)}});
}

void FakeEngine::set_versions(const std::string& newest, const std::string& minimum) {
    Lock lock(mutex_);
    newest_ = accepted_newest_ = newest;
    minimum_ = minimum;
    accepted_minimum_ = minimum.empty() ? "1.0" : minimum;
}

void FakeEngine::accept_versions(const std::string& newest, const std::string& minimum) {
    Lock lock(mutex_);
    accepted_newest_ = newest;
    accepted_minimum_ = minimum;
}

void FakeEngine::like_podman(bool on) {
    Lock lock(mutex_);
    podman_ = on;
}

void FakeEngine::misbehave(const std::string& part, Misbehaviour misbehaviour, unsigned times) {
    Lock lock(mutex_);
    planned_.push_back({part, std::move(misbehaviour), times});
}

void FakeEngine::behave() {
    Lock lock(mutex_);
    planned_.clear();
}

std::vector<std::string> FakeEngine::requests() const {
    Lock lock(mutex_);
    return requests_;
}

std::size_t FakeEngine::count(const std::string& part) const {
    Lock lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(requests_.begin(), requests_.end(), [&](const std::string& request) {
            return request.find(part) != std::string::npos;
        }));
}

std::size_t FakeEngine::writes() const {
    Lock lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(requests_.begin(), requests_.end(), [](const std::string& request) {
            return !request.starts_with("GET ") && !request.starts_with("HEAD ");
        }));
}

std::string FakeEngine::last_body() const {
    Lock lock(mutex_);
    return last_body_;
}

} // namespace vigia::test
