# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The bench's modules, for a VM. Sourced with test/vm/common.sh, and with `folder` set to where they
# go.
: "${top:?}" "${folder:?}"

# build_module KERNEL: against that kernel, from copies, beside the sources that they include.
build_module() {
    rm -rf --one-file-system -- "${folder:?}/$1"
    mkdir -p -- "$folder/$1"
    cp -R -- "$top/kmod" "$top/include" "$top/bench/kernel/module" "$folder/$1/" &&
        "$top/test/vm/fetch.sh" "$1" >>"$folder/build.log" 2>&1 &&
        in_root "$1" "$folder/$1" make -C "/lib/modules/$(release_of "$1")/build" \
            M=/vigia/module W=1 modules >>"$folder/build.log" 2>&1
}
