#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the conformance kit (first argument) on the mysql driver (second one) with the server of
# TL_TEST_SOCKET, in a schema of its own. Without a server: 77, skipped.
[ -n "$TL_TEST_SOCKET" ] || exit 77
schema=tl_conformance_$$
if ! command -v mariadb >/dev/null; then
    exec "$1" --schema "$schema" "$2" "root@unix($TL_TEST_SOCKET)/"
fi
sql() { mariadb --no-defaults --user=root --socket="$TL_TEST_SOCKET" --skip-column-names --execute="$1"; }
clean()
{
    sql "SHOW DATABASES LIKE 'tl\\_conformance\\_$$%'" | while read -r name; do
        sql "DROP DATABASE \`$name\`"
    done
    sql "DROP USER IF EXISTS kit_$$"
}
trap clean EXIT
# With a password, so that every message is searched for it.
sql "CREATE USER kit_$$ IDENTIFIED BY 'Kit-Pass-4711'; GRANT ALL ON *.* TO kit_$$"
"$1" --schema "$schema" --break "mariadb --no-defaults --user=root --socket='$TL_TEST_SOCKET' \
    --execute='ALTER TABLE $schema.chunk_v6 DROP COLUMN pos'" "$2" \
    "kit_$$:Kit-Pass-4711@unix($TL_TEST_SOCKET)/"
