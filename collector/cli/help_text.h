// SPDX-License-Identifier: MIT
// What stands below the options in each command's --help: examples, fields, and what to know.
#pragma once

#include <string>

namespace vigia::cli::help {

std::string overview();
std::string daemon();
std::string publish();
std::string record();
std::string policy();
std::string system();
std::string memory();
std::string processes();
std::string process();
std::string containers();
std::string events();
std::string history();
std::string why();
std::string doctor();

} // namespace vigia::cli::help
