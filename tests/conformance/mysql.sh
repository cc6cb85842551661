#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the conformance kit (first argument) on the mysql driver (second one) with the server of
# TL_TEST_SOCKET, in a schema of its own. Without a server: 77, skipped.
[ -n "$TL_TEST_SOCKET" ] || exit 77
schema=tl_conformance_$$
dsn="root@unix($TL_TEST_SOCKET)/"
if ! command -v mariadb >/dev/null; then
    exec "$1" --schema "$schema" "$2" "$dsn"
fi
sql() { mariadb --no-defaults --user=root --socket="$TL_TEST_SOCKET" --execute="$1"; }
trap 'sql "DROP DATABASE IF EXISTS $schema"' EXIT
"$1" --schema "$schema" --break "mariadb --no-defaults --user=root --socket='$TL_TEST_SOCKET' \
    --execute='ALTER TABLE $schema.chunk_v6 DROP COLUMN pos'" "$2" "$dsn"
