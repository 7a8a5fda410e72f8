// SPDX-License-Identifier: MIT
#include "storage/schema.h"

#include <string>

#include <fmt/format.h>

namespace vigia::storage {

namespace {

constexpr std::string_view all_versions =
#include "storage/schema_1.inc"
#include "storage/schema_2.inc"
#include "storage/schema_3.inc"
    ;
constexpr std::string_view version_1 =
#include "storage/schema_1.inc"
    ;
constexpr std::string_view versions_1_and_2 =
#include "storage/schema_1.inc"
#include "storage/schema_2.inc"
    ;

} // namespace

std::string_view schema_sql(int64_t version) {
    return version == 1 ? version_1 : version == 2 ? versions_1_and_2 : all_versions;
}

Status migrate(Connection& connection, int64_t version) {
    if (version == 0) {
        // Only before the first table; outside of any transaction.
        Status vacuum = connection.execute("PRAGMA auto_vacuum=INCREMENTAL");
        if (!vacuum) {
            return vacuum;
        }
    }
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    // What the file has is the beginning of what it is to have.
    const std::size_t there = version == 0 ? 0 : schema_sql(version).size();
    if (Status made = connection.execute(std::string(all_versions.substr(there))); !made) {
        return made;
    }
    Status marked = connection.execute(fmt::format(
        "PRAGMA application_id={}; PRAGMA user_version={}", application_id, schema_version));
    return marked ? transaction->commit() : marked;
}

} // namespace vigia::storage
