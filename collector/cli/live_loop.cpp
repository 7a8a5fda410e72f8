// SPDX-License-Identifier: MIT
#include "collector/cli/live_loop.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/base/text.h"
#include "collector/base/units.h"
#include "collector/cli/engine_names.h"
#include "collector/cli/live.h"
#include "collector/cli/patience.h"
#include "collector/cli/replay_feed.h"
#include "collector/cli/table.h"
#include "collector/cli/width.h"

namespace vigia::cli {
namespace {

constexpr uint64_t one_shot_interval_ns = 500 * ns_per_millisecond;
constexpr uint64_t change_shown_ns = 5 * ns_per_second;
constexpr std::size_t lines_kept = 2; // of a terminal: the note, and the next prompt

// Containers whose engine should have described them, and did not.
bool lacks_names(const Sample& sample) {
    return std::any_of(
        sample.containers.begin(), sample.containers.end(), [](const ContainerSample& container) {
            return container.info == nullptr &&
                   (container.runtime == Runtime::docker || container.runtime == Runtime::podman);
        });
}

// The terminal's second screen while a view repeats on it: the first one comes back unharmed.
class Screen {
public:
    explicit Screen(bool used) : used_(used) { put("\x1b[?1049h\x1b[?25l"); }
    ~Screen() { put("\x1b[?25h\x1b[?1049l"); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    bool used() const { return used_; }

private:
    void put(std::string_view sequence) {
        if (used_) {
            static_cast<void>(write_stdout(sequence)); // the data that follows reports the error
        }
    }
    bool used_;
};

// Each line is cleared behind its text and the rest of the screen below: no flicker.
std::string full_screen(std::string_view text) {
    std::string screen = "\x1b[H";
    for (const char letter : text) {
        screen += letter == '\n' ? "\x1b[K\n" : std::string(1, letter);
    }
    return screen + "\x1b[J";
}

class LiveLoop {
public:
    LiveLoop(const char* title, const LiveOptions& options, const RenderSample& render_sample,
             Observer observer)
        : title_(title), options_(options), render_sample_(render_sample),
          observer_(std::move(observer)),
          patience_(options.watch && look_at_stdout(Color::never).is_terminal) {}

    int run() {
        auto opened = open();
        if (!opened) {
            return fail(opened.error());
        }
        (**opened).observe(observer_);
        const bool repeats_on_screen = options_.watch && options_.output.format == Format::table &&
                                       look_at_stdout(Color::never).is_terminal;
        int code = exit_ok;
        std::string parting;
        {
            const Screen screen(repeats_on_screen);
            code = show_all(**opened, screen, parting);
        }
        if (!parting.empty()) {
            say(parting);
        }
        return code;
    }

private:
    Result<std::unique_ptr<SampleFeed>> open() {
        if (is_replay(options_.source)) { // which tells the names as they were
            return open_replay(options_);
        }
        if (options_.replay.is_given()) {
            return Error(ErrorKind::usage, "--at, --from, --to and --speed are about a recording: "
                                           "--source replay:FILE; see also vigia history");
        }
        names_.emplace();
        auto opened = LiveSource::open(options_.source, &*names_, options_.exited);
        if (!opened) {
            return opened.error();
        }
        names_->wait(limits::names_deadline_ns);
        return std::unique_ptr<SampleFeed>(std::move(*opened));
    }

    int show_all(SampleFeed& source, const Screen& screen, std::string& parting) {
        Frame frame;
        ExitCode code = exit_ok;
        do {
            const auto sample = source.next(interval_of(options_), patience_);
            if (!sample) {
                parting = sample.error().message();
                return sample.error().kind() == ErrorKind::not_found ? exit_not_found : exit_failed;
            }
            if (*sample == nullptr) {
                return code; // told to stop
            }
            if (source.changes() != changes_) {
                changes_ = source.changes();
                changed_ns_ = (*sample)->at.monotonic_ns;
                if (!screen.used()) {
                    say("source: " + source.explanation());
                }
            }
            const Shown shown = show(**sample, source, frame, screen);
            if (const auto written = write_stdout(shown.text); !written || written->closed) {
                parting = written ? "" : written.error().message();
                return written ? code : exit_failed;
            }
            if (!options_.watch) {
                parting = shown.note;
                return code_of(**sample, shown);
            }
            frame.first = false;
            code = std::max(code, shown.found ? code_of(**sample, shown) : exit_ok);
        } while (!patience_.stopped());
        return code;
    }

    static ExitCode code_of(const Sample& sample, const Shown& shown) {
        const bool is_whole = sample.truncated_records == 0 && !shown.lacking;
        return !shown.found && is_whole ? exit_not_found : is_whole ? exit_ok : exit_degraded;
    }

    Shown show(const Sample& sample, const SampleFeed& source, Frame& frame, const Screen& screen) {
        frame.terminal = look_at_stdout(options_.output.color);
        const std::size_t lines = frame.terminal.lines;
        frame.lines = lines > lines_kept ? lines - lines_kept : 0;
        Shown shown = render_sample_(sample, frame);
        if (sample.truncated_records > 0) {
            shown.note = fmt::format("{} did not fit the source's files and {} missing here",
                                     counted(sample.truncated_records, "record"),
                                     sample.truncated_records == 1 ? "is" : "are");
        }
        if (shown.note.empty() && names_ && lacks_names(sample)) {
            shown.note = names_->hint();
        }
        if (screen.used()) {
            if (changes_ > 0 && sample.at.monotonic_ns - changed_ns_ < change_shown_ns) {
                shown.note = "source: " + source.explanation();
            }
            shown.text = full_screen(status_line(sample, frame.terminal) + shown.text +
                                     note_line(shown.note, frame.terminal));
        }
        return shown;
    }

    std::string status_line(const Sample& sample, const Terminal& terminal) const {
        const std::string text = fmt::format("vigia {}  {}  every {}  (q ends)", title_,
                                             format_time(sample.at.realtime_ns),
                                             format_duration_ns(interval_of(options_)));
        return with_tone(cut_to_width(text, terminal.width), Tone::faint, terminal.color) + "\n";
    }

    // The last line: no line feed, so that nothing scrolls.
    static std::string note_line(const std::string& note, const Terminal& terminal) {
        return with_tone(cut_to_width(to_terminal(note), terminal.width), Tone::faint,
                         terminal.color);
    }

    const char* title_;
    const LiveOptions& options_;
    const RenderSample& render_sample_;
    Observer observer_;
    Patience patience_;
    std::optional<EngineNames> names_; // none for a recording
    uint64_t changes_ = 0;             // of the source
    uint64_t changed_ns_ = 0;
};

} // namespace

uint64_t interval_of(const LiveOptions& options) {
    if (options.interval_ns != 0) {
        return options.interval_ns;
    }
    return options.watch ? ns_per_second : one_shot_interval_ns;
}

int run_live(const char* title, const LiveOptions& options, const RenderSample& render_sample,
             Observer observer) {
    return LiveLoop(title, options, render_sample, std::move(observer)).run();
}

} // namespace vigia::cli
