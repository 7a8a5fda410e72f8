#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the modules of kmod/ against a kernel under test, with that kernel's own compiler and
# sparse; a warning of either is an error.
#
#   test/vm/build.sh KERNEL
#
# VIGIA_DEBUG=y in the environment builds in the self-tests that run when a module is loaded.
# They are built in build/vm/modules/KERNEL/kmod, from copies; only if a source has changed.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=test/vm/common.sh
. "$top/test/vm/common.sh"

# 7.2 looks for a script that Debian's headers lack, and would then not run sparse.
options=(W=1 C=2 KBUILD_CHECKSRC=2 CF=-D__CHECK_ENDIAN__
    ${VIGIA_DEBUG:+"VIGIA_DEBUG=$VIGIA_DEBUG"})

# The sources as one number: names, contents, and how they are built.
fingerprint() {
    (cd -- "$top" && find kmod include/abi test/abi/layout.h -type f -print0 | sort -z |
        xargs -0 sha256sum && printf '%s\n' "$release" "${options[@]}") | sha256sum
}

copy_sources() {
    rm -rf --one-file-system -- "$folder"
    mkdir -p -- "$folder/include" "$folder/test/abi"
    cp -R -- "$top/kmod" "$folder/"
    cp -R -- "$top/include/abi" "$folder/include/"
    cp -- "$top/test/abi/layout.h" "$folder/test/abi/"
}

# sparse_complaints LOG: what sparse and the compiler say about our files, not about the kernel's.
sparse_complaints() {
    grep -E '^(/vigia/|\.\./include/abi/|[a-z0-9_]+\.[ch]:).*: (warning|error):' -- "$1"
}

make_modules() {
    local log=$folder/make.log
    in_root "$kernel" "$folder" make -s -C /vigia/kmod -j "$(nproc)" \
        KDIR="/lib/modules/$release/build" "${options[@]}" 2>&1 | tee -- "$log"
    ! sparse_complaints "$log" >"$folder/complaints" || {
        echo "warnings are errors here:"
        cat -- "$folder/complaints"
        return 1
    }
}

kernel=$1
[ "$kernel" != debug ] || options+=(VIGIA_DEBUG=y)
release=$(release_of "$kernel")
folder=$vm_folder/modules/$kernel
mkdir -p -- "$vm_folder/modules"
exec {lock}>"$folder.lock"
flock "$lock"
wanted=$(fingerprint)
if [ "$(cat -- "$folder/built" 2>/dev/null)" != "$wanted" ]; then
    copy_sources
    make_modules
    printf '%s\n' "$wanted" >"$folder/built"
fi
