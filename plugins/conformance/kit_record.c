/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sample records of the rules.
 */
#include "plugins/conformance/kit.h"

/* Whole seconds: a driver may round times down to them. */
#define SAMPLE_TIME (INT64_C(1700000000) * 1000000000)

struct ckpt_task kit_task(void)
{
    return (struct ckpt_task){.struct_size = sizeof(struct ckpt_task),
                              .planned = 1,
                              .task_id = INT64_C(1700000000123456789),
                              .source_dir = kit_str("/data/dump"),
                              .backend = kit_str("tidb"),
                              .importer_addr = kit_str("importer"),
                              .target_host = kit_str("db.example.org"),
                              .target_port = 4000,
                              .pd_addr = kit_str("pd:2379"),
                              .sorted_kv_dir = kit_str("/kv"),
                              .version = kit_str("1.2.3"),
                              .extra = kit_str("task extra")};
}

struct ckpt_table kit_table(const char *name, uint32_t status)
{
    static const char hash[32] = {0, 1, 2, '\'', (char)0xff, 0, '`', '\\', 8, 9};

    return (struct ckpt_table){.struct_size = sizeof(struct ckpt_table),
                               .status = status,
                               .task_id = INT64_C(1700000000123456789),
                               .name = kit_str(name),
                               .hash = {hash, sizeof(hash)},
                               .table_id = 4711,
                               .table_info = kit_str("{\"id\": 1}"),
                               .kv_bytes = 1,
                               .kv_kvs = 2,
                               .kv_checksum = 3,
                               .auto_rand_base = 4,
                               .auto_incr_base = 5,
                               .auto_row_id_base = 6,
                               .create_time = SAMPLE_TIME,
                               .update_time = SAMPLE_TIME + INT64_C(5000000000),
                               .extra = kit_str("table extra")};
}

struct ckpt_engine kit_engine(const char *name, int32_t id)
{
    return (struct ckpt_engine){.struct_size = sizeof(struct ckpt_engine),
                                .status = 60,
                                .table_name = kit_str(name),
                                .engine_id = id,
                                .create_time = SAMPLE_TIME,
                                .update_time = SAMPLE_TIME,
                                .extra = kit_str("engine extra")};
}

struct ckpt_chunk kit_chunk(const char *name, int32_t engine, const char *path, int64_t offset)
{
    return (struct ckpt_chunk){.struct_size = sizeof(struct ckpt_chunk),
                               .engine_id = engine,
                               .table_name = kit_str(name),
                               .path = kit_str(path),
                               .offset = offset,
                               .type = 4,
                               .compression = 1,
                               .sort_key = kit_str("001"),
                               .file_size = 123456,
                               .columns = kit_str("[0,1,-1]"),
                               .end_offset = 987654,
                               .pos = 77777,
                               .real_pos = 66666,
                               .prev_rowid_max = 11,
                               .rowid_max = 22,
                               .kvc_bytes = 33,
                               .kvc_kvs = 44,
                               .kvc_checksum = 55,
                               .create_time = SAMPLE_TIME,
                               .update_time = SAMPLE_TIME,
                               .extra = kit_str("chunk extra")};
}

struct ckpt_source kit_source(const char *name, const char *path)
{
    static const char fingerprint[] = "\0\1finger\xffprint";

    return (struct ckpt_source){.struct_size = sizeof(struct ckpt_source),
                                .table_name = kit_str(name),
                                .path = kit_str(path),
                                .size = INT64_C(5000000000),
                                .mtime = SAMPLE_TIME + 123456789,
                                .fingerprint = {fingerprint, sizeof(fingerprint) - 1},
                                .extra = kit_str("source extra")};
}

struct ckpt_failure kit_failure(const char *name, const char *path, int64_t offset)
{
    return (struct ckpt_failure){.struct_size = sizeof(struct ckpt_failure),
                                 .engine_id = 0,
                                 .table_name = kit_str(name),
                                 .path = kit_str(path),
                                 .offset = offset,
                                 .line = 12,
                                 .native_code = 1366,
                                 .status = 30,
                                 .sqlstate = kit_str("HY000"),
                                 .message = kit_str("incorrect value 'x' for column `v`"),
                                 .hint = kit_str("correct the row"),
                                 .time = SAMPLE_TIME,
                                 .extra = kit_str("failure extra")};
}
