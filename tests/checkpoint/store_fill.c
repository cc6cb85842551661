/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_fill DRIVER DSN SCHEMA < RECORDS: puts records into a store through its driver, so that a
 * test can look at the same content in every store. A line is a kind and its fields, divided by
 * tabs: `chunk\ttable=`d`.`t`\tpath=a.sql\tpos=7`. Times are seconds since 1970. Lines that are
 * empty or begin with # do not count. See tests/data/dba/store.tsv.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"

enum { MAX_FIELDS = 24, MAX_LINE = 8192 };

struct line {
    const char *kind;
    const char *keys[MAX_FIELDS];
    const char *values[MAX_FIELDS];
    size_t count;
};

static const char *text(const struct line *line, const char *key, const char *otherwise)
{
    for (size_t i = 0; i < line->count; i++)
        if (strcmp(line->keys[i], key) == 0)
            return line->values[i];
    return otherwise;
}

static struct ckpt_str str(const struct line *line, const char *key)
{
    return tl_ckpt_str(text(line, key, ""));
}

static int64_t number(const struct line *line, const char *key, int64_t otherwise)
{
    const char *value = text(line, key, NULL);

    return value ? (int64_t)strtoll(value, NULL, 10) : otherwise;
}

static int64_t time_of(const struct line *line, const char *key)
{
    return number(line, key, 0) * TL_NS_PER_SEC;
}

static int put_task(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_task task = {.struct_size = (uint32_t)sizeof(task),
                             .planned = (uint32_t)number(line, "planned", 1),
                             .task_id = number(line, "task_id", 1),
                             .source_dir = str(line, "source_dir"),
                             .backend = tl_ckpt_str("tidb"),
                             .target_host = str(line, "host"),
                             .target_port = (int32_t)number(line, "port", 4000),
                             .version = tl_ckpt_str("test")};

    return tl_store_put(store, CKPT_PUT_TASK, &task, err);
}

static int put_table(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_table table = {.struct_size = (uint32_t)sizeof(table),
                               .status = (uint32_t)number(line, "status", TL_STATUS_LOADED),
                               .task_id = number(line, "task_id", 1),
                               .name = str(line, "table"),
                               .create_time = time_of(line, "began"),
                               .update_time = time_of(line, "changed")};

    return tl_store_put(store, CKPT_PUT_TABLE, &table, err);
}

static int put_engine(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_engine engine = {.struct_size = (uint32_t)sizeof(engine),
                                 .status = (uint32_t)number(line, "status", TL_STATUS_LOADED),
                                 .table_name = str(line, "table"),
                                 .engine_id = (int32_t)number(line, "engine", TL_ENGINE_DATA),
                                 .create_time = time_of(line, "began"),
                                 .update_time = time_of(line, "changed")};

    return tl_store_put(store, CKPT_PUT_ENGINE, &engine, err);
}

static int put_chunk(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_chunk chunk = {.struct_size = (uint32_t)sizeof(chunk),
                               .engine_id = (int32_t)number(line, "engine", TL_ENGINE_DATA),
                               .table_name = str(line, "table"),
                               .path = str(line, "path"),
                               .offset = number(line, "offset", 0),
                               .type = (int32_t)number(line, "type", 3),
                               .compression = (int32_t)number(line, "compression", 0),
                               .file_size = number(line, "size", 0),
                               .end_offset = number(line, "end", number(line, "size", 0)),
                               .pos = number(line, "pos", number(line, "offset", 0)),
                               .real_pos = number(line, "real_pos", 0),
                               .kvc_kvs = (uint64_t)number(line, "rows", 0),
                               .create_time = time_of(line, "began"),
                               .update_time = time_of(line, "changed")};

    return tl_store_put(store, CKPT_PUT_CHUNK, &chunk, err);
}

static int put_source(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_source source = {.struct_size = (uint32_t)sizeof(source),
                                 .table_name = str(line, "table"),
                                 .path = str(line, "path"),
                                 .size = number(line, "size", 0),
                                 .mtime = time_of(line, "mtime"),
                                 .fingerprint = tl_ckpt_str("0123456789abcdef")};

    return tl_store_put(store, CKPT_PUT_SOURCE, &source, err);
}

static int put_failure(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    struct ckpt_failure failure = {.struct_size = (uint32_t)sizeof(failure),
                                   .table_name = str(line, "table"),
                                   .path = str(line, "path"),
                                   .offset = number(line, "offset", -1),
                                   .line = number(line, "line", 0),
                                   .native_code = (int32_t)number(line, "code", 0),
                                   .status = (uint32_t)number(line, "status", TL_STATUS_LOADED),
                                   .sqlstate = str(line, "sqlstate"),
                                   .message = str(line, "message"),
                                   .hint = str(line, "hint"),
                                   .time = time_of(line, "time")};

    return tl_store_put(store, CKPT_PUT_FAILURE, &failure, err);
}

static int put(struct tl_store *store, const struct line *line, struct tl_error *err)
{
    static const struct {
        const char *kind;
        int (*put)(struct tl_store *store, const struct line *line, struct tl_error *err);
    } kinds[] = {{"task", put_task},   {"table", put_table},   {"engine", put_engine},
                 {"chunk", put_chunk}, {"source", put_source}, {"failure", put_failure}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(line->kind, kinds[i].kind) == 0)
            return kinds[i].put(store, line, err);
    return tl_error_set(err, TL_ERR_USAGE, "unknown kind '%s'", line->kind);
}

/* Cuts `buffer` into the fields of a line; false for one that does not count. */
static bool parse(struct line *line, char *buffer)
{
    char *next = NULL;

    buffer[strcspn(buffer, "\n")] = '\0';
    if (buffer[0] == '#' || buffer[0] == '\0')
        return false;
    line->count = 0;
    line->kind = strtok_r(buffer, "\t", &next);
    for (char *field = strtok_r(NULL, "\t", &next); field && line->count < MAX_FIELDS;
         field = strtok_r(NULL, "\t", &next)) {
        char *equal = strchr(field, '=');

        if (!equal)
            continue;
        *equal = '\0';
        line->keys[line->count] = field;
        line->values[line->count++] = equal + 1;
    }
    return true;
}

static int fill(struct tl_store *store, struct tl_error *err)
{
    static char buffer[MAX_LINE];
    struct line line;
    int rc = TL_OK;

    while (rc == TL_OK && fgets(buffer, sizeof(buffer), stdin))
        if (parse(&line, buffer))
            rc = put(store, &line, err);
    return rc;
}

int main(int argc, char **argv)
{
    const struct tl_registry_path path = {.configured = TL_TEST_DRIVER_DIR};
    struct tl_store_settings settings = {0};
    struct tl_ckpt_module *module = NULL;
    struct tl_store *store = NULL;
    struct tl_error err;
    int rc;

    if (argc != 4) {
        fprintf(stderr, "usage: store_fill DRIVER DSN SCHEMA < RECORDS\n");
        return 2;
    }
    tl_error_init(&err);
    rc = tl_registry_load(&module, argv[1], &path, &err);
    settings.module = module;
    settings.dsn = argv[2];
    settings.schema = argv[3];
    if (rc == TL_OK)
        rc = tl_store_open(&store, &settings, &err);
    if (rc == TL_OK)
        rc = fill(store, &err);
    if (rc != TL_OK)
        fprintf(stderr, "store_fill: %s\n", err.message);
    tl_store_close(store);
    tl_ckpt_module_free(module);
    return rc == TL_OK ? 0 : 1;
}
