#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs everything that shows whether the program works:
#
#     sh tests/run.sh [--sanitizers] [--only PATTERN]
#
# Installs the packages that are missing, builds into build/, runs the unit and conformance tests
# (CTest) with a throwaway server, then the system tests. --sanitizers also builds build-asan/ and
# build-tsan/ and runs the unit and conformance tests there. --only runs the tests whose name
# matches. The last line is `N passed, N failed`; the exit status is 0 only without a failure.
# TL_SEED repeats the random choices of a run; TL_JOBS is the number of processors to use.
set -eu

sanitizers=no
only=""
while [ $# -gt 0 ]; do
    case $1 in
    --sanitizers) sanitizers=yes ;;
    --only)
        [ $# -ge 2 ] || {
            echo "tests/run.sh: --only needs a pattern" >&2
            exit 2
        }
        only=$2
        shift
        ;;
    *)
        echo "usage: sh tests/run.sh [--sanitizers] [--only PATTERN]" >&2
        exit 2
        ;;
    esac
    shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
. packaging/server.sh
jobs=${TL_JOBS:-$(nproc)}
passed=0
failed=0
work=""
child=""

cleanup()
{
    status=$?
    trap - EXIT HUP INT TERM
    if [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; then
        wait "$child" || true
    fi
    tl_server_stop
    [ -z "$work" ] || rm -rf "$work"
    exit $status
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# build PRESET FOLDER
build()
{
    if [ -f "$2/CMakeCache.txt" ]; then
        cmake --preset "$1" -DTL_TESTS=ON >"$work/cmake.log" 2>&1
    else
        cmake --preset "$1" -G Ninja -DTL_TESTS=ON >"$work/cmake.log" 2>&1
    fi || {
        cat "$work/cmake.log" >&2
        return 1
    }
    cmake --build "$2" --parallel "$jobs"
}

# unit_tests FOLDER: adds to passed and failed.
unit_tests()
{
    echo "== unit and conformance tests in $2"
    ctest --test-dir "$2" --output-on-failure --parallel "$jobs" ${only:+-R "$only"} \
        >"$work/ctest.log" 2>&1 || true
    cat "$work/ctest.log"
    set -- $(sed -n 's/.*, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$work/ctest.log")
    if [ $# -eq 2 ]; then
        failed=$((failed + $1))
        passed=$((passed + $2 - $1))
    elif [ -z "$only" ]; then
        echo "tests/run.sh: no result of ctest"
        failed=$((failed + 1))
    fi
}

# Fails when a folder cannot be built: that counts as one failed test.
build_and_test()
{
    echo "== build $2"
    if build "$1" "$2"; then
        unit_tests "$1" "$2"
    else
        echo "FAIL build of $2"
        failed=$((failed + 1))
        return 1
    fi
}

sh packaging/install-deps.sh test
work=$(mktemp -d /tmp/tl-tests.XXXXXX)
tl_server_start "$work/server" --innodb-flush-log-at-trx-commit=2 --local-infile=0
TL_TEST_SOCKET=$TL_SERVER_SOCKET
TL_TEST_PORT=$TL_SERVER_PORT
export TL_TEST_SOCKET TL_TEST_PORT

if build_and_test ci build; then
    echo "== system tests"
    TL_BUILD_DIR=$root/build /usr/bin/python3 tests/system/run.py --jobs "$jobs" \
        ${only:+--only "$only"} >"$work/system.log" 2>&1 &
    child=$!
    tail -n +1 -s 0.5 -f --pid=$child "$work/system.log" || true
    wait $child || true
    child=""
    set -- $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/system.log" | tail -n 1)
    if [ $# -eq 2 ]; then
        passed=$((passed + $1))
        failed=$((failed + $2))
    else
        failed=$((failed + 1))
    fi
fi
if [ $sanitizers = yes ]; then
    export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:${ASAN_OPTIONS:-}"
    export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}"
    export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:${TSAN_OPTIONS:-}"
    build_and_test asan build-asan || true
    build_and_test tsan build-tsan || true
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
