/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See fake_driver.h.
 */
#include "fake_driver.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

struct ckpt_store {
    int dummy;
};

struct fake_script fake = {.code = CKPT_ERR, .message = "the fake failed"};
static struct ckpt_store the_store;

static int failing(struct ckpt_error *err)
{
    if (fake.fail_times == 0)
        return CKPT_OK;
    if (fake.fail_times > 0)
        fake.fail_times--;
    err->retryable = fake.retryable;
    if (fake.message)
        ckpt_error_set(err, fake.code, 99, "%s", fake.message);
    return fake.code;
}

static int fake_open_method(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                            struct ckpt_error *err)
{
    fake.opens++;
    snprintf(fake.seen_dsn, sizeof(fake.seen_dsn), "%.*s", (int)args->dsn.len, args->dsn.data);
    fake.seen_number = args->option_count ? args->options[0].number : -1;
    if (fake.output_on_failure) {
        *store_out = &the_store;
        return ckpt_error_set(err, CKPT_ERR, 0, "failed");
    }
    if (!fake.ok_without_store)
        *store_out = &the_store;
    return CKPT_OK;
}

static void fake_close(struct ckpt_store *store)
{
    if (store)
        fake.closes++;
}

static int fake_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                      struct ckpt_error *err)
{
    int rc;

    (void)store;
    if (fake.inside)
        fake.overlapped = true;
    fake.inside = true;
    usleep(fake.sleep_us);
    fake.apply_sizes[fake.applies % FAKE_APPLIES] = n;
    fake.applies++;
    fake.last_kind = changes[n - 1]->kind;
    rc = failing(err);
    fake.inside = false;
    return rc;
}

static int fake_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                          struct ckpt_error *err)
{
    int rc;

    (void)store;
    (void)visitor;
    fake.loads++;
    rc = failing(err);
    return rc == CKPT_OK ? CKPT_NOT_FOUND : rc;
}

static int deliver(const struct ckpt_visitor *visitor)
{
    struct ckpt_table table = {.struct_size = sizeof(table), .status = 30};
    int rc = 0;

    table.name = tl_ckpt_str(fake.table);
    if (visitor->table)
        rc = visitor->table(&table, visitor->payload);
    for (size_t i = 0; i < fake.chunk_count && visitor->chunk && (rc == 0 || fake.ignore_stop); i++)
        rc = visitor->chunk(&fake.chunks[i], visitor->payload);
    return fake.swallow_stop ? CKPT_OK : rc;
}

static int fake_load_table(struct ckpt_store *store, struct ckpt_str name,
                           const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    int rc;

    (void)store;
    (void)name;
    fake.loads++;
    if (fake.fail_times != 0 && fake.deliver_first)
        (void)deliver(visitor);
    rc = failing(err);
    if (rc != CKPT_OK)
        return rc;
    if (!fake.table)
        return CKPT_NOT_FOUND;
    return fake.deliver_nothing ? CKPT_OK : deliver(visitor);
}

static int fake_each_table(struct ckpt_store *store, uint32_t filter,
                           const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    int rc = failing(err);

    (void)store;
    (void)filter;
    fake.loads++;
    return rc == CKPT_OK && fake.table ? deliver(visitor) : rc;
}

static int fake_retire(struct ckpt_store *store, uint32_t how, int64_t task_id,
                       struct ckpt_error *err)
{
    (void)store;
    (void)how;
    (void)task_id;
    fake.retires++;
    return failing(err);
}

static int fake_describe(struct ckpt_store *store, char *text_out, size_t size,
                         struct ckpt_error *err)
{
    (void)store;
    (void)err;
    snprintf(text_out, size, "the fake\nstore");
    return CKPT_OK;
}

static int fake_dump(struct ckpt_store *store, struct ckpt_str directory, struct ckpt_error *err)
{
    (void)store;
    (void)directory;
    fake.dumps++;
    return failing(err);
}

static int fake_default_dsn(const struct ckpt_open_args *args, char *dsn_out, size_t size,
                            struct ckpt_error *err)
{
    (void)err;
    snprintf(dsn_out, size, "default of %.*s", (int)args->schema.len, args->schema.data);
    return CKPT_OK;
}

static const struct ckpt_option options[] = {
    {"limit", CKPT_OPTION_INT, 0, "7", 1, 100, "A number."},
    {"fast", CKPT_OPTION_BOOL, 0, "false", 0, 0, "A switch."},
    {"key", CKPT_OPTION_STRING, 1, "", 0, 0, "A secret."},
    {NULL, 0, 0, NULL, 0, 0, NULL},
};

struct ckpt_driver fake_driver = {
    CKPT_DRIVER_HEADER,
    .name = "fake",
    .options = options,
    .open = fake_open_method,
    .close = fake_close,
    .apply = fake_apply,
    .load_task = fake_load_task,
    .load_table = fake_load_table,
    .each_table = fake_each_table,
    .retire = fake_retire,
    .describe = fake_describe,
    .dump = fake_dump,
    .default_dsn = fake_default_dsn,
};

struct tl_store_settings fake_settings(void)
{
    static struct tl_ckpt_module module;
    struct tl_error err;

    ck_assert_int_eq(tl_registry_adopt(&module.driver, &fake_driver, &err), TL_OK);
    return (struct tl_store_settings){
        .module = &module, .dsn = "here", .schema = "s", .retry_ns = 300000000};
}

struct tl_store *fake_open(void)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;
    struct tl_error err;

    tl_error_init(&err);
    ck_assert_msg(tl_store_open(&store, &settings, &err) == TL_OK, "%s", err.message);
    return store;
}

struct ckpt_chunk fake_chunk(const char *path, int64_t offset)
{
    return (struct ckpt_chunk){.struct_size = sizeof(struct ckpt_chunk),
                               .table_name = tl_ckpt_str("`a`.`b`"),
                               .path = tl_ckpt_str(path),
                               .offset = offset};
}
