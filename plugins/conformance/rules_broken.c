/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about damage. The kit damages files itself where the DSN is the path of one (on a store of
 * its own), and else with a command of the user (--break), which comes last: the store is of no use
 * afterwards.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/world.h"

#define T1 "`shop`.`item`"

enum { CHUNKS = 200, EXTRA = 1500, BLOCK = 4096 };

static void count(void *payload)
{
    ++*(size_t *)payload;
}

static int count_task(const struct ckpt_task *record, void *payload)
{
    (void)record;
    count(payload);
    return 0;
}

static int count_table(const struct ckpt_table *record, void *payload)
{
    (void)record;
    count(payload);
    return 0;
}

static int count_chunk(const struct ckpt_chunk *record, void *payload)
{
    (void)record;
    count(payload);
    return 0;
}

/* Opens read-only and reads: an error anywhere, or what must be there. `chunks`: at least so many.
 */
static int expect_error_or_all(struct kit *kit, const char *dsn, const char *what, size_t chunks)
{
    struct ckpt_open_args args = kit_args(kit, dsn, CKPT_OPEN_READ_ONLY);
    const struct ckpt_driver *driver = kit->driver;
    struct ckpt_error err = kit_error();
    struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};
    KIT_STORE store = {.kit = kit};
    size_t seen = 0;
    int rc = driver->open(&store.handle, &args, &err);

    visitor.payload = &seen;
    if (rc < 0)
        return kit_expect(kit, "open of damaged data", rc, CKPT_ERR, &err);
    visitor.task = count_task;
    rc = driver->load_task(store.handle, &visitor, &err);
    KIT_CHECK(rc < 0 || (rc == CKPT_OK && seen == 1),
              "with %s load_task returns %d and %zu tasks; it is damaged, not absent", what, rc,
              seen);
    seen = 0;
    visitor.task = NULL;
    visitor.chunk = count_chunk;
    err = kit_error();
    rc = driver->load_table(store.handle, kit_str(T1), &visitor, &err);
    KIT_CHECK(rc < 0 || (rc == CKPT_OK && seen >= chunks),
              "with %s load_table returns %d and %zu chunks; it is damaged, not absent", what, rc,
              seen);
    seen = 0;
    visitor.chunk = NULL;
    visitor.table = count_table;
    err = kit_error();
    rc = driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err);
    KIT_CHECK(rc < 0 || (rc == CKPT_OK && seen == 1),
              "with %s each_table returns %d and %zu tables; it is damaged, not absent", what, rc,
              seen);
    return KIT_PASS;
}

/* The task and the table in the first apply, the chunks in later ones. */
static int fill(struct kit *kit, struct kit_store *store)
{
    static const char filler[EXTRA] = "filler";
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change changes[] = {kit_delete(CKPT_DELETE_ALL, NULL),
                                          kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table)};

    KIT_TRY(kit_apply(kit, store, changes, 3));
    for (int64_t i = 0; i < CHUNKS; i++) {
        struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", i);

        chunk.extra = (struct ckpt_str){filler, EXTRA};
        KIT_TRY(kit_apply_one(kit, store, kit_put(CKPT_PUT_CHUNK, &chunk)));
    }
    return KIT_PASS;
}

/* The bytes of a file; damage is done to copies of them. */
struct image {
    char *bytes;
    size_t size;
};

static void image_done(struct image *image)
{
    free(image->bytes);
}

#define IMAGE TL_CLEANUP(image_done) struct image

static int image_read(struct kit *kit, struct image *image, const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat st;

    KIT_CHECK(file && fstat(fileno(file), &st) == 0, "cannot read '%s'", path);
    image->size = (size_t)st.st_size;
    image->bytes = malloc(image->size + 1);
    if (!image->bytes || fread(image->bytes, 1, image->size, file) != image->size)
        image->size = 0;
    fclose(file);
    return KIT_PASS;
}

/* In place: the file keeps its owner and mode. zero_at: a block that becomes zeros, `size` = none.
 */
static int image_write(struct kit *kit, const struct image *image, const char *path, size_t size,
                       size_t zero_at)
{
    static const char zeros[BLOCK];
    FILE *file = fopen(path, "r+e");
    bool good;

    KIT_CHECK(file, "cannot write '%s'", path);
    good = ftruncate(fileno(file), 0) == 0 && fwrite(image->bytes, 1, size, file) == size;
    if (zero_at + BLOCK <= size)
        good &= fseek(file, (long)zero_at, SEEK_SET) == 0 && fwrite(zeros, 1, BLOCK, file) == BLOCK;
    KIT_CHECK(fclose(file) == 0 && good, "cannot write '%s'", path);
    return KIT_PASS;
}

/* The file that holds the records: the store itself, or the largest file of a store that is a
   folder. */
static void find_data(const char *dsn, char path_out[KIT_PATH])
{
    DIR *folder = opendir(dsn);
    const struct dirent *entry;
    off_t largest = -1;

    snprintf(path_out, KIT_PATH, "%s", dsn);
    while (folder && (entry = readdir(folder)) != NULL) {
        char path[KIT_PATH];
        struct stat st;

        if (snprintf(path, sizeof(path), "%s/%s", dsn, entry->d_name) < (int)sizeof(path) &&
            lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > largest) {
            largest = st.st_size;
            memcpy(path_out, path, sizeof(path));
        }
    }
    if (folder)
        closedir(folder);
}

static int damage_everywhere(struct kit *kit, const char *dsn)
{
    KIT_STORE store = {0};
    IMAGE image = {0};
    char what[100], path[KIT_PATH];

    KIT_TRY(kit_open_at(kit, &store, dsn, NULL, 0));
    KIT_TRY(fill(kit, &store));
    kit_close(&store);
    find_data(dsn, path);
    KIT_TRY(image_read(kit, &image, path));
    if (image.size < (size_t)CHUNKS * EXTRA)
        return kit_skip(kit, "the records are not in one file at the path of the DSN");
    for (size_t part = 0; part < 12; part++) {
        size_t at = image.size * part / 16 / BLOCK * BLOCK;

        KIT_TRY(image_write(kit, &image, path, image.size, at));
        snprintf(what, sizeof(what), "a block of zeros at byte %zu of %zu", at, image.size);
        KIT_TRY(expect_error_or_all(kit, dsn, what, CHUNKS));
    }
    for (size_t cut = 1; cut < image.size / 2; cut = cut * 7 + 1) {
        KIT_TRY(image_write(kit, &image, path, image.size - cut, image.size));
        snprintf(what, sizeof(what), "the last %zu of %zu bytes cut off", cut, image.size);
        KIT_TRY(expect_error_or_all(kit, dsn, what, 0)); /* a crash may leave that, too */
    }
    KIT_TRY(image_write(kit, &image, path, image.size, image.size));
    return expect_error_or_all(kit, dsn, "no damage", CHUNKS);
}

/* The same after so many applies that a driver has tidied its store up; only cut off then. */
static int cut_tidied(struct kit *kit, const char *dsn)
{
    enum { ROUNDS = 12 };
    KIT_STORE store = {0};
    IMAGE image = {0};
    char what[100], path[KIT_PATH];

    KIT_TRY(kit_open_at(kit, &store, dsn, NULL, 0));
    for (int i = 0; i < ROUNDS; i++)
        KIT_TRY(fill(kit, &store));
    kit_close(&store);
    find_data(dsn, path);
    KIT_TRY(image_read(kit, &image, path));
    if (image.size < (size_t)CHUNKS * EXTRA)
        return kit_skip(kit, "the records are not in one file at the path of the DSN");
    for (size_t part = 15; part >= 3; part--) {
        size_t size = image.size * part / 16;

        KIT_TRY(image_write(kit, &image, path, size, image.size));
        snprintf(what, sizeof(what), "all but the first %zu of %zu bytes cut off", size,
                 image.size);
        KIT_TRY(expect_error_or_all(kit, dsn, what, 0));
    }
    return KIT_PASS;
}

typedef int (*at_path_fn)(struct kit *kit, const char *path);

/* Runs fn on a path beside the store, where nothing is; folders: also if the store is a folder. */
static int beside(struct kit *kit, at_path_fn fn, bool folders)
{
    KIT_STORE store = {0};
    char dsn[KIT_PATH];
    struct stat st;
    int answer;

    KIT_TRY(kit_open(kit, &store, 0));
    if (!kit_place(kit) || stat(kit_place(kit), &st) != 0 ||
        !(S_ISREG(st.st_mode) || (folders && S_ISDIR(st.st_mode))) || kit_place(kit) != kit->dsn ||
        !kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    kit_remove_files(dsn);
    answer = fn(kit, dsn);
    kit_remove_files(dsn);
    return answer;
}

static int damage_is_told(struct kit *kit)
{
    return beside(kit, damage_everywhere, true);
}

static int cut_is_told(struct kit *kit)
{
    return beside(kit, cut_tidied, true);
}

static int open_foreign(struct kit *kit, const char *path)
{
    static const char *const texts[] = {
        "-- a dump of somebody\nINSERT INTO t VALUES (1);\n",
        "{\"json\": [1, 2, 3], \"filler\": \"0123456789012345678901234567890123456789\"}\n"};

    for (size_t i = 0; i < 4; i++) {
        struct ckpt_open_args args = kit_args(kit, path, i % 2 ? CKPT_OPEN_READ_ONLY : 0);
        struct ckpt_error err = kit_error();
        struct ckpt_store *store = NULL;
        FILE *file = fopen(path, "we");
        uint64_t digest;
        int rc;

        KIT_CHECK(file && fputs(texts[i / 2], file) >= 0 && fclose(file) == 0, "cannot write '%s'",
                  path);
        (void)chmod(path, 0600);
        digest = kit_digest_file(path);
        rc = kit->driver->open(&store, &args, &err);
        if (rc == CKPT_OK)
            kit->driver->close(store);
        KIT_TRY(kit_expect(kit, "open of a file of another kind", rc, CKPT_ERR_CORRUPT, &err));
        KIT_CHECK(kit_digest_file(path) == digest, "open changed a file of another kind");
    }
    return KIT_PASS;
}

static int foreign_is_refused(struct kit *kit)
{
    return beside(kit, open_foreign, false);
}

/* The one failure that nobody may make: data that cannot be read is "not there". */
static int damage_is_not_absence(struct kit *kit)
{
    KIT_STORE store = {0};
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    int status;

    if (!kit->break_command)
        return kit_skip(kit, "no command was given with --break");
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(fill(kit, &store));
    kit_close(&store);
    dup2(kit->user_fd, STDOUT_FILENO); /* the user's command may speak to the user */
    dup2(kit->user_fd, STDERR_FILENO);
    status = system(kit->break_command);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    KIT_CHECK(status == 0, "the command of --break failed");
    {
        struct ckpt_open_args args = kit_args(kit, kit->dsn, CKPT_OPEN_READ_ONLY);
        const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};
        struct ckpt_error why = kit_error();
        int rc = kit->driver->open(&store.handle, &args, &why);

        if (rc < 0)
            return kit_expect(kit, "open of damaged data", rc, CKPT_ERR, &why);
        rc = kit->driver->load_task(store.handle, &visitor, &why);
        if (rc < 0)
            KIT_TRY(kit_expect(kit, "load_task of damaged data", rc, CKPT_ERR, &why));
        KIT_CHECK(rc <= 0, "load_task of damaged data returns %d", rc);
        why = kit_error();
        rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &why);
        return kit_expect(kit, "load_table of damaged data", rc, CKPT_ERR, &why);
    }
}

const struct kit_rule kit_rules_broken[] = {
    {"damage", "damage in a file is an error, never \"not found\"", damage_is_told, 0},
    {"damage-tidied", "a large file that was cut off is an error, never \"not found\"", cut_is_told,
     0},
    {"foreign", "a file of another kind is refused untouched", foreign_is_refused, 0},
    {"damage-command", "what --break damages is an error, never \"not found\"",
     damage_is_not_absence, 0},
    {NULL, NULL, NULL, 0},
};
