// SPDX-License-Identifier: MIT
// vigia record: everything that the source shows, into one file.
#include "collector/cli/commands.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "collector/base/clock.h"
#include "collector/base/limits.h"
#include "collector/base/units.h"
#include "collector/cli/engine_names.h"
#include "collector/cli/patience.h"
#include "collector/cli/private_directory.h"
#include "collector/cli/terminal.h"
#include "collector/cli/value.h"
#include "collector/recording/camera.h"
#include "collector/recording/segments.h"
#include "collector/recording/writer.h"
#include "collector/sampler/host_supplement.h"
#include "collector/service/switching_source.h"

namespace vigia::cli {
namespace {

constexpr uint64_t default_size_cap_bytes = 256 << 20;
constexpr uint64_t default_age_ns = 7 * 24 * 3600 * ns_per_second;

class Recording {
public:
    explicit Recording(const RecordCommand& command) : command_(command) {}

    Status open() {
        auto directory = PrivateDirectory::create();
        if (!directory) {
            return directory.error();
        }
        directory_.emplace(std::move(*directory));
        service::SourceRequest request;
        request.source = command_.source;
        request.run_directory = directory_->path() + "/files";
        request.join_running_publisher = true;
        request.refresh_interval_ns = command_.interval_ns;
        auto source = service::SwitchingSource::open(std::move(request), clock_);
        if (!source) {
            return source.error();
        }
        source_ = std::move(*source);
        names_.wait(limits::names_deadline_ns);
        return open_output();
    }

    Status run(Patience& patience) {
        say(fmt::format("recording into {} every {}, {}; Ctrl-C ends", command_.file,
                        format_duration_ns(command_.interval_ns), source_->explanation()));
        const uint64_t start_ns = clock_.now().monotonic_ns;
        uint64_t next_ns = start_ns;
        while (!patience.stopped()) {
            const auto goes_on = record();
            if (!goes_on) {
                return goes_on.error();
            }
            const uint64_t now_ns = clock_.now().monotonic_ns;
            next_ns = std::max(next_ns + command_.interval_ns, now_ns);
            if (!*goes_on || (command_.for_ns != 0 && next_ns > start_ns + command_.for_ns)) {
                return {};
            }
            patience.wait_ns(next_ns - now_ns, [this] {
                names_.poll();
                return false;
            });
        }
        return {};
    }

    Status close() { return writer_ ? writer_->close() : segments_->close(); }

    std::string summary() const {
        const uint64_t samples = writer_ ? writer_->stats().samples : segments_->stats().samples;
        const uint64_t processes =
            writer_ ? writer_->stats().processes : segments_->stats().processes;
        const uint64_t size_bytes =
            writer_ ? writer_->stats().size_bytes : segments_->stats().written_bytes;
        std::string text =
            fmt::format("{} of {} in {}", counted(samples, "sample"),
                        counted(content_.process_count, "process", "es"), format_bytes(size_bytes));
        if (processes > 0) {
            text += fmt::format(": {:.2f} bytes per process and sample",
                                static_cast<double>(size_bytes) / static_cast<double>(processes));
        }
        return text;
    }

private:
    Status open_output() {
        if (std::error_code ignored; std::filesystem::is_directory(command_.file, ignored)) {
            segments_.emplace(
                recording::SegmentConfig{command_.file, command_.interval_ns,
                                         command_.size_cap_bytes.value_or(default_size_cap_bytes),
                                         command_.age_ns.value_or(default_age_ns)});
            return {};
        }
        if (command_.age_ns) {
            return Error(ErrorKind::usage,
                         "--max-age is about a directory, and there is none at " + command_.file);
        }
        auto writer = recording::Writer::create(
            {command_.file, command_.interval_ns, command_.size_cap_bytes.value_or(0)},
            clock_.now());
        if (!writer) {
            return writer.error();
        }
        writer_ = std::move(*writer);
        return {};
    }

    // False: the file is as large as it may be.
    Result<bool> record() {
        if (Status refreshed = source_->refresh(command_.interval_ns / 2); !refreshed) {
            return missed(refreshed.error());
        }
        events_.follow(source_->directory());
        const auto taken = camera_.take(*source_, &names_.catalog(), &events_, content_);
        if (!taken) {
            return missed(taken.error());
        }
        if (!*taken) {
            return true; // nothing new: the writer has a pace of its own
        }
        if (writer_) {
            return writer_->append(content_);
        }
        const Status appended = segments_->append(content_);
        return appended ? Result<bool>(true) : Result<bool>(appended.error());
    }

    // A writer that is only being replaced costs a sample; one that is gone ends the recording.
    Result<bool> missed(const Error& error) const {
        return source_->is_waiting() ? Result<bool>(true) : Result<bool>(error);
    }

    const RecordCommand& command_;
    SystemClock clock_;
    std::optional<PrivateDirectory> directory_; // removed after the source has left it
    std::unique_ptr<service::SwitchingSource> source_;
    EngineNames names_;
    sampler::HostSupplement supplement_{"/proc"};
    source::EventFile events_;
    recording::Camera camera_{command_.interval_ns / 2,
                              [this](auto& host) { supplement_.complete(host); }};
    recording::Content content_;
    std::unique_ptr<recording::Writer> writer_; // of a file, or
    std::optional<recording::SegmentWriter> segments_;
};

} // namespace

int run(const RecordCommand& command) {
    Patience patience(false);
    Recording recording(command);
    if (const Status opened = recording.open(); !opened) {
        return fail(opened.error());
    }
    const Status done = recording.run(patience);
    const Status closed = recording.close();
    say(recording.summary());
    if (!done) {
        return fail(done.error());
    }
    return closed ? exit_ok : fail(closed.error());
}

} // namespace vigia::cli
