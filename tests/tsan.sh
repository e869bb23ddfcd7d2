#!/bin/sh
# Runs the unit tests of threads under ThreadSanitizer, which reports two threads that reach
# one place of memory, one of them to write, with nothing between that orders them.
#
#     tests/tsan.sh [FILTER]
#
# Needs a nightly toolchain with the sources of the standard library, which is built with the
# sanitizer too: otherwise its locks would order nothing. Compiled code of programs is not
# seen, but a machine's own values are; all that threads share is Rust code. A run takes many
# minutes, so `.ci/run` leaves it out; FILTER chooses tests by a part of their names.
set -eu

cd "$(dirname "$0")/.."
rustup component add --toolchain nightly rust-src >/dev/null

target=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="-Zsanitizer=thread ${RUSTFLAGS-}"
# The report is enough: the run goes on to the next test, and fails at its end.
TSAN_OPTIONS="halt_on_error=0 exitcode=66 ${TSAN_OPTIONS-}"
export RUSTFLAGS TSAN_OPTIONS
for part in ${1-vm::threads vm::parcel heap::tests::shared}; do
    cargo +nightly test -Zbuild-std --target "$target" --target-dir target/tsan \
        -p ruff --lib --no-default-features -- "$part"
done
