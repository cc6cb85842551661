/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ckpt-fault.so: a driver that wraps another one (option `inner`, the path of its shared object),
 * hands every call on, and fails the one that the plan names (fault_plan.h). Without a plan it is
 * as good as what it wraps. It gives the inner driver the defaults of that driver's options.
 * It claims CKPT_CAP_SHARED, as the drivers of this project do: one that keeps other processes out
 * still does so from inside.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fault_plan.h"

/* What a stopped walk returns inside; no code of the interface. */
enum { STOP = -7001, MAX_TEXT = 4096 };

struct ckpt_store {
    struct ckpt_driver inner;
    struct ckpt_store *handle;
};

/* ---- The inner driver ---------------------------------------------------------------------- */

static int load_inner(struct ckpt_driver *inner_out, const struct ckpt_open_args *args,
                      struct ckpt_error *err)
{
    char path[MAX_TEXT] = "";
    ckpt_driver_entry_fn entry = NULL;
    const struct ckpt_driver *raw;
    void *handle;

    if (args->option_count > 0 && args->options[0].text.len < sizeof(path))
        memcpy(path, args->options[0].text.data, args->options[0].text.len);
    if (path[0] != '/')
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                              "checkpoint.fault.inner is not an absolute path");
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* never closed, as in the host */
    if (handle)
        *(void **)&entry = dlsym(handle, CKPT_DRIVER_ENTRY);
    raw = entry ? entry() : NULL;
    if (!raw || raw->abi_version >> 16 != CKPT_ABI_MAJOR)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "'%s' is no driver to wrap", path);
    memset(inner_out, 0, sizeof(*inner_out));
    memcpy(inner_out, raw,
           raw->struct_size < sizeof(*inner_out) ? raw->struct_size : sizeof(*inner_out));
    return CKPT_OK;
}

static struct ckpt_str text_of(const char *text)
{
    return (struct ckpt_str){text, strlen(text)};
}

static struct ckpt_option_value *inner_options(const struct ckpt_driver *inner, size_t *count_out)
{
    const struct ckpt_option *rows = inner->options;
    struct ckpt_option_value *values;
    size_t count = 0;

    while (rows && rows[count].name)
        count++;
    values = calloc(count + 1, sizeof(*values));
    for (size_t i = 0; values && i < count; i++) {
        const char *text = rows[i].default_text;

        values[i].name = text_of(rows[i].name);
        values[i].text = text_of(text);
        values[i].number =
            rows[i].type == CKPT_OPTION_INT ? strtoll(text, NULL, 10) : strcmp(text, "true") == 0;
    }
    *count_out = count;
    return values;
}

/* ---- Open and close ------------------------------------------------------------------------ */

static void fault_close(struct ckpt_store *store)
{
    if (!store)
        return;
    if (store->handle)
        store->inner.close(store->handle);
    free(store);
}

static int open_inner(struct ckpt_store *store, const struct ckpt_open_args *args,
                      struct ckpt_error *err)
{
    struct ckpt_open_args inner_args = *args;
    struct ckpt_option_value *values;
    int rc = load_inner(&store->inner, args, err);

    if (rc != CKPT_OK)
        return rc;
    values = inner_options(&store->inner, &inner_args.option_count);
    if (!values)
        return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
    inner_args.options = values;
    rc = store->inner.open(&store->handle, &inner_args, err);
    free(values);
    return rc;
}

static int fault_open(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                      struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_OPEN);
    struct ckpt_store *store;
    int rc;

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_OPEN, err);
    store = calloc(1, sizeof(*store));
    rc = store ? open_inner(store, args, err)
               : ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
    if (rc == CKPT_OK && fate == FAULT_AFTER)
        rc = fault_error(FAULT_OPEN, err);
    if (rc != CKPT_OK) {
        fault_close(store);
        return rc;
    }
    *store_out = store;
    return CKPT_OK;
}

/* Room of its own for a text, since a failure leaves outputs untouched. */
static int give_text(enum fault_method method, enum fault_fate fate, int rc, const char *text,
                     char *text_out, size_t size, struct ckpt_error *err)
{
    if (rc == CKPT_OK && fate == FAULT_AFTER)
        rc = fault_error(method, err);
    if (rc == CKPT_OK)
        snprintf(text_out, size, "%s", text);
    return rc;
}

static int fault_default_dsn(const struct ckpt_open_args *args, char *dsn_out, size_t size,
                             struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_DEFAULT_DSN);
    struct ckpt_driver inner;
    char text[MAX_TEXT] = "";
    int rc;

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_DEFAULT_DSN, err);
    rc = load_inner(&inner, args, err);
    if (rc == CKPT_OK && !inner.default_dsn)
        rc = ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the wrapped driver needs a DSN");
    if (rc == CKPT_OK)
        rc = inner.default_dsn(args, text, size < sizeof(text) ? size : sizeof(text), err);
    return give_text(FAULT_DEFAULT_DSN, fate, rc, text, dsn_out, size, err);
}

static int fault_describe(struct ckpt_store *store, char *text_out, size_t size,
                          struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_DESCRIBE);
    char text[MAX_TEXT] = "the wrapped store";
    int rc = CKPT_OK;

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_DESCRIBE, err);
    if (store->inner.describe)
        rc = store->inner.describe(store->handle, text, size < sizeof(text) ? size : sizeof(text),
                                   err);
    return give_text(FAULT_DESCRIBE, fate, rc, text, text_out, size, err);
}

/* ---- Changes ------------------------------------------------------------------------------- */

static int fault_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                       struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_APPLY);
    int rc;

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_APPLY, err);
    rc = store->inner.apply(store->handle, changes, n, err);
    return rc == CKPT_OK && fate == FAULT_AFTER ? fault_error(FAULT_APPLY, err) : rc;
}

/* As the host does for a driver that has no such method. */
static int retire_inner(struct ckpt_store *store, uint32_t how, int64_t task_id,
                        struct ckpt_error *err)
{
    const struct ckpt_change all = {.struct_size = sizeof(all), .kind = CKPT_DELETE_ALL};
    const struct ckpt_change *const changes[] = {&all};

    if (store->inner.retire)
        return store->inner.retire(store->handle, how, task_id, err);
    if (how == CKPT_RETIRE_REMOVE)
        return store->inner.apply(store->handle, changes, 1, err);
    return how == CKPT_RETIRE_KEEP
               ? CKPT_OK
               : ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the wrapped driver cannot rename");
}

static int fault_retire(struct ckpt_store *store, uint32_t how, int64_t task_id,
                        struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_RETIRE);
    int rc;

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_RETIRE, err);
    rc = retire_inner(store, how, task_id, err);
    return rc == CKPT_OK && fate == FAULT_AFTER ? fault_error(FAULT_RETIRE, err) : rc;
}

/* ---- Reading ------------------------------------------------------------------------------- */

struct walk {
    const struct ckpt_visitor *user;
    enum fault_method method;
    bool faulted;
};

/* A callback between the inner driver and the visitor. */
#define RELAY(kind)                                                     \
    static int relay_##kind(const struct ckpt_##kind *kind, void *data) \
    {                                                                   \
        struct walk *walk = data;                                       \
                                                                        \
        if (fault_record(walk->method)) {                               \
            walk->faulted = true;                                       \
            return STOP;                                                \
        }                                                               \
        return walk->user->kind(kind, walk->user->payload);             \
    }

RELAY(task)
RELAY(table)
RELAY(engine)
RELAY(chunk)
RELAY(source)
RELAY(failure)

static struct ckpt_visitor relay(struct walk *walk)
{
    const struct ckpt_visitor *user = walk->user;

    return (struct ckpt_visitor){.struct_size = sizeof(struct ckpt_visitor),
                                 .task = user->task ? relay_task : NULL,
                                 .table = user->table ? relay_table : NULL,
                                 .engine = user->engine ? relay_engine : NULL,
                                 .chunk = user->chunk ? relay_chunk : NULL,
                                 .source = user->source ? relay_source : NULL,
                                 .failure = user->failure ? relay_failure : NULL,
                                 .payload = walk};
}

static int end_of(const struct walk *walk, enum fault_fate fate, int rc, struct ckpt_error *err)
{
    return walk->faulted || (rc == CKPT_OK && fate == FAULT_AFTER) ? fault_error(walk->method, err)
                                                                   : rc;
}

static int fault_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                           struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_LOAD_TASK);
    struct walk walk = {.user = visitor, .method = FAULT_LOAD_TASK};
    const struct ckpt_visitor between = relay(&walk);

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_LOAD_TASK, err);
    return end_of(&walk, fate, store->inner.load_task(store->handle, &between, err), err);
}

static int fault_load_table(struct ckpt_store *store, struct ckpt_str name,
                            const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_LOAD_TABLE);
    struct walk walk = {.user = visitor, .method = FAULT_LOAD_TABLE};
    const struct ckpt_visitor between = relay(&walk);

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_LOAD_TABLE, err);
    return end_of(&walk, fate, store->inner.load_table(store->handle, name, &between, err), err);
}

static int fault_each_table(struct ckpt_store *store, uint32_t filter,
                            const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    enum fault_fate fate = fault_call(FAULT_EACH_TABLE);
    struct walk walk = {.user = visitor, .method = FAULT_EACH_TABLE};
    const struct ckpt_visitor between = relay(&walk);

    if (fate == FAULT_INSTEAD)
        return fault_error(FAULT_EACH_TABLE, err);
    return end_of(&walk, fate, store->inner.each_table(store->handle, filter, &between, err), err);
}

/* ---- The driver ---------------------------------------------------------------------------- */

static const struct ckpt_option options[] = {
    {"inner", CKPT_OPTION_STRING, 0, "", 0, 0, "The absolute path of the driver to wrap."},
    {NULL, 0, 0, NULL, 0, 0, NULL},
};

static const struct ckpt_driver fault_driver = {
    CKPT_DRIVER_HEADER,
    .capabilities = CKPT_CAP_SHARED,
    .name = "fault",
    .options = options,
    .open = fault_open,
    .close = fault_close,
    .apply = fault_apply,
    .load_task = fault_load_task,
    .load_table = fault_load_table,
    .each_table = fault_each_table,
    .retire = fault_retire,
    .describe = fault_describe,
    .default_dsn = fault_default_dsn,
};

CKPT_DRIVER_EXPORT(fault_driver);
