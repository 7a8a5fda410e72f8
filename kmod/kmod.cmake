# The target kmod: the kernel modules, built in <build>/kmod from copies, so that the tree stays clean.
#
#   cmake --build --preset release --target kmod        <build>/kmod/vigia.ko, vigia_*.ko
set(VIGIA_KDIR "" CACHE PATH "kernel headers for the target kmod; empty: those of the running kernel")
option(VIGIA_KMOD_DEBUG "build self-tests into the modules" OFF)

set(kmod_arguments W=1)
if(VIGIA_KDIR)
  list(APPEND kmod_arguments KDIR=${VIGIA_KDIR})
endif()
if(VIGIA_KMOD_DEBUG)
  list(APPEND kmod_arguments VIGIA_DEBUG=y)
endif()

# -p: make goes by the times of the sources.
add_custom_target(kmod
  COMMAND mkdir -p ${PROJECT_BINARY_DIR}/kmod ${PROJECT_BINARY_DIR}/include
    ${PROJECT_BINARY_DIR}/test/abi
  COMMAND cp -Rp ${PROJECT_SOURCE_DIR}/kmod ${PROJECT_BINARY_DIR}
  COMMAND cp -Rp ${PROJECT_SOURCE_DIR}/include/abi ${PROJECT_BINARY_DIR}/include
  COMMAND cp -p ${PROJECT_SOURCE_DIR}/test/abi/layout.h ${PROJECT_BINARY_DIR}/test/abi
  COMMAND make -C ${PROJECT_BINARY_DIR}/kmod ${kmod_arguments}
  COMMENT "Building the kernel modules in ${PROJECT_BINARY_DIR}/kmod"
  VERBATIM)
