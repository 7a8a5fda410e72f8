// SPDX-License-Identifier: MIT
// Whatever an engine sends: lists, inspections, versions, errors, and a stream of events cut
// anywhere, played through the descriptions. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collector/base/limits.h"
#include "collector/docker/api_version.h"
#include "collector/docker/answers.h"
#include "collector/docker/descriptions.h"
#include "collector/docker/line_splitter.h"
#include "collector/docker/messages.h"
#include "collector/docker/rfc3339.h"

namespace {

using namespace vigia;
using namespace vigia::docker;

void require(bool condition) {
    if (!condition) {
        __builtin_trap();
    }
}

void check_bounds(const ContainerInfo& info) {
    require(is_container_id(info.id));
    require(info.name.size() <= limits::container_name_bytes);
    require(info.image.size() <= limits::image_name_bytes);
    require(info.labels.size() <= limits::labels_per_container);
    for (const auto& [key, value] : info.labels) {
        require(key.size() <= limits::label_bytes && value.size() <= limits::label_bytes);
    }
}

void fuzz_list(std::string_view text) {
    auto containers = parse_container_list(text);
    if (containers) {
        for (const ContainerInfo& info : *containers) {
            check_bounds(info);
        }
    }
}

void fuzz_inspection(std::string_view text) {
    auto info = parse_container(text);
    if (info) {
        check_bounds(*info);
    }
}

// The list and the events of one attempt, separated by the first empty line; what is inspected is
// answered with the list's own words.
void fuzz_attempt(std::string_view text) {
    std::size_t end = text.find("\n\n");
    auto containers = parse_container_list(text.substr(0, end));
    Descriptions descriptions(Runtime::docker);
    descriptions.begin_list(1);
    if (containers) {
        descriptions.list(*containers);
    }
    LineSplitter splitter(4'096);
    splitter.feed(end == std::string_view::npos ? std::string_view() : text.substr(end),
                  [&](std::string_view line) {
                      auto event = parse_event(line);
                      return event && descriptions.event(std::move(*event));
                  });
    while (auto id = descriptions.next_inspection()) {
        require(is_container_id(*id));
        ContainerInfo info;
        info.id = *id;
        info.state = ContainerState::exited;
        descriptions.inspected(*id, info);
    }
    for (std::size_t i = 0; i < descriptions.catalog().size(); ++i) {
        const ContainerInfo& info = descriptions.catalog().at(i);
        check_bounds(info);
        require(descriptions.catalog().find(info.id) == &info);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        fuzz_list(text);
        break;
    case 1:
        fuzz_inspection(text);
        break;
    case 2:
        fuzz_attempt(text);
        break;
    case 3:
        (void)parse_version(text);
        (void)parse_api_version(text);
        (void)version_asked_for(text, {1, 41});
        break;
    case 4:
        require(read_answer(Operation::kill, 409, text).text.size() <= 4'096);
        break;
    default:
        (void)parse_rfc3339_ns(text);
        (void)parse_event(text);
    }
    return 0;
}
