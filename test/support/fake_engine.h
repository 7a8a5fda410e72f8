// SPDX-License-Identifier: MIT
// An engine on a unix socket in a directory of its own, on its own threads and with its own plain
// HTTP, so that client and server share no code. It behaves like Docker until told otherwise.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/support/temporary_directory.h"

namespace vigia::test {

// Bytes instead of an answer, and what follows them.
struct Misbehaviour {
    enum class Then : uint8_t { close, hang };
    std::string bytes;
    Then then = Then::close;
    bool drip = false; // one byte every 5 ms
};

struct FakeContainer {
    std::string name;  // put into JSON as it is: escape it yourself
    std::string image; // the same
    std::map<std::string, std::string> labels{};
    std::string state = "running";
    int exit_code = 0;
    bool oom_killed = false;
    unsigned restarts = 0;
    std::string started_at = "2026-11-20T03:00:00.5Z";
};

// Thread-safe. Ids are made from a number: fake_id(1) is "000…001".
std::string fake_id(uint64_t number);
// A whole answer with its Content-Length.
std::string http_answer(int status, const std::string& body);

class FakeEngine {
public:
    FakeEngine();
    ~FakeEngine();
    FakeEngine(const FakeEngine&) = delete;
    FakeEngine& operator=(const FakeEngine&) = delete;

    std::string socket_path() const { return directory_.file("engine.sock"); }
    void start(); // listens; done by the constructor
    void stop();  // closes everything, and removes the socket
    void drop_connections();

    void put(const std::string& id, FakeContainer container); // no event
    void erase(const std::string& id);                        // no event
    // One line on every open event stream, and remembered for `since`.
    void emit(const std::string& action, const std::string& id,
              const std::map<std::string, std::string>& attributes = {});
    void emit_line(const std::string& line);
    void forget_events();
    // What a person does, with the events that Docker sends.
    void person_stops(const std::string& id, int exit_code = 143);
    void starts(const std::string& id);
    void dies(const std::string& id, int exit_code);

    // What /version says, and what is then accepted in paths.
    void set_versions(const std::string& newest, const std::string& minimum);
    void accept_versions(const std::string& newest, const std::string& minimum);
    void like_podman(bool on);

    // From now on, requests whose target contains `part` get this; `times` 0 is for ever.
    void misbehave(const std::string& part, Misbehaviour misbehaviour, unsigned times = 0);
    void behave();

    std::vector<std::string> requests() const; // "GET /v1.41/containers/json?all=1"
    std::size_t count(const std::string& part) const;
    std::size_t writes() const;    // POST, DELETE, PUT ... anything but GET and HEAD
    std::string last_body() const; // of the last write
    std::size_t streams() const { return streams_; }
    std::size_t connections() const { return connections_; }

private:
    struct Request {
        std::string method, target, body;
    };
    struct Planned {
        std::string part;
        Misbehaviour misbehaviour;
        unsigned times = 0;
    };

    void accept_loop(int listener);
    void serve(int connection);
    bool read_request(int connection, std::string& buffer, Request& request);
    bool answer(int connection, const Request& request);
    bool play(int connection, const Misbehaviour& misbehaviour);
    bool planned(const std::string& target, Misbehaviour& out);
    void stream_events(int connection);
    std::string respond(const Request& request, std::string path);
    std::string act(const Request& request, const std::string& id, const std::string& verb);
    std::string list_json() const;
    std::string inspect_json(const std::string& id, const FakeContainer& container) const;
    void emit_locked(const std::string& action, const std::string& id,
                     const std::map<std::string, std::string>& attributes);

    TemporaryDirectory directory_;
    mutable std::mutex mutex_; // guards everything below that is not atomic
    std::condition_variable changed_;
    std::map<std::string, FakeContainer> containers_;
    std::vector<std::string> events_;
    std::vector<Planned> planned_;
    std::vector<std::string> requests_;
    std::string last_body_;
    std::string newest_ = "1.41", minimum_ = "1.12";
    std::string accepted_newest_ = "1.41", accepted_minimum_ = "1.12";
    bool podman_ = false;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
    int listener_ = -1;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> streams_{0};
    std::atomic<std::size_t> connections_{0};
};

} // namespace vigia::test
