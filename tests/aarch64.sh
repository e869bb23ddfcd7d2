#!/bin/sh
# Runs tests of AArch64 builds on any Debian-like host, by emulation.
#
#     tests/aarch64.sh [-p PACKAGE]... [-- ARGUMENT...]
#
# Each package is tested (default: ruff-asm); what follows `--` goes to
# `cargo test` of each. Installs what is missing: a cross linker, the emulator,
# and the standard library of the target.
set -eu

target=aarch64-unknown-linux-gnu
packages=
while [ $# -gt 0 ]; do
    case $1 in
        -p) packages="$packages $2"; shift 2 ;;
        --) shift; break ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
packages=${packages:-ruff-asm}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install() {
    as_root apt-get install -y --no-install-recommends "$@"
}

if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null ||
    [ ! -e /usr/aarch64-linux-gnu/lib/libc.so.6 ]; then
    as_root apt-get update
    install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
fi

# The target's standard library: from rustup, else the distribution's own
# compiler and library, which have to match.
has_target() {
    [ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$target" ]
}
if ! has_target && ! rustup target add "$target"; then
    as_root dpkg --add-architecture arm64
    as_root apt-get update
    install rustc-web libstd-rust-web-dev:arm64
    RUSTC=/usr/bin/rustc
    export RUSTC
    has_target
fi

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
cd "$(dirname "$0")/.."
for package in $packages; do
    cargo test -p "$package" --target "$target" "$@"
done
