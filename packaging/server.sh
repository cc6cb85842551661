#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A throwaway MariaDB server for demonstrations and tests: own data directory, own free port on
# 127.0.0.1, own socket, no configuration file, as root or as any user. Sourced:
#
#     . packaging/server.sh
#     tl_server_start DIR [mariadbd options...]   sets TL_SERVER_PID, _PORT, _SOCKET, _DIR
#     tl_server_stop                              ends it; the directory stays
#
# or run, to hold a server for one command:
#
#     sh packaging/server.sh COMMAND [ARGS...]    TL_SERVER_PORT and TL_SERVER_SOCKET are exported
#
# The user is root without a password. DIR must have a short path (a socket's is 107 bytes at most).

tl_server_program()
{
    for tl_place in $(command -v "$1" 2>/dev/null) "/usr/sbin/$1" "/usr/bin/$1"; do
        if [ -x "$tl_place" ]; then
            echo "$tl_place"
            return 0
        fi
    done
    echo "server: $1 is not here; run: sh packaging/install-deps.sh run" >&2
    return 1
}

# A port between 20000 and 31999: below the range from which the kernel serves outgoing connections.
tl_server_random_port()
{
    echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

tl_server_as_root()
{
    [ "$(id -u)" -ne 0 ] || echo --user=root
}

# Waits until the server answers: 0 = it does, 1 = it ended or 60 seconds are over.
tl_server_wait()
{
    tl_tries=0
    while [ $tl_tries -lt 600 ]; do
        kill -0 "$TL_SERVER_PID" 2>/dev/null || return 1
        mariadb-admin --no-defaults -u root -S "$TL_SERVER_SOCKET" ping >/dev/null 2>&1 && return 0
        tl_tries=$((tl_tries + 1))
        sleep 0.1
    done
    return 1
}

tl_server_start()
{
    TL_SERVER_DIR=$1
    shift
    TL_SERVER_SOCKET=$TL_SERVER_DIR/s
    tl_daemon=$(tl_server_program mariadbd) || return 1
    tl_install=$(tl_server_program mariadb-install-db) || return 1
    mkdir -p "$TL_SERVER_DIR" || return 1
    if [ ! -d "$TL_SERVER_DIR/data/mysql" ]; then
        # A tmpdir of its own: a server that starts removes the temporary tables of all others there.
        # shellcheck disable=SC2046 # one option or none
        TMPDIR=$TL_SERVER_DIR "$tl_install" --no-defaults --datadir="$TL_SERVER_DIR/data" --skip-test-db \
            --auth-root-authentication-method=normal $(tl_server_as_root) \
            >"$TL_SERVER_DIR/install.log" 2>&1 || {
            cat "$TL_SERVER_DIR/install.log" >&2
            return 1
        }
    fi
    for tl_attempt in 1 2 3 4 5; do
        TL_SERVER_PORT=$(tl_server_random_port)
        # shellcheck disable=SC2046
        "$tl_daemon" --no-defaults $(tl_server_as_root) --datadir="$TL_SERVER_DIR/data" \
            --socket="$TL_SERVER_SOCKET" --port="$TL_SERVER_PORT" --bind-address=127.0.0.1 \
            --pid-file="$TL_SERVER_DIR/pid" --tmpdir="$TL_SERVER_DIR/data" \
            --character-set-server=utf8mb4 "$@" \
            >"$TL_SERVER_DIR/server.log" 2>&1 </dev/null &
        TL_SERVER_PID=$!
        if tl_server_wait; then
            return 0
        fi
        tl_server_stop
        # Only a port that somebody else has is worth another attempt.
        grep -q "Address already in use" "$TL_SERVER_DIR/server.log" || break
    done
    echo "server: mariadbd did not start (attempt $tl_attempt); the end of its log:" >&2
    tail -n 20 "$TL_SERVER_DIR/server.log" >&2
    return 1
}

tl_server_stop()
{
    [ -n "${TL_SERVER_PID:-}" ] || return 0
    if kill -TERM "$TL_SERVER_PID" 2>/dev/null; then
        tl_tries=0
        while kill -0 "$TL_SERVER_PID" 2>/dev/null && [ $tl_tries -lt 100 ]; do
            tl_tries=$((tl_tries + 1))
            sleep 0.1
        done
        kill -KILL "$TL_SERVER_PID" 2>/dev/null || true
    fi
    wait "$TL_SERVER_PID" 2>/dev/null || true
    TL_SERVER_PID=""
}

tl_server_main()
{
    if [ $# -eq 0 ]; then
        echo "usage: sh packaging/server.sh COMMAND [ARGS...]" >&2
        exit 2
    fi
    tl_main_dir=$(mktemp -d /tmp/tl-server.XXXXXX)
    trap 'tl_server_stop; rm -rf "$tl_main_dir"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    tl_server_start "$tl_main_dir" || exit 1
    export TL_SERVER_PORT TL_SERVER_SOCKET
    "$@"
    exit $?
}

case $0 in
*/server.sh | server.sh) tl_server_main "$@" ;;
esac
