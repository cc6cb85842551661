/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry against shared objects of all sorts (drivers/variant.c).
 */
#include "core/checkpoint/registry.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tl_error err;
static const struct tl_registry_path here = {.configured = TL_TEST_VARIANTS};

static int load(const char *name)
{
    struct tl_ckpt_module *module = NULL;
    int rc;

    tl_error_init(&err);
    rc = tl_registry_load(&module, name, &here, &err);
    ck_assert((rc == TL_OK) == (module != NULL));
    tl_ckpt_module_free(module);
    return rc;
}

/* A folder under /tmp, made for this test. */
static const char *make_folder(void)
{
    static char folder[64];

    snprintf(folder, sizeof(folder), "/tmp/tl-registry-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

static void copy_good(const char *to)
{
    char command[512];

    snprintf(command, sizeof(command), "cp %s/ckpt-good.so %s && chmod 644 %s", TL_TEST_VARIANTS,
             to, to);
    ck_assert_int_eq(system(command), 0);
}

static void remove_folder(const char *folder)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(driver_is_found_by_name_and_by_path)
{
    struct tl_ckpt_module *module = NULL;

    tl_error_init(&err);
    ck_assert_msg(tl_registry_load(&module, "good", &here, &err) == TL_OK, "%s", err.message);
    ck_assert_str_eq(module->driver.name, "good");
    ck_assert_str_eq(module->path, TL_TEST_VARIANTS "/ckpt-good.so");
    ck_assert_uint_eq(module->driver.capabilities, CKPT_CAP_PARALLEL | CKPT_CAP_SHARED);
    tl_ckpt_module_free(module);
    ck_assert_int_eq(load(TL_TEST_VARIANTS "/ckpt-good.so"), TL_OK);
}
END_TEST

START_TEST(larger_driver_is_cut_and_smaller_is_filled)
{
    struct tl_ckpt_module *module = NULL;

    ck_assert_int_eq(load("larger"), TL_OK);
    ck_assert_int_eq(tl_registry_load(&module, "smaller", &here, &err), TL_OK);
    ck_assert(module->driver.retire == NULL && module->driver.default_dsn == NULL);
    ck_assert(module->driver.each_table != NULL);
    tl_ckpt_module_free(module);
}
END_TEST

static const struct {
    const char *name;
    const char *why;
} refused[] = {
    {"old", "ABI 0"},
    {"future", "ABI 2"},
    {"missing", "lacks the required method apply"},
    {"tiny", "too small"},
    {"noentry", "ckpt_driver_entry"},
    {"undefined", "ckpt_variant_nobody_defines_this"},
    {"null", "no driver struct"},
    {"misnamed", "called 'good'"},
    {"badname", "name that is not"},
    {"text", "not a shared object"},
    {"noname", "has no name"},
    {"huge", "size that cannot be right"},
    {"bounds", "lower bound is above"},
    {"outside", "default is no value"},
    {"notbool", "default is no value"},
    {"twice", "'a' twice"},
    {"nohelp", "without help"},
    {"badtype", "unknown type"},
    {"badrow", "option whose name"},
    {"library", "libvariant_library.so"},
};

START_TEST(unfit_driver_is_refused)
{
    ck_assert_int_eq(load(refused[_i].name), TL_ERR_USAGE);
    ck_assert_msg(strstr(err.message, refused[_i].why) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, refused[_i].name));
    ck_assert_msg(err.hint[0] != '\0', "no hint: %s", err.message);
}
END_TEST

START_TEST(unknown_driver_lists_places_and_drivers)
{
    ck_assert_int_eq(load("nosuch"), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, TL_TEST_VARIANTS));
    ck_assert_ptr_nonnull(strstr(err.message, "good"));
    ck_assert_ptr_nonnull(strstr(err.message, "larger"));
}
END_TEST

static const char *const bad_names[] = {"",        "Good", "a b",       "../good",
                                        "good.so", "a/b",  "ckpt_good", "./ckpt-good.so"};

START_TEST(name_of_other_characters_is_refused)
{
    ck_assert_int_eq(load(bad_names[_i]), TL_ERR_USAGE);
    ck_assert_msg(strstr(err.message, "neither a driver's name") != NULL, "%s", err.message);
}
END_TEST

START_TEST(file_or_folder_of_others_is_refused)
{
    const char *folder = make_folder();
    char file[128];

    snprintf(file, sizeof(file), "%s/ckpt-good.so", folder);
    copy_good(file);
    ck_assert_int_eq(load(file), TL_OK);
    ck_assert_int_eq(chmod(file, 0666), 0);
    ck_assert_int_eq(load(file), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "changed by other users"));
    ck_assert_int_eq(chmod(file, 0644), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    ck_assert_int_eq(load(file), TL_ERR_USAGE);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(file, 4711, 4711), 0);
        ck_assert_int_eq(load(file), TL_ERR_USAGE);
    }
    remove_folder(folder);
}
END_TEST

START_TEST(folder_as_driver_is_refused)
{
    const char *folder = make_folder();

    ck_assert_int_eq(load(folder), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "not a regular file"));
    remove_folder(folder);
    ck_assert_int_eq(load(folder), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot find"));
}
END_TEST

/* The byte of the ELF head that a copy of the good driver gets; where, what, and the answer. */
static const struct {
    long at;
    int byte;
    const char *why;
} heads[] = {
    {0, 'x', "not a shared object"}, /* no ELF file */
    {16, 1, "not a shared object"},  /* an object file */
    {18, 0x5f, "another kind of machine"},
    {4, 1, "another kind of machine"}, /* 32 bits */
};

START_TEST(file_of_another_kind_is_named)
{
    const char *folder = make_folder();
    char file[128];
    FILE *f;

    snprintf(file, sizeof(file), "%s/ckpt-good.so", folder);
    copy_good(file);
    f = fopen(file, "r+");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, heads[_i].at, SEEK_SET), 0);
    ck_assert_int_eq(fputc(heads[_i].byte, f), heads[_i].byte);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(load(file), TL_ERR_USAGE);
    ck_assert_msg(strstr(err.message, heads[_i].why) != NULL, "%s", err.message);
    ck_assert(err.hint[0] != '\0');
    ck_assert_int_eq(truncate(file, 10), 0);
    ck_assert_int_eq(load(file), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "not a shared object"));
    remove_folder(folder);
}
END_TEST

/* A new file each time: the loader keeps the one that it has mapped. */
static void copy_head(const char *to, long size)
{
    char command[512];

    snprintf(command, sizeof(command), "rm -f %s && head -c %ld %s/ckpt-good.so >%s", to, size,
             TL_TEST_VARIANTS, to);
    ck_assert_int_eq(system(command), 0);
}

/* Whatever the length: an answer and no signal. A copy may have been cut off anywhere. */
START_TEST(file_that_was_cut_off_is_refused)
{
    const char *folder = make_folder();
    char file[128];
    struct stat whole;

    snprintf(file, sizeof(file), "%s/ckpt-good.so", folder);
    ck_assert_int_eq(stat(TL_TEST_VARIANTS "/ckpt-good.so", &whole), 0);
    for (long size = 64; size < whole.st_size; size += whole.st_size / 40) {
        copy_head(file, size);
        if (load(file) == TL_OK)
            continue; /* what is missing belongs to debuggers */
        ck_assert_int_eq(err.code, TL_ERR_USAGE);
        ck_assert_msg(strstr(err.message, "has been cut off") != NULL, "%s", err.message);
        ck_assert(err.hint[0] != '\0');
    }
    copy_head(file, 64);
    ck_assert_int_eq(load(file), TL_ERR_USAGE);
    remove_folder(folder);
}
END_TEST

START_TEST(environment_names_folders)
{
    const char *folder = make_folder();
    struct tl_ckpt_module *module = NULL;
    char file[128], list[256];

    snprintf(file, sizeof(file), "%s/ckpt-good.so", folder);
    copy_good(file);
    snprintf(list, sizeof(list), ":/no/such/folder:%s:", folder);
    ck_assert_int_eq(setenv("TIDB_LIGHTNING_DRIVER_PATH", list, 1), 0);
    ck_assert_int_eq(tl_registry_load(&module, "good", NULL, &err), TL_OK);
    ck_assert_str_eq(module->path, file);
    tl_ckpt_module_free(module);
    ck_assert_int_eq(tl_registry_load(&module, "good", &here, &err), TL_OK);
    ck_assert_str_eq(module->path, TL_TEST_VARIANTS "/ckpt-good.so"); /* the configured one first */
    tl_ckpt_module_free(module);
    remove_folder(folder);
}
END_TEST

struct count {
    int loaded;
    int refused;
};

static int on_driver(const char *path, const struct tl_ckpt_module *module,
                     const struct tl_error *why, void *payload)
{
    struct count *count = payload;

    ck_assert_ptr_nonnull(path);
    ck_assert(module || why->message[0]);
    if (module)
        count->loaded++;
    else
        count->refused++;
    return 0;
}

START_TEST(each_shows_loaded_and_refused)
{
    struct count count = {0};

    ck_assert_int_eq(tl_registry_each(&here, on_driver, &count, &err), TL_OK);
    ck_assert_int_ge(count.loaded, 3);
    ck_assert_int_ge(count.refused, (int)(sizeof(refused) / sizeof(refused[0])));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("registry");
    TCase *t = tcase_create("registry");

    tcase_add_test(t, driver_is_found_by_name_and_by_path);
    tcase_add_test(t, larger_driver_is_cut_and_smaller_is_filled);
    tcase_add_loop_test(t, unfit_driver_is_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(t, unknown_driver_lists_places_and_drivers);
    tcase_add_loop_test(t, name_of_other_characters_is_refused, 0,
                        sizeof(bad_names) / sizeof(bad_names[0]));
    tcase_add_test(t, file_or_folder_of_others_is_refused);
    tcase_add_test(t, folder_as_driver_is_refused);
    tcase_add_loop_test(t, file_of_another_kind_is_named, 0, sizeof(heads) / sizeof(heads[0]));
    tcase_add_test(t, file_that_was_cut_off_is_refused);
    tcase_add_test(t, environment_names_folders);
    tcase_add_test(t, each_shows_loaded_and_refused);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
