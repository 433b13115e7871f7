# SPDX-License-Identifier: GPL-3.0-or-later
# Build for 64-bit ARM with Debian's gcc-aarch64-linux-gnu and run what is built by qemu-user. FIQ_SYSROOT in the
# environment is a folder with the libraries, as tests/cross.sh makes it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_SYSROOT $ENV{FIQ_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;$ENV{FIQ_SYSROOT})
set(ENV{PKG_CONFIG_SYSROOT_DIR} $ENV{FIQ_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} $ENV{FIQ_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:$ENV{FIQ_SYSROOT}/usr/lib/pkgconfig:$ENV{FIQ_SYSROOT}/usr/share/pkgconfig)
