#!/bin/bash
# Fails unless include/pigalloc.h is what cbindgen makes of the sources today. The comparison is a test of
# the crate (src/tests/header.rs); here it is made sure that the test ran at all.
set -u
cd "$(dirname "$0")/.." || exit 1

unset PIGALLOC_WRITE_HEADER
output=$("${CARGO:-cargo}" test --lib --features faults header 2>&1)
status=$?
if [ $status -ne 0 ]; then
    echo "$output"
    if grep -q '^test result: FAILED' <<< "$output"; then
        echo "header: include/pigalloc.h differs from the sources: run \`make header\` and commit it" >&2
    else
        echo "header: the test that compares did not run" >&2
    fi
    exit 1
fi
if ! grep -Eq '^test result: ok\. [1-9][0-9]* passed' <<< "$output"; then
    echo "$output"
    echo "header: no test named header has run" >&2
    exit 1
fi
echo "header: include/pigalloc.h is up to date"
