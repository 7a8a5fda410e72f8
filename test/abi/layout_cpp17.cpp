// SPDX-License-Identifier: MIT
#include "test/abi/layout.h"
