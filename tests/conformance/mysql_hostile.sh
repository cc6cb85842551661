#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the conformance kit (second argument) on the mysql driver (third one) against a server of its
# own with hostile settings (first argument: words, lower, statement), which the driver must not
# notice. Without MariaDB: 77, skipped.
set -eu
settings=$1
kit=$2
driver=$3
. "$(dirname "$0")/../../packaging/server.sh"
if ! tl_server_program mariadbd >/dev/null 2>&1; then
    exit 77
fi
dir=$(mktemp -d /tmp/tl-hostile.XXXXXX)
trap 'tl_server_stop; rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What reads or writes SQL in another way; a small packet; keys of 767 bytes by default.
words()
{
    modes=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,ONLY_FULL_GROUP_BY
    modes=$modes,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES,HIGH_NOT_PRECEDENCE
    modes=$modes,PAD_CHAR_TO_FULL_LENGTH,REAL_AS_FLOAT
    tl_server_start "$dir" --innodb-flush-log-at-trx-commit=2 --sql-mode=$modes \
        --max-allowed-packet=1M --character-set-server=latin1 \
        --collation-server=latin1_german1_ci --skip-character-set-client-handshake \
        --default-time-zone=+13:00 --explicit-defaults-for-timestamp=0 \
        --innodb-default-row-format=compact --innodb-force-primary-key=1 --autocommit=0 \
        --default-storage-engine=MyISAM --transaction-isolation=READ-UNCOMMITTED \
        --innodb-rollback-on-timeout=1
}

# Names in lower case, and no strictness at all.
lower()
{
    tl_server_start "$dir" --innodb-flush-log-at-trx-commit=2 --lower-case-table-names=1 \
        --sql-mode= --innodb-strict-mode=0 --collation-server=utf8mb4_german2_ci \
        --innodb-default-row-format=redundant --query-cache-type=1 --query-cache-size=1M
}

# A binary log of statements, short limits, and what a user without SUPER is given by init_connect.
statement()
{
    init="SET sql_safe_updates=1, sql_select_limit=1, tx_isolation='READ-UNCOMMITTED',
        sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES', autocommit=0, time_zone='-11:00', timestamp=5,
        unique_checks=0, foreign_key_checks=0, sql_big_selects=0, max_join_size=1,
        collation_connection=latin1_bin, sql_auto_is_null=1, completion_type=2"
    tl_server_start "$dir" --innodb-flush-log-at-trx-commit=2 --sql-mode=ORACLE --log-bin=binlog \
        --binlog-format=STATEMENT --transaction-isolation=SERIALIZABLE --completion-type=CHAIN \
        --default-storage-engine=Aria --wait-timeout=1 --max-statement-time=0.01 \
        --lock-wait-timeout=1 --innodb-lock-wait-timeout=1 --max-prepared-stmt-count=0 \
        --group-concat-max-len=4 --max-sort-length=64 --div-precision-increment=0 \
        --init-connect="$init"
    sql "CREATE USER checkpoint@localhost IDENTIFIED BY 'p'"
    sql "GRANT ALL ON \`Tl\\_Hostile%\`.* TO checkpoint@localhost"
    user=checkpoint:p
}

sql()
{
    mariadb --no-defaults --user=root --socket="$TL_SERVER_SOCKET" --execute="$1"
}

user=root
"$settings"
"$kit" --schema Tl_Hostile "$driver" "$user@unix($TL_SERVER_SOCKET)/"
