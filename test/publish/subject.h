// SPDX-License-Identifier: MIT
// What the differential tests look at: a publisher's directory, or the kernel's. Which one, is
// decided by the program that they are linked into.
#pragma once

#include <memory>
#include <string>

#include "collector/base/result.h"

namespace vigia::test {

class Subject {
public:
    Subject() = default;
    virtual ~Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    // Makes every file's newest snapshot one that began after the call.
    virtual Status refresh() = 0;
    virtual const std::string& directory() const = 0;
    // The kernel's records cover all threads, and their times are not rounded to clock ticks.
    virtual bool is_kernel() const = 0;
};

// `directory` is where a publisher is to write. Throws if there is no subject.
std::unique_ptr<Subject> start_subject(const std::string& directory);

} // namespace vigia::test
