// SPDX-License-Identifier: MIT
#include "collector/recording/segments.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "collector/base/limits.h"

namespace vigia::recording {
namespace {

namespace fs = std::filesystem;

constexpr unsigned names_tried = 100;

// "20261120T080102.250Z", which sorts by time.
std::string name_of(uint64_t realtime_ns) {
    const auto seconds = static_cast<std::time_t>(realtime_ns / ns_per_second);
    std::tm time{};
    gmtime_r(&seconds, &time);
    char text[32];
    std::strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &time);
    const uint64_t thousandths = realtime_ns % ns_per_second / ns_per_millisecond;
    return std::string(text) + "." + std::to_string(1000 + thousandths).substr(1) + "Z";
}

// 0 if it cannot be told: then it is not removed for its age, and counts nothing.
uint64_t modified_realtime_ns(const std::string& path, uint64_t& size_bytes) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        size_bytes = 0;
        return 0;
    }
    size_bytes = static_cast<uint64_t>(status.st_size);
    return static_cast<uint64_t>(status.st_mtim.tv_sec) * ns_per_second +
           static_cast<uint64_t>(status.st_mtim.tv_nsec);
}

} // namespace

Result<std::vector<std::string>> list_segments(const std::string& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        return std::vector<std::string>{path};
    }
    std::vector<std::string> paths;
    fs::directory_iterator at(path, error);
    for (; !error && at != fs::directory_iterator() &&
           paths.size() < limits::recording_segments_maximum;
         at.increment(error)) {
        if (at->path().extension() == segment_suffix) {
            paths.push_back(at->path().string());
        }
    }
    if (error) {
        return system_error("read the directory " + path, error.value());
    }
    if (paths.empty()) {
        return Error(ErrorKind::not_found, path + ": no recording is in this directory");
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

Status make_segment_directory(const std::string& path) {
    std::error_code error;
    if (fs::create_directories(path, error)) { // it was not there
        fs::permissions(path, fs::perms::owner_all, error);
    }
    return error ? Status(system_error("make the directory " + path, error.value())) : Status{};
}

// So that all segments, and the new one when it is full, stay below the cap.
Status SegmentWriter::make_room(uint64_t now_realtime_ns) {
    const auto listed = list_segments(config_.directory);
    if (!listed) {
        return listed.error().kind() == ErrorKind::not_found ? Status{} : Status(listed.error());
    }
    struct Segment {
        std::string path;
        uint64_t size_bytes;
        uint64_t modified_ns;
    };
    std::vector<Segment> segments;
    uint64_t total_bytes = config_.size_cap_bytes / limits::recording_segments;
    for (const std::string& path : *listed) {
        Segment segment{path, 0, 0};
        segment.modified_ns = modified_realtime_ns(path, segment.size_bytes);
        total_bytes += segment.size_bytes;
        segments.push_back(std::move(segment));
    }
    for (const Segment& segment : segments) {
        const bool old =
            segment.modified_ns != 0 && segment.modified_ns + config_.age_ns < now_realtime_ns;
        if (!old && total_bytes <= config_.size_cap_bytes) {
            continue;
        }
        std::error_code error;
        if (fs::remove(segment.path, error)) {
            total_bytes -= segment.size_bytes;
            ++stats_.removed_segments;
        }
    }
    return total_bytes <= config_.size_cap_bytes
               ? Status{}
               : Status(Error(ErrorKind::failed, config_.directory + ": old recordings cannot be "
                                                                     "removed to make room"));
}

Status SegmentWriter::begin_segment(const Content& content) {
    if (Status room = make_room(content.at.realtime_ns); !room) {
        return room;
    }
    const std::string name = config_.directory + "/" + name_of(content.at.realtime_ns);
    Status last;
    for (unsigned number = 0; number < names_tried; ++number) { // the clock may have been set back
        const std::string path =
            name + (number == 0 ? "" : "-" + std::to_string(number)) + segment_suffix;
        if (fs::exists(path)) {
            continue;
        }
        auto writer = Writer::create(
            {path, config_.interval_ns, config_.size_cap_bytes / limits::recording_segments},
            content.at);
        if (!writer) {
            return writer.error();
        }
        writer_ = std::move(*writer);
        begun_ = content.at;
        catalog_is_due_ = !catalog_.empty();
        ++stats_.segments;
        return {};
    }
    return Error(ErrorKind::failed, name + ": all names of this moment are taken");
}

bool SegmentWriter::is_due(const Content& content) const {
    return writer_ == nullptr || content.at.boottime_ns - begun_.boottime_ns >=
                                     config_.age_ns / limits::recording_segments;
}

Status SegmentWriter::write(Content& content) {
    if (content.has_catalog) {
        catalog_ = content.catalog;
        catalog_is_due_ = true;
    }
    for (unsigned attempt = 0; attempt < 2; ++attempt) {
        if (is_due(content)) {
            static_cast<void>(close()); // an index that cannot be written is made by who reads
            if (Status begun = begin_segment(content); !begun) {
                return begun;
            }
        }
        content.has_catalog = catalog_is_due_;
        if (catalog_is_due_) {
            content.catalog = catalog_;
        }
        const WriterStats before = writer_->stats();
        const auto appended = writer_->append(content);
        catalog_is_due_ = content.has_catalog;
        if (!appended) {
            return appended.error();
        }
        if (*appended) {
            ++stats_.samples;
            stats_.processes += content.process_count;
            stats_.written_bytes += writer_->stats().size_bytes - before.size_bytes;
            return {};
        }
        static_cast<void>(close()); // full
    }
    return Error(ErrorKind::failed, config_.directory + ": one sample is larger than a sixteenth "
                                                        "of the recording's size cap");
}

Status SegmentWriter::append(Content& content) {
    if (failed_ && content.at.boottime_ns - failed_boottime_ns_ < limits::recording_retry_ns) {
        if (content.has_catalog) {
            catalog_ = content.catalog;
            catalog_is_due_ = true;
        }
        return failure_;
    }
    Status written = write(content);
    failed_ = !written;
    failed_boottime_ns_ = content.at.boottime_ns;
    failure_ = written;
    return written;
}

Status SegmentWriter::close() {
    Status status;
    if (writer_ != nullptr) {
        status = writer_->close();
        writer_.reset();
    }
    return status;
}

} // namespace vigia::recording
