-- SPDX-License-Identifier: Apache-2.0
-- Checkpoint tables of the driver "mysql", in the schema that checkpoint.schema names.
-- task_v2, table_v10, engine_v5 and chunk_v6 have TiDB Lightning's newest columns, exactly;
-- extra_v1, source_v1 and failure_v1 are ours. Each statement ends with a semicolon at the end of
-- a line. An existing table is never altered: other columns get another version number.

-- What does not fit into a row of the other tables; only for rows that need it, and for the task.
CREATE TABLE IF NOT EXISTS extra_v1 (
    kind tinyint unsigned NOT NULL COMMENT '1 task, 2 table, 3 engine, 4 chunk, 5 source, 6 failure',
    table_name varchar(261) NOT NULL,
    engine_id bigint NOT NULL,
    path varchar(2048) NOT NULL,
    `offset` bigint NOT NULL,
    planned tinyint(1) NULL COMMENT 'task only: 1 = every table and chunk is recorded',
    raw_name varbinary(2048) NULL COMMENT 'path (or table) byte for byte, when its column is escaped',
    lost mediumblob NULL COMMENT 'fields that their columns cannot hold',
    extra varbinary(4096) NULL COMMENT 'belongs to the importer',
    PRIMARY KEY (kind, table_name, engine_id, path(500), `offset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

-- The data files as they were when the import was planned.
CREATE TABLE IF NOT EXISTS source_v1 (
    table_name varchar(261) NOT NULL,
    path varchar(2048) NOT NULL COMMENT 'relative to the source directory',
    size bigint NOT NULL,
    mtime bigint NOT NULL COMMENT 'nanoseconds since 1970 UTC',
    fingerprint varbinary(64) NOT NULL,
    PRIMARY KEY (table_name, path(500))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

-- Why a table failed.
CREATE TABLE IF NOT EXISTS failure_v1 (
    table_name varchar(261) NOT NULL,
    engine_id int NOT NULL,
    path varchar(2048) NOT NULL COMMENT 'empty: the failure belongs to the whole table',
    `offset` bigint NOT NULL COMMENT 'byte of the row in the file, -1 = unknown',
    line bigint NOT NULL COMMENT '0 = unknown',
    code int NOT NULL COMMENT 'error number of the server',
    `sqlstate` varchar(8) NOT NULL,
    message text NOT NULL,
    hint text NOT NULL,
    status int unsigned NOT NULL COMMENT 'status of the table before it failed',
    `time` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (table_name, engine_id, path(500), `offset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS chunk_v6 (
    table_name varchar(261) NOT NULL,
    engine_id int unsigned NOT NULL,
    path varchar(2048) NOT NULL,
    `offset` bigint NOT NULL,
    type int NOT NULL,
    compression int NOT NULL,
    sort_key varchar(256) NOT NULL,
    file_size bigint NOT NULL,
    `columns` text NULL,
    should_include_row_id tinyint(1) NOT NULL,
    end_offset bigint NOT NULL,
    pos bigint NOT NULL,
    real_pos bigint NOT NULL,
    prev_rowid_max bigint NOT NULL,
    rowid_max bigint NOT NULL,
    kvc_bytes bigint unsigned NOT NULL DEFAULT 0,
    kvc_kvs bigint unsigned NOT NULL DEFAULT 0,
    kvc_checksum bigint unsigned NOT NULL DEFAULT 0,
    create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (table_name, engine_id, path(500), `offset`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS engine_v5 (
    table_name varchar(261) NOT NULL,
    engine_id int NOT NULL,
    status tinyint unsigned DEFAULT 30,
    create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (table_name, engine_id DESC)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS table_v10 (
    task_id bigint NOT NULL,
    table_name varchar(261) NOT NULL,
    hash binary(32) NOT NULL,
    status tinyint unsigned DEFAULT 30,
    table_id bigint NOT NULL DEFAULT 0,
    table_info longtext NOT NULL,
    create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    kv_bytes bigint unsigned NOT NULL DEFAULT 0,
    kv_kvs bigint unsigned NOT NULL DEFAULT 0,
    kv_checksum bigint unsigned NOT NULL DEFAULT 0,
    auto_rand_base bigint NOT NULL DEFAULT 0,
    auto_incr_base bigint NOT NULL DEFAULT 0,
    auto_row_id_base bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (table_name),
    KEY task_id (task_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

-- The last one: where it is, the others are too.
CREATE TABLE IF NOT EXISTS task_v2 (
    id tinyint(1) NOT NULL,
    task_id bigint NOT NULL,
    source_dir varchar(2048) NOT NULL,
    backend varchar(16) NOT NULL,
    importer_addr varchar(256) NULL,
    tidb_host varchar(128) NOT NULL,
    tidb_port int NOT NULL,
    pd_addr varchar(128) NOT NULL,
    sorted_kv_dir varchar(256) NOT NULL,
    lightning_ver varchar(48) NOT NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
