// SPDX-License-Identifier: MIT
#include "collector/cli/views.h"

#include <array>

#include <pwd.h>

namespace vigia::cli {
namespace {

std::string look_up(uint32_t uid) {
    std::array<char, 16 * 1024> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
        return std::to_string(uid);
    }
    return found->pw_name;
}

} // namespace

const std::string& UserNames::name(uint32_t uid) {
    const auto [place, is_new] = names_.try_emplace(uid);
    if (is_new) {
        place->second = look_up(uid);
    }
    return place->second;
}

} // namespace vigia::cli
