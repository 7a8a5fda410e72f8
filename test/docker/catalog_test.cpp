// SPDX-License-Identifier: MIT
#include "collector/docker/catalog.h"

#include "collector/base/limits.h"
#include "collector/docker/merged_catalog.h"
#include "test/support/catch.h"

using namespace vigia;
using namespace vigia::docker;

namespace {
ContainerInfo named(const std::string& id, const std::string& name) {
    ContainerInfo info;
    info.id = id;
    info.name = name;
    return info;
}
} // namespace

TEST_CASE("the catalog is sorted by id and finds each of its entries and nothing else") {
    Catalog catalog;
    for (const char* id : {"c", "a", "d", "b"}) {
        CHECK(catalog.put(named(id, std::string("name-") + id)));
    }
    CHECK(catalog.put(named("b", "again")));
    REQUIRE(catalog.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(catalog.at(i).id == std::string(1, static_cast<char>('a' + i)));
        CHECK(catalog.find(catalog.at(i).id) == &catalog.at(i));
    }
    CHECK(catalog.find("b")->name == "again");
    CHECK(catalog.find("bb") == nullptr);
    CHECK(catalog.erase("b"));
    CHECK_FALSE(catalog.erase("b"));
    CHECK(catalog.find("b") == nullptr);
}

TEST_CASE("a new list replaces the old one but keeps what lists do not tell") {
    Catalog catalog;
    ContainerInfo known = named("a", "old");
    known.restart_count = 7;
    known.stopped_by_person = true;
    catalog.put(known);
    catalog.put(named("gone", "gone"));
    catalog.replace({named("b", "b"), named("a", "new"), named("b", "twice")});
    REQUIRE(catalog.size() == 2);
    CHECK(catalog.find("a")->name == "new");
    CHECK(catalog.find("a")->restart_count == 7);
    CHECK(catalog.find("a")->stopped_by_person);
    CHECK(catalog.find("gone") == nullptr);
}

TEST_CASE("a merged catalog is complete only when every engine's is") {
    Catalog docker;
    Catalog podman;
    MergedCatalog merged;
    CHECK_FALSE(merged.complete());
    merged.add(docker);
    merged.add(podman);
    docker.put(named("a", "a"));
    podman.put(named("b", "b"));
    docker.set_complete(true);
    CHECK_FALSE(merged.complete());
    podman.set_complete(true);
    CHECK(merged.complete());
    REQUIRE(merged.size() == 2);
    CHECK(merged.at(0).id == "a");
    CHECK(merged.at(1).id == "b");
    CHECK(merged.find("b") == podman.find("b"));
    CHECK(merged.find("c") == nullptr);
}

TEST_CASE("of the containers that are gone a bounded number is remembered, the latest first") {
    Catalog catalog;
    Catalog other;
    MergedCatalog merged;
    merged.add(other);
    merged.add(catalog);
    catalog.put(named("0-end", "first"));
    CHECK(merged.find_gone("end") == nullptr);
    CHECK(catalog.erase("0-end"));
    for (std::size_t i = 1; i < limits::containers_remembered; ++i) {
        catalog.remember(named(std::to_string(i), "n"));
    }
    REQUIRE(merged.find_gone("end") != nullptr);
    CHECK(merged.find_gone("end")->name == "first");
    catalog.remember(named("1-end", "last"));
    CHECK(merged.find_gone("end")->name == "last");
    CHECK(merged.find_gone("0-end") == nullptr); // no room any more
}
