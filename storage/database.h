// SPDX-License-Identifier: MIT
// A database file that is fit to be written: ours, not newer, not damaged, migrated, in WAL mode.
#pragma once

#include <string>

#include "storage/files.h"
#include "storage/sqlite.h"

namespace vigia::storage {

struct Database {
    Connection connection;
    std::string notice; // what had to be done; empty: nothing
};

// Opens or creates. What is damaged or foreign is set aside and a new database begun. Errors: newer
// (the file is left untouched), permission, usage, unavailable, failed. The lock must be held.
Result<Database> open_database(const std::string& path);

// Sets a database aside that was found damaged while in use (its connection must be closed), and
// begins a new one.
Result<Database> replace_damaged(const std::string& path, const std::string& why);

} // namespace vigia::storage
