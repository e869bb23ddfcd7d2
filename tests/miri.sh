#!/bin/sh
# Runs the unit tests of values, the heap and the runtime under Miri, which finds undefined
# behaviour: dangling pointers, reads of memory that was never written, and two ways to
# write one place at a time.
#
#     tests/miri.sh [FILTER]
#
# Needs a nightly toolchain, and installs Miri and the sources of the standard library for
# it if they are missing. A run takes many minutes, so `.ci/run` leaves it out; FILTER
# chooses tests by a part of their names. Tests are smaller under Miri, and those of many
# megabytes are left out (`cfg(miri)`); so is what Miri cannot do: advice to the system
# about memory, and looking for pointers on the machine stack.
set -eu

cd "$(dirname "$0")/.."
rustup component add --toolchain nightly miri rust-src >/dev/null

# A value is a number that may be a pointer; tests expect what powers of floats are here.
MIRIFLAGS="-Zmiri-permissive-provenance -Zmiri-disable-isolation -Zmiri-deterministic-floats ${MIRIFLAGS-}"
export MIRIFLAGS PROPTEST_CASES=3
for floor in ${1-value:: heap:: runtime::tests}; do
    cargo +nightly miri test -p ruff --lib --no-default-features -- "$floor"
done
