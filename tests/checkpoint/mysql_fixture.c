/* SPDX-License-Identifier: Apache-2.0 */
/* See mysql_fixture.h. */
#include "tests/checkpoint/mysql_fixture.h"

#include <dlfcn.h>

const struct ckpt_driver *fx_driver;
struct ckpt_store *fx_store;
struct ckpt_error fx_err;
MYSQL *fx_admin;
char fx_schema[64];
char fx_socket[108];

int fx_has_server(void)
{
    const char *path = getenv("TL_TEST_SOCKET");
    void *handle = dlopen(TL_TEST_DRIVER_DIR "/ckpt-mysql.so", RTLD_NOW | RTLD_LOCAL);
    ckpt_driver_entry_fn entry;

    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    *(void **)&entry = dlsym(handle, CKPT_DRIVER_ENTRY);
    fx_driver = entry();
    if (path)
        (void)snprintf(fx_socket, sizeof(fx_socket), "%s", path);
    return fx_socket[0] != '\0';
}

struct ckpt_error *fx_error(void)
{
    memset(&fx_err, 0, sizeof(fx_err));
    fx_err.struct_size = (uint32_t)sizeof(fx_err);
    return &fx_err;
}

struct ckpt_str fx_str(const char *text)
{
    return fx_bytes(text, strlen(text));
}

struct ckpt_str fx_bytes(const void *data, size_t len)
{
    struct ckpt_str str = {data, len};

    return str;
}

int fx_open(struct ckpt_store **store_out, const char *schema, const char *dsn, uint32_t flags)
{
    static const struct ckpt_host host = {.struct_size = (uint32_t)sizeof(host)};
    char default_dsn[160];
    struct ckpt_open_args args = {
        .struct_size = (uint32_t)sizeof(args),
        .flags = flags,
        .schema = fx_str(schema),
        .host = &host,
    };

    (void)snprintf(default_dsn, sizeof(default_dsn), "root@unix(%s)/", fx_socket);
    args.dsn = fx_str(dsn ? dsn : default_dsn);
    return fx_driver->open(store_out, &args, fx_error());
}

void fx_sql(const char *format, ...)
{
    char sql[4096];
    MYSQL_RES *result;
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(sql, sizeof(sql), format, ap);
    va_end(ap);
    ck_assert_msg(mysql_query(fx_admin, sql) == 0, "%s: %s", sql, mysql_error(fx_admin));
    result = mysql_store_result(fx_admin);
    mysql_free_result(result);
}

void fx_script(const char *statements)
{
    const char *end;

    for (; (end = strstr(statements, "; ")) != NULL; statements = end + 2)
        fx_sql("%.*s", (int)(end - statements), statements);
    fx_sql("%s", statements);
}

long fx_number(const char *format, ...)
{
    char sql[4096];
    MYSQL_RES *result;
    MYSQL_ROW row;
    long number = -1;
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(sql, sizeof(sql), format, ap);
    va_end(ap);
    ck_assert_msg(mysql_query(fx_admin, sql) == 0, "%s: %s", sql, mysql_error(fx_admin));
    result = mysql_store_result(fx_admin);
    ck_assert_ptr_nonnull(result);
    row = mysql_fetch_row(result);
    if (row && row[0])
        number = strtol(row[0], NULL, 10);
    mysql_free_result(result);
    return number;
}

void fx_setup(void)
{
    (void)snprintf(fx_schema, sizeof(fx_schema), "tl_test `%d", (int)getpid());
    fx_admin = mysql_init(NULL);
    ck_assert_msg(mysql_real_connect(fx_admin, "localhost", "root", "", NULL, 0, fx_socket, 0) !=
                      NULL,
                  "%s", mysql_error(fx_admin));
    fx_sql("DROP DATABASE IF EXISTS `tl_test ``%d`", (int)getpid());
    fx_ok(fx_open(&fx_store, fx_schema, NULL, 0));
    ck_assert_str_eq(fx_err.message, "");
    fx_sql("USE `tl_test ``%d`", (int)getpid());
}

void fx_teardown(void)
{
    fx_driver->close(fx_store);
    fx_store = NULL;
    fx_sql("DROP DATABASE IF EXISTS `tl_test ``%d`", (int)getpid());
    mysql_close(fx_admin);
}

void fx_reopen(void)
{
    fx_driver->close(fx_store);
    fx_store = NULL;
    fx_ok(fx_open(&fx_store, fx_schema, NULL, 0));
}

struct ckpt_change fx_change(uint32_t kind, const void *record)
{
    struct ckpt_change change = {
        .struct_size = (uint32_t)sizeof(change),
        .kind = kind,
        .record.any = record,
    };

    return change;
}

int fx_apply(const struct ckpt_change *changes, size_t n)
{
    const struct ckpt_change *pointers[CKPT_APPLY_MAX_CHANGES];
    size_t i;

    for (i = 0; i < n; i++)
        pointers[i] = &changes[i];
    return fx_driver->apply(fx_store, pointers, n, fx_error());
}

int fx_put(uint32_t kind, const void *record)
{
    struct ckpt_change change = fx_change(kind, record);

    return fx_apply(&change, 1);
}

int fx_delete(uint32_t kind, const char *name)
{
    struct ckpt_change change = fx_change(kind, NULL);

    if (name)
        change.name = fx_str(name);
    return fx_apply(&change, 1);
}

struct ckpt_task fx_task(void)
{
    return (struct ckpt_task){
        .struct_size = (uint32_t)sizeof(struct ckpt_task),
        .planned = 1,
        .task_id = INT64_C(1700000000123456789),
        .source_dir = fx_str("/data/shop"),
        .backend = fx_str("tidb"),
        .target_host = fx_str("127.0.0.1"),
        .target_port = 4000,
        .version = fx_str("0.1.0"),
    };
}

struct ckpt_table fx_table(const char *name)
{
    return (struct ckpt_table){
        .struct_size = (uint32_t)sizeof(struct ckpt_table),
        .status = 30,
        .task_id = 7,
        .name = fx_str(name),
        .create_time = INT64_C(1700000000000000000),
        .update_time = INT64_C(1700000001000000000),
    };
}

struct ckpt_chunk fx_chunk(const char *path, int64_t offset)
{
    return (struct ckpt_chunk){
        .struct_size = (uint32_t)sizeof(struct ckpt_chunk),
        .table_name = fx_str(FX_TABLE),
        .path = fx_str(path),
        .offset = offset,
        .type = 3,
        .end_offset = offset + 100,
        .create_time = INT64_C(1700000000000000000),
        .update_time = INT64_C(1700000001000000000),
    };
}

static int count_one(const struct ckpt_table *table, void *payload)
{
    (void)table;
    (*(int *)payload)++;
    return 0;
}

int fx_count_tables(struct ckpt_store *store, int *count_out)
{
    struct ckpt_visitor visitor = {
        .struct_size = (uint32_t)sizeof(visitor), .table = count_one, .payload = count_out};

    *count_out = 0;
    return fx_driver->each_table(store, CKPT_FILTER_ALL, &visitor, fx_error());
}

int fx_load_task(struct ckpt_store *store)
{
    struct ckpt_visitor visitor = {.struct_size = (uint32_t)sizeof(visitor)};

    return fx_driver->load_task(store, &visitor, fx_error());
}

void fx_put_records(void)
{
    struct ckpt_task task = fx_task();
    struct ckpt_table table = fx_table(FX_TABLE);
    struct ckpt_chunk chunk = fx_chunk("a", 0);

    fx_ok(fx_put(CKPT_PUT_TASK, &task));
    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
    fx_ok(fx_put(CKPT_PUT_CHUNK, &chunk));
}

int fx_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
