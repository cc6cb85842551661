#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian 12 packages that are missing:
#
#     sh packaging/install-deps.sh [build|run|test]...
#
# build (the default): to compile. run: what the quickstart needs beside that. test: everything.
# Calls apt-get only when something is missing, through sudo when it is there and we are not root;
# without either it prints the command and fails. The server comes as mariadb-server-core, which
# has the program but no system service: nothing is started, port 3306 stays free.
set -eu

build_packages="cmake ninja-build gcc g++ pkg-config libmariadb-dev libcjson-dev libsqlite3-dev
    libzstd-dev zlib1g-dev libxxhash-dev libpcre2-dev libtomlplusplus-dev libprotobuf-c-dev
    protobuf-c-compiler"
run_packages="mariadb-server-core mariadb-client mydumper sqlite3"
test_packages="check python3 python3-pymysql dpkg-dev file zstd gzip openssl procps util-linux clang clang-format
    libclang-rt-14-dev"

wanted=""
[ $# -gt 0 ] || set -- build
for part in "$@"; do
    case $part in
    build) wanted="$wanted $build_packages" ;;
    run) wanted="$wanted $build_packages $run_packages" ;;
    test) wanted="$wanted $build_packages $run_packages $test_packages" ;;
    *)
        echo "usage: sh packaging/install-deps.sh [build|run|test]..." >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "install-deps: no dpkg here. The packages, by their Debian 12 names:" >&2
    echo "    "$wanted >&2
    exit 1
fi

missing=""
for package in $wanted; do
    case " $missing " in *" $package "*) continue ;; esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086 # a list of words
set -- $missing
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1; then
        as_root=sudo
    else
        echo "install-deps: these packages are missing, and this needs root:" >&2
        echo "    apt-get update && apt-get install --no-install-recommends $*" >&2
        exit 1
    fi
fi
echo "install-deps: installing $*"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
    --no-install-recommends "$@"
