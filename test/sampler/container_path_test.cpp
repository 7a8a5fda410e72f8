// SPDX-License-Identifier: MIT
#include "collector/sampler/container_path.h"

#include <string>
#include <vector>

#include "test/support/catch.h"

using namespace vigia;
using vigia::sampler::container_of;

namespace {

const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

struct Case {
    std::string path;
    Runtime runtime;
    std::string id;
    std::string root; // empty: the whole path
};

} // namespace

TEST_CASE("every runtime's containers are found by whole path components") {
    const std::vector<Case> cases{
        {"/docker/" + id, Runtime::docker, id, ""},
        {"/system.slice/docker-" + id + ".scope", Runtime::docker, id, ""},
        {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope",
         Runtime::docker, id, ""},
        {"/machine.slice/libpod-" + id + ".scope", Runtime::podman, id, ""},
        {"/machine.slice/libpod-" + id + ".scope/container", Runtime::podman, id,
         "/machine.slice/libpod-" + id + ".scope"},
        {"/libpod_parent/libpod-" + id, Runtime::podman, id, ""},
        {"/machine.slice/libpod-payload-" + id, Runtime::podman, id, ""},
        {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/"
         "cri-containerd-" +
             id + ".scope",
         Runtime::containerd, id, ""},
        {"/kubepods-burstable-podab.slice:cri-containerd:" + id, Runtime::containerd, id, ""},
        {"/kubepods/burstable/pod0a-1/" + id, Runtime::containerd, id, ""},
        {"/nerdctl-" + id + ".scope", Runtime::containerd, id, ""},
        {"/kubepods.slice/kubepods-pod1.slice/crio-" + id + ".scope", Runtime::crio, id, ""},
        {"/kubepods/pod1/crio-" + id, Runtime::crio, id, ""},
        {"/lxc.payload.web", Runtime::lxc, "web", ""},
        {"/lxc/web/init.scope", Runtime::lxc, "web", "/lxc/web"},
        {"/machine.slice/systemd-nspawn@build.service/payload", Runtime::nspawn, "build",
         "/machine.slice/systemd-nspawn@build.service"},
        {"/machine.slice/machine-build.scope", Runtime::nspawn, "build", ""},
    };
    for (const Case& expected : cases) {
        INFO(expected.path);
        const auto found = container_of(expected.path);
        REQUIRE(found);
        CHECK(found->runtime == expected.runtime);
        CHECK(found->id == expected.id);
        CHECK(found->root == (expected.root.empty() ? expected.path : expected.root));
    }
}

TEST_CASE("a container inside a container belongs to the outer one") {
    const std::string path = "/docker/" + id + "/docker/" + other;
    const auto found = container_of(path);
    REQUIRE(found);
    CHECK(found->id == id);
    CHECK(found->root == "/docker/" + id);
}

TEST_CASE("monitors, engines, mounts and look-alikes are not containers") {
    const std::string upper(64, 'A');
    const std::vector<std::string> paths{
        "",
        "/",
        "/system.slice/docker.service",
        "/system.slice/containerd.service",
        "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:short",
        "/system.slice/libpod-conmon-" + id + ".scope",
        "/kubepods.slice/crio-conmon-" + id + ".scope",
        "/lxc.monitor.web",
        "/lxc/lxc.monitor.web",
        "/lxc",
        "/lxc.payload.",
        "/docker",
        "/docker/" + id.substr(1),
        "/docker/" + id + "0",
        "/docker/" + upper,
        "/docker/" + id.substr(1) + "g",
        "/mydocker/" + id,
        "/system.slice/docker-" + id + ".mount",
        "/system.slice/docker-" + id + ".slice",
        "/system.slice/xdocker-" + id + ".scope",
        "/system.slice/var-lib-docker-overlay2-" + id + "-merged.mount",
        "/" + id,
        "/user.slice/user-1000.slice/session-docker.scope",
        "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
        "/machine.slice/systemd-nspawn@.service",
        "/system.slice/systemd-logind.service",
        "/machine.slice/libvirt.service",
    };
    for (const std::string& path : paths) {
        INFO(path);
        CHECK_FALSE(container_of(path));
    }
}

TEST_CASE("odd slashes change nothing") {
    const std::string path = "//docker//" + id + "/";
    const auto found = container_of(path);
    REQUIRE(found);
    CHECK(found->id == id);
}
