// SPDX-License-Identifier: MIT
// What the daemon says: lines on stderr, each once. A condition that lasts is said when it begins
// and when it ends, not with every tick.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::service {

// One thread.
class Log {
public:
    using Sink = std::function<void(std::string_view line)>;

    // The default sink writes to stderr, with the time in front unless journald adds its own.
    Log();
    explicit Log(Sink sink);

    void info(std::string_view text);
    void warn(std::string_view text);

    // A lasting condition by topic ("docker", "database"): said if `text` differs from what is said
    // already; an empty text ends it, with `well` as the closing line.
    void condition(const std::string& topic, const std::string& text, std::string_view well = {});

    // The same, but it was said already in other words.
    void known(const std::string& topic, const std::string& text) { conditions_[topic] = text; }

    // Keeps lines back until release(), so that what came first can be said first.
    void hold() { held_ = true; }
    void release();

private:
    void say(std::string line);

    Sink sink_;
    bool held_ = false;
    std::vector<std::string> waiting_;
    std::map<std::string, std::string> conditions_;
};

} // namespace vigia::service
