#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows what the importer is for, from nothing, in a few minutes:
#
#     sh packaging/quickstart.sh [--keep]
#
# Installs the Debian packages that are missing, builds, starts a throwaway server, makes a sample
# database, dumps it with mydumper, drops it, starts the import, kills it in the middle, looks at the
# checkpoint, goes on, and compares every table. Nothing outside of build/ and of one temporary
# folder is touched; both server and folder are gone at the end, also after Ctrl-C. With --keep they
# stay, and the last lines say how to use and remove them.
set -eu

keep=no
case $#:${1:-} in
0:) ;;
1:--keep) keep=yes ;;
*)
    echo "usage: sh packaging/quickstart.sh [--keep]" >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
. packaging/server.sh
build=${TL_BUILD_DIR:-$root/build}
loader=$build/tidb-lightning
control=$build/tidb-lightning-ctl
step=0
work=""
child=""

say()
{
    step=$((step + 1))
    printf '\n== %d. %s\n' "$step" "$*"
}

fail()
{
    echo "quickstart: $*" >&2
    exit 1
}

cleanup()
{
    status=$?
    trap - EXIT HUP INT TERM
    [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
    if [ $keep = yes ] && [ $status -eq 0 ]; then
        exit 0
    fi
    tl_server_stop
    [ -z "$work" ] || rm -rf "$work"
    exit $status
}

# Runs a long command so that a signal is acted on at once, not at its end.
run()
{
    "$@" &
    child=$!
    if wait "$child"; then code=0; else code=$?; fi
    child=""
    return "$code"
}

sql()
{
    mariadb --no-defaults -u root -S "$TL_SERVER_SOCKET" -N -B -e "$1"
}

# One line a table of the sample: name, rows, and a sum over the digests of all rows, so that the
# order of rows does not count. (CHECKSUM TABLE is not stable for tables with computed columns.)
table_state()
{
    sql "SELECT table_name FROM information_schema.tables
         WHERE table_schema = 'shop' AND table_type = 'BASE TABLE' ORDER BY table_name" |
        while read -r table; do
            columns=$(sql "SELECT GROUP_CONCAT('COALESCE(HEX(CONCAT(\`', column_name, '\`)), 0)'
                           ORDER BY ordinal_position) FROM information_schema.columns
                           WHERE table_schema = 'shop' AND table_name = '$table'")
            sql "SELECT RPAD('$table', 12, ' '), LPAD(COUNT(*), 8, ' '), 'rows   checksum',
                 SUM(CAST(CONV(LEFT(MD5(CONCAT_WS('/', $columns)), 12), 16, 10) AS UNSIGNED))
                 FROM shop.\`$table\`" | tr '\t' ' '
        done
}

# Rows that the ledger on the target says are committed; 0 before there is one.
committed_rows()
{
    case $(sql "SELECT COUNT(*) FROM information_schema.tables
                WHERE table_schema = 'tidb_lightning_ledger' AND table_name = 'batch_v1'") in
    0) echo 0 ;;
    *) sql "SELECT COALESCE(SUM(row_count), 0) FROM tidb_lightning_ledger.batch_v1" ;;
    esac
}

# Always in the background, so that this process becomes the importer.
import()
{
    exec "$loader" --config "$work/import.toml" -d "$work/dump" --tidb-host 127.0.0.1 \
        --tidb-port "$TL_SERVER_PORT" --tidb-user root
}

# The batch sizes of the second and third attempt only make a quick machine slow enough to be hit.
write_config()
{
    cat >"$work/import.toml" <<TOML
[lightning]
file = "$work/import.log"

[checkpoint]
driver = "file"
dsn = "$work/checkpoint.sqlite"
TOML
    [ "$1" -eq 0 ] || cat >>"$work/import.toml" <<TOML

[tikv-importer]
logical-import-batch-size = "$1KiB"
TOML
}

# Starts the import and kills it between 15 % and 85 % of the rows. 0 = killed there; 1 = it was
# too quick and everything is as before.
kill_in_the_middle()
{
    import >"$work/import.out" 2>&1 &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        rows=$(committed_rows)
        if [ "$rows" -gt $((total * 15 / 100)) ]; then
            break
        fi
        sleep 0.02
    done
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    child=""
    rows=$(committed_rows)
    if [ "$rows" -gt 0 ] && [ "$rows" -lt $((total * 85 / 100)) ]; then
        return 0
    fi
    cat "$work/import.out"
    [ "$rows" -gt 0 ] || [ -n "$(sql "SHOW DATABASES LIKE 'shop'")" ] || fail "the import did not begin"
    sql "DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS tidb_lightning_ledger"
    rm -f "$work"/checkpoint.sqlite*
    return 1
}

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say "Packages"
run sh packaging/install-deps.sh run
echo "Everything that is needed is installed."

say "Build"
work=$(mktemp -d /tmp/tl-quick.XXXXXX)
if [ ! -f "$build/CMakeCache.txt" ]; then
    run cmake -G Ninja -S . -B "$build" -DTL_TESTS=OFF >/dev/null
fi
run cmake --build "$build" >"$work/build.log" 2>&1 || {
    tail -n 30 "$work/build.log" >&2
    fail "the build failed"
}
echo "$loader"
echo "$control"

say "A server of its own, and a sample database"
tl_server_start "$work/server" --innodb-buffer-pool-size=256M
echo "MariaDB $(sql 'SELECT VERSION()') listens on 127.0.0.1:$TL_SERVER_PORT"
run mariadb --no-defaults -u root -S "$TL_SERVER_SOCKET" -e "source packaging/quickstart.sql"
table_state >"$work/before.txt"
cat "$work/before.txt"
total=$(awk '{ n += $(NF - 3) } END { print n }' "$work/before.txt")

say "Dump it with mydumper, then drop it"
run mydumper -h 127.0.0.1 -P "$TL_SERVER_PORT" -u root -B shop -r 25000 -o "$work/dump"
sql "DROP DATABASE shop"
echo "$(ls "$work/dump" | wc -l) files, $(du -sh "$work/dump" | cut -f 1); the database is gone."

say "Import it, and kill the importer in the middle (SIGKILL)"
for batch in 0 64 8 no; do
    [ $batch != no ] || fail "the import is over before it can be killed, three times"
    write_config $batch
    if kill_in_the_middle; then
        break
    fi
    echo "That was too quick to be hit in the middle; once more, with smaller transactions."
done
cat "$work/import.out"
echo "Killed when $rows of $total rows were committed."

say "What the checkpoint says now: it is SQLite, so ask it in SQL"
sqlite3 -header -column "$work/checkpoint.sqlite" \
    'SELECT state, percent, rows_done, files_done, files_total, seconds_left FROM task_progress_v1'
echo
sqlite3 -header -column "$work/checkpoint.sqlite" \
    'SELECT table_name, state, percent, rows_done, bytes_total FROM table_progress_v1
     ORDER BY percent DESC, table_name'
echo
echo "or the control program: tidb-lightning-ctl --checkpoint-list"
"$control" --config "$work/import.toml" --tidb-host 127.0.0.1 --tidb-port "$TL_SERVER_PORT" \
    --tidb-user root --checkpoint-list

say "Go on: the same command once more"
run import

say "Compare every table with the original"
table_state >"$work/after.txt"
cat "$work/after.txt"
cmp -s "$work/before.txt" "$work/after.txt" || {
    diff "$work/before.txt" "$work/after.txt" || true
    fail "the tables differ from the original"
}

say "What this was"
cat <<TEXT
$total rows in six tables were dumped and dropped. The import was killed without warning
when $rows rows were in; the same command took it up again and finished it. Every row
is there exactly once, also in the table without a key: all counts and checksums are equal to the
original's. With a server of your own this is all:

    build/tidb-lightning -d DUMP --tidb-host HOST --tidb-port PORT --tidb-user USER
TEXT
if [ $keep = yes ]; then
    cat <<TEXT

Kept: $work (dump, log, checkpoint settings) and the server:
    mariadb --no-defaults -u root -S $TL_SERVER_SOCKET shop
Remove both with:
    kill $TL_SERVER_PID; rm -rf $work
TEXT
fi
