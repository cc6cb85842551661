-- SPDX-License-Identifier: Apache-2.0
-- The checkpoint file of the driver "file", layout 1 (PRAGMA user_version = 1, application_id =
-- 0x544c434b). task_v2, table_v10, engine_v5 and chunk_v6 have the names and columns of TiDB
-- Lightning's checkpoint schema, so that queries written for it work here; what this program adds
-- stands in tables of its own. Times are UTC. Unsigned 64-bit values (kv_*, kvc_*) above 2^63 - 1
-- show as negative numbers. Strings compare byte by byte.

CREATE TABLE task_v2 (
    id            TINYINT       NOT NULL PRIMARY KEY CHECK (id = 1),
    task_id       BIGINT        NOT NULL,
    source_dir    VARCHAR(2048) NOT NULL,
    backend       VARCHAR(16)   NOT NULL,
    importer_addr VARCHAR(256),
    tidb_host     VARCHAR(128)  NOT NULL,
    tidb_port     INT           NOT NULL,
    pd_addr       VARCHAR(128)  NOT NULL,
    sorted_kv_dir VARCHAR(256)  NOT NULL,
    lightning_ver VARCHAR(48)   NOT NULL
) WITHOUT ROWID;

CREATE TABLE table_v10 (
    task_id          BIGINT       NOT NULL,
    table_name       VARCHAR(261) NOT NULL PRIMARY KEY COLLATE BINARY,
    hash             BLOB         NOT NULL,
    status           TINYINT      NOT NULL DEFAULT 30,
    table_id         BIGINT       NOT NULL DEFAULT 0,
    table_info       LONGTEXT     NOT NULL,
    create_time      DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time      DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    kv_bytes         BIGINT       NOT NULL DEFAULT 0,
    kv_kvs           BIGINT       NOT NULL DEFAULT 0,
    kv_checksum      BIGINT       NOT NULL DEFAULT 0,
    auto_rand_base   BIGINT       NOT NULL DEFAULT 0,
    auto_incr_base   BIGINT       NOT NULL DEFAULT 0,
    auto_row_id_base BIGINT       NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE engine_v5 (
    table_name  VARCHAR(261) NOT NULL COLLATE BINARY,
    engine_id   INT          NOT NULL,
    status      TINYINT      NOT NULL DEFAULT 30,
    create_time DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (table_name, engine_id DESC)
) WITHOUT ROWID;

CREATE TABLE chunk_v6 (
    table_name            VARCHAR(261)  NOT NULL COLLATE BINARY,
    engine_id             INT           NOT NULL,
    path                  VARCHAR(2048) NOT NULL COLLATE BINARY,
    "offset"              BIGINT        NOT NULL,
    type                  INT           NOT NULL,
    compression           INT           NOT NULL,
    sort_key              VARCHAR(256)  NOT NULL,
    file_size             BIGINT        NOT NULL,
    columns               TEXT,
    should_include_row_id BOOL          NOT NULL DEFAULT FALSE,
    end_offset            BIGINT        NOT NULL,
    pos                   BIGINT        NOT NULL,
    real_pos              BIGINT        NOT NULL,
    prev_rowid_max        BIGINT        NOT NULL,
    rowid_max             BIGINT        NOT NULL,
    kvc_bytes             BIGINT        NOT NULL DEFAULT 0,
    kvc_kvs               BIGINT        NOT NULL DEFAULT 0,
    kvc_checksum          BIGINT        NOT NULL DEFAULT 0,
    create_time           DATETIME      NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time           DATETIME      NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (table_name, engine_id, path, "offset")
) WITHOUT ROWID;

-- From here on: ours.

-- What the planner saw of each source file; mtime in nanoseconds since 1970.
CREATE TABLE source_v1 (
    table_name  VARCHAR(261)  NOT NULL COLLATE BINARY,
    path        VARCHAR(2048) NOT NULL COLLATE BINARY,
    size        BIGINT        NOT NULL,
    mtime       BIGINT        NOT NULL,
    fingerprint BLOB          NOT NULL,
    PRIMARY KEY (table_name, path)
) WITHOUT ROWID;

-- Why a table failed; status is the one that it had before. offset -1 and line 0: unknown.
CREATE TABLE failure_v1 (
    table_name VARCHAR(261)  NOT NULL COLLATE BINARY,
    engine_id  INT           NOT NULL,
    path       VARCHAR(2048) NOT NULL COLLATE BINARY,
    "offset"   BIGINT        NOT NULL,
    line       BIGINT        NOT NULL,
    code       INT           NOT NULL,
    sqlstate   CHAR(5)       NOT NULL,
    message    TEXT          NOT NULL,
    hint       TEXT          NOT NULL,
    status     TINYINT       NOT NULL,
    time       DATETIME      NOT NULL,
    PRIMARY KEY (table_name, engine_id, path, "offset")
) WITHOUT ROWID;

-- What a record holds beside its columns; a row only where there is something. kind: task, table,
-- engine, chunk, source, failure, and planned (the task's plan is complete).
CREATE TABLE extra_v1 (
    table_name VARCHAR(261)  NOT NULL COLLATE BINARY,
    kind       VARCHAR(16)   NOT NULL COLLATE BINARY,
    engine_id  INT           NOT NULL,
    path       VARCHAR(2048) NOT NULL COLLATE BINARY,
    "offset"   BIGINT        NOT NULL,
    extra      BLOB          NOT NULL,
    PRIMARY KEY (table_name, kind, engine_id, path, "offset")
) WITHOUT ROWID;

-- About this file: its layout and who made it. Nothing here belongs to a task.
CREATE TABLE meta_v1 (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value TEXT        NOT NULL
) WITHOUT ROWID;

INSERT INTO meta_v1 (name, value) VALUES ('layout', '1'), ('made_by', 'tidb-lightning, driver file');
