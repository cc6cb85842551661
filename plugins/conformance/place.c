/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other stores, and files of stores. See place.h.
 */
#include "plugins/conformance/place.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/trace.h"

#define MARK_FIRST "`kit`.`first`"
#define MARK_SECOND "`kit`.`second`"

/* The path in a DSN, without a scheme. */
static const char *path_of(const char *dsn)
{
    const char *scheme = strstr(dsn, "://");

    return scheme ? scheme + 3 : dsn;
}

const char *kit_place(const struct kit *kit)
{
    const char *path = path_of(kit->dsn);
    struct stat st;

    return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) ? path : NULL;
}

int kit_open_at(struct kit *kit, struct kit_store *store, const char *dsn, const char *schema,
                uint32_t flags)
{
    struct ckpt_open_args args = kit_args(kit, dsn ? dsn : kit->dsn, flags);
    struct ckpt_error err = kit_error();
    int rc;

    if (schema)
        args.schema = kit_str(schema);
    store->kit = kit;
    store->handle = NULL;
    rc = kit->driver->open(&store->handle, &args, &err);
    KIT_TRY(kit_expect(kit, "open of another store", rc, CKPT_OK, &err));
    KIT_CHECK(store->handle, "open succeeded and set no store");
    return KIT_PASS;
}

struct elsewhere {
    volatile bool given;
    int answer;
    char reason[1024];
};

int kit_elsewhere(struct kit *kit, int (*fn)(struct kit *kit, void *payload), void *payload)
{
    struct elsewhere *shared = kit_shared(sizeof(*shared));
    int answer, status = 0;
    pid_t child;

    KIT_CHECK(shared, "out of memory");
    child = fork();
    KIT_CHECK(child >= 0, "cannot start a process");
    if (child == 0) {
        kit->reason[0] = '\0';
        shared->answer = fn(kit, payload);
        memcpy(shared->reason, kit->reason, sizeof(shared->reason));
        shared->given = true;
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (!shared->given) {
        munmap(shared, sizeof(*shared));
        return kit_fail(kit, "the driver ended another process: signal %d",
                        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    answer = shared->answer;
    if (answer != KIT_PASS)
        memcpy(kit->reason, shared->reason, sizeof(kit->reason));
    munmap(shared, sizeof(*shared));
    return answer;
}

struct visit {
    const struct kit_other *other; /* NULL = the store under test */
    const char *put;               /* a table to put after emptying; NULL = look */
    const char *there;
    const char *not_there;
};

/* One visit of one store. */
static int visit(struct kit *kit, void *payload)
{
    const struct visit *visit = payload;
    const struct kit_other *other = visit->other;
    KIT_STORE store = {0};

    KIT_TRY(kit_open_at(kit, &store, other ? other->dsn : NULL, other ? other->schema : NULL, 0));
    if (visit->put) {
        const struct ckpt_table table = kit_table(visit->put, 30);

        KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_ALL, NULL)));
        return kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table));
    }
    if (visit->there) {
        const struct ckpt_table table = kit_table(visit->there, 30);
        const struct kit_image image = {.table = &table};

        KIT_TRY(kit_expect_table(kit, &store, &image));
        KIT_TRY(kit_expect_missing(kit, &store, visit->not_there));
    }
    return kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_ALL, NULL));
}

/* The other one opens and is another one; leaves both empty. */
static bool is_another(struct kit *kit, const struct kit_other *other)
{
    struct visit visits[] = {{NULL, MARK_FIRST, NULL, NULL},
                             {other, MARK_SECOND, NULL, NULL},
                             {NULL, NULL, MARK_FIRST, MARK_SECOND},
                             {other, NULL, MARK_SECOND, MARK_FIRST}};
    bool same = true;

    for (size_t i = 0; same && i < sizeof(visits) / sizeof(visits[0]); i++)
        same = kit_elsewhere(kit, visit, &visits[i]) == KIT_PASS;
    kit->reason[0] = '\0';
    return same;
}

int kit_find_other(struct kit *kit, struct kit_other *other_out)
{
    struct visit empty = {0};

    snprintf(other_out->schema, sizeof(other_out->schema), "%s", kit->schema);
    if (kit->second_dsn) {
        snprintf(other_out->dsn, sizeof(other_out->dsn), "%s", kit->second_dsn);
        if (is_another(kit, other_out))
            return KIT_PASS;
        return kit_skip(kit, "--second-dsn does not open, or is the same store");
    }
    KIT_TRY(kit_elsewhere(kit, visit, &empty));
    if (kit_new_dsn(kit, "-ckpt-second", other_out->dsn, sizeof(other_out->dsn)) &&
        is_another(kit, other_out))
        return KIT_PASS;
    snprintf(other_out->dsn, sizeof(other_out->dsn), "%s", kit->dsn);
    snprintf(other_out->schema, sizeof(other_out->schema), "%.100s_second", kit->schema);
    if (is_another(kit, other_out))
        return KIT_PASS;
    return kit_skip(kit, "no second store could be derived from the DSN; give --second-dsn");
}

static int forget(struct kit *kit, void *payload)
{
    const struct kit_other *other = payload;
    struct ckpt_error err = kit_error();
    KIT_STORE store = {0};

    KIT_TRY(kit_open_at(kit, &store, other->dsn, other->schema, 0));
    if (kit->driver->retire)
        (void)kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
    else
        (void)kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_ALL, NULL));
    return KIT_PASS;
}

void kit_forget_other(struct kit *kit, const struct kit_other *other)
{
    struct kit own = *kit;
    struct kit_other copy = *other;

    (void)kit_elsewhere(&own, forget, &copy);
    if (!kit->second_dsn && strcmp(kit->dsn, other->dsn) != 0)
        kit_remove_files(other->dsn);
}

bool kit_new_dsn(const struct kit *kit, const char *suffix, char *dsn_out, size_t size)
{
    const char *place = kit_place(kit);
    size_t len = strlen(kit->dsn);

    while (len > 1 && kit->dsn[len - 1] == '/')
        len--;
    return place && (size_t)snprintf(dsn_out, size, "%.*s%s", (int)len, kit->dsn, suffix) < size;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Splits at the last slash. */
static void split(const char *path, char folder_out[KIT_PATH], const char **base_out)
{
    const char *slash = strrchr(path, '/');

    *base_out = slash ? slash + 1 : path;
    snprintf(folder_out, KIT_PATH, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

void kit_list_names(struct kit_names *names_out, const char *path)
{
    char folder[KIT_PATH];
    const char *base;
    struct dirent *entry;
    DIR *dir;

    split(path, folder, &base);
    names_out->count = 0;
    dir = opendir(folder);
    while (dir && (entry = readdir(dir)) != NULL && names_out->count < KIT_NAMES)
        if (strncmp(entry->d_name, base, strlen(base)) == 0)
            snprintf(names_out->names[names_out->count++], KIT_NAME, "%.255s", entry->d_name);
    if (dir)
        closedir(dir);
    qsort(names_out->names, names_out->count, KIT_NAME, by_name);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    (void)remove(path);
    return 0;
}

void kit_remove_path(const char *path)
{
    enum { OPEN_FOLDERS = 8 };

    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void kit_remove_files(const char *dsn)
{
    char folder[KIT_PATH], name[KIT_PATH + KIT_NAME];
    struct kit_names names;
    const char *base;

    split(path_of(dsn), folder, &base);
    kit_list_names(&names, path_of(dsn));
    for (size_t i = 0; i < names.count; i++) {
        snprintf(name, sizeof(name), "%s/%s", folder, names.names[i]);
        kit_remove_path(name);
    }
}

uint64_t kit_digest_file(const char *path)
{
    FILE *file = fopen(path, "re");
    uint64_t digest = UINT64_C(14695981039346656037);
    int c;

    if (!file)
        return 0;
    while ((c = getc(file)) != EOF)
        digest = (digest ^ (uint64_t)c) * UINT64_C(1099511628211);
    fclose(file);
    return digest;
}
