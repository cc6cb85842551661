/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See file_fixture.h.
 */
#include "file_fixture.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tl_error ff_err;
char ff_folder[64];
char ff_path[128];
struct tl_store *ff_store;
static struct tl_ckpt_module *module;

void ff_setup(void)
{
    const struct tl_registry_path path = {.configured = TL_TEST_DRIVER_DIR};

    tl_error_init(&ff_err);
    ck_assert_msg(tl_registry_load(&module, "file", &path, &ff_err) == TL_OK, "%s", ff_err.message);
    snprintf(ff_folder, sizeof(ff_folder), "/tmp/tl-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(ff_folder));
    snprintf(ff_path, sizeof(ff_path), "%s/c.pb", ff_folder);
}

void ff_teardown(void)
{
    ff_close();
    tl_ckpt_module_free(module);
    ff_run("chmod -R u+w . && rm -rf '%s'", ff_folder);
}

int ff_open(const char *dsn, bool read_only)
{
    struct tl_store_settings settings = {.module = module,
                                         .dsn = dsn ? dsn : ff_path,
                                         .schema = "s",
                                         .read_only = read_only,
                                         .retry_ns = 300000000};

    ff_close();
    tl_error_init(&ff_err);
    return tl_store_open(&ff_store, &settings, &ff_err);
}

void ff_close(void)
{
    tl_store_close(ff_store);
    ff_store = NULL;
}

void ff_make(size_t n)
{
    const struct ckpt_task task = {.struct_size = sizeof(task), .task_id = 7, .planned = 1};
    const struct ckpt_table table = {
        .struct_size = sizeof(table), .name = tl_ckpt_str(FF_TABLE), .status = 30};

    ck_assert_msg(ff_open(NULL, false) == TL_OK, "%s", ff_err.message);
    ck_assert_int_eq(tl_store_put(ff_store, CKPT_PUT_TASK, &task, &ff_err), TL_OK);
    ck_assert_int_eq(tl_store_put(ff_store, CKPT_PUT_TABLE, &table, &ff_err), TL_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(ff_put_chunk((int64_t)i, 1), TL_OK);
    ff_close();
}

int ff_put_chunk(int64_t offset, int64_t pos)
{
    const struct ckpt_chunk chunk = {.struct_size = sizeof(chunk),
                                     .table_name = tl_ckpt_str(FF_TABLE),
                                     .path = tl_ckpt_str("a, \"b\".sql"),
                                     .offset = offset,
                                     .pos = pos};

    return tl_store_put(ff_store, CKPT_PUT_CHUNK, &chunk, &ff_err);
}

static int count_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    (void)chunk;
    ++*(int *)payload;
    return 0;
}

int ff_count_chunks(void)
{
    int count = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .chunk = count_chunk, .payload = &count};
    int rc = tl_store_load_table(ff_store, FF_TABLE, &visitor, &ff_err);

    return rc == TL_OK ? count : rc == TL_NOT_FOUND ? -100 : rc;
}

void ff_write(const char *name, const void *bytes, size_t len)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", ff_folder, name ? name : "c.pb");
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

void ff_run(const char *format, ...)
{
    char command[1024];
    int used = snprintf(command, sizeof(command), "cd '%s' && ", ff_folder);
    va_list ap;

    va_start(ap, format);
    vsnprintf(command + used, sizeof(command) - (size_t)used, format, ap);
    va_end(ap);
    ck_assert_msg(system(command) == 0, "%s", command);
}

const char *ff_list(void)
{
    static char text[1024];
    char command[128];
    size_t len;
    FILE *pipe;

    snprintf(command, sizeof(command), "LC_ALL=C ls -A '%s' | tr '\\n' ' '", ff_folder);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    len = fread(text, 1, sizeof(text) - 1, pipe);
    text[len > 0 ? len - 1 : 0] = '\0';
    pclose(pipe);
    return text;
}
