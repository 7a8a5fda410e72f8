// SPDX-License-Identifier: MIT
#include "collector/config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/config/reader.h"
#include "collector/config/rules.h"
#include "collector/config/settings.h"

namespace vigia::config {
namespace {

namespace fs = std::filesystem;

constexpr char default_path[] = "/etc/vigia/vigia.toml";

std::optional<toml::table> parse_toml(const std::string& text, const std::string& name,
                                      Errors& errors) {
    try {
        return toml::parse(std::string_view(text), std::string_view(name));
    } catch (const toml::parse_error& error) {
        errors.add(name, error.source().begin.line,
                   "not TOML: " + to_terminal(error.description()));
    } catch (const std::exception& error) { // see toml.h
        errors.add(name + ": not TOML: " + error.what());
    }
    return {};
}

// Reads file after file into one Settings; result() is all or nothing.
class Loader {
public:
    // The built-in rules are kept aside; their classes are there from the start.
    Loader() {
        read(default_rules_toml(), "built-in rules");
        built_in_rules_.swap(settings_.policy.rules);
        settings_.files.clear();
    }

    void read(const std::string& text, const std::string& name) {
        errors_.begin_file();
        settings_.files.push_back(name);
        const auto table = parse_toml(text, name, errors_);
        if (!table) {
            return;
        }
        Table root(*table, "", name, errors_);
        read_sampling(root, settings_);
        read_storage(root, settings_.storage);
        read_engine(root, settings_.engine);
        read_recording(root, settings_.recording);
        read_policy(root, settings_.policy, default_rules_);
        read_protect(root, settings_.policy);
        read_classes(root, settings_.policy);
        read_rules(root, settings_.policy);
        root.finish();
    }

    Result<Settings> result() {
        if (errors_.empty()) {
            if (settings_.policy.rules.empty() && default_rules_) {
                settings_.policy.rules = built_in_rules_;
            }
            check_mounts();
            if (Status status = policy::validate(settings_.policy); !status) {
                errors_.add(status.error().message());
            }
        }
        if (!errors_.empty()) {
            return errors_.error();
        }
        return std::move(settings_);
    }

private:
    // What is not sampled would never be above anything.
    void check_mounts() {
        for (const policy::RuleConfig& rule : settings_.policy.rules) {
            for (const policy::DetectorGroup& group : rule.any_of) {
                for (const policy::DetectorConfig& detector : group.detectors) {
                    check_mount(detector);
                }
            }
        }
    }
    void check_mount(const policy::DetectorConfig& detector) {
        const auto& mounts = settings_.mounts;
        const bool sampled =
            std::find(mounts.begin(), mounts.end(), detector.mount) != mounts.end();
        if (!detector.mount.empty() && !sampled) {
            errors_.add(detector.where + ": mount: expected one of [system] mounts, got \"" +
                        to_terminal(detector.mount) + "\"");
        }
    }

    Settings settings_;
    Errors errors_;
    bool default_rules_ = true;
    std::vector<policy::RuleConfig> built_in_rules_;
};

Result<std::string> read_file(const std::string& path) {
    std::error_code ignored;
    if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
        return Error(ErrorKind::usage, path + ": expected a regular file");
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                               std::fclose);
    if (!file) {
        return system_error("read the configuration " + path, errno);
    }
    std::string text(limits::config_file_bytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) {
        return system_error("read the configuration " + path, EIO);
    }
    if (text.size() > limits::config_file_bytes) {
        return Error(ErrorKind::usage, path + ": expected at most 1 MiB");
    }
    return text;
}

// The drop-ins in byte order. No such directory: none.
Result<std::vector<std::string>> drop_ins(const fs::path& directory) {
    std::vector<std::string> paths;
    std::error_code error;
    fs::directory_iterator at(directory, error);
    if (error && error != std::errc::no_such_file_or_directory) {
        return system_error("read the directory " + directory.string(), error.value());
    }
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.')) {
            paths.push_back(at->path().string());
        }
    }
    if (paths.size() > limits::config_files_maximum) {
        return Error(ErrorKind::usage, directory.string() + ": expected at most " +
                                           std::to_string(limits::config_files_maximum) + " files");
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

} // namespace

Result<Settings> parse(const std::string& text, const std::string& name) {
    Loader loader;
    loader.read(text, name);
    return loader.result();
}

Result<Settings> load(const std::string& path) {
    const bool named = !path.empty();
    const std::string main_path = named ? path : default_path;
    Loader loader;
    auto text = read_file(main_path);
    if (!text && (named || text.error().kind() != ErrorKind::not_found)) {
        return text.error();
    }
    if (text) {
        loader.read(*text, main_path);
    }
    const auto more = drop_ins(fs::path(main_path).parent_path() / "conf.d");
    if (!more) {
        return more.error();
    }
    for (const std::string& drop_in : *more) {
        auto part = read_file(drop_in);
        if (!part) {
            return part.error();
        }
        loader.read(*part, drop_in);
    }
    return loader.result();
}

} // namespace vigia::config
