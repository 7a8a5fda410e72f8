// SPDX-License-Identifier: MIT
// Any bytes as a configuration: either a named error, or settings from which an engine can be made.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "collector/config/config.h"
#include "policy/engine.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    auto settings = vigia::config::parse(text, "fuzz");
    if (!settings) {
        require(settings.error().kind() == vigia::ErrorKind::usage);
        require(!settings.error().message().empty());
        return 0;
    }
    require(static_cast<bool>(vigia::policy::validate(settings->policy)));
    vigia::policy::Engine engine(settings->policy, 1);
    vigia::policy::Verdicts verdicts;
    engine.evaluate(vigia::Sample(), verdicts);
    require(verdicts.requests.empty());
    return 0;
}
