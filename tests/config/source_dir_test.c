/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/config/source_dir.c.
 */
#include "tests/config/load.h"

static const struct {
    const char *given;
    enum tl_program program;
    const char *path;    /* NULL = refused */
    const char *message; /* part of it, when refused */
} cases[] = {
    {"/data/dump", TL_PROGRAM_LOADER, "/data/dump", ""},
    {"dump", TL_PROGRAM_LOADER, "dump", ""},
    {"a:b", TL_PROGRAM_LOADER, "a:b", ""},
    {"file:///data/my%20dump", TL_PROGRAM_LOADER, "/data/my dump", ""},
    {"FILE:///data/100%", TL_PROGRAM_LOADER, "/data/100%", ""},
    {"local:///data/%zz%00", TL_PROGRAM_LOADER, "/data/%zz%00", ""},
    {"file://data", TL_PROGRAM_LOADER, NULL, "does not name an absolute path"},
    {"s3://bucket/x?secret-access-key=geheim", TL_PROGRAM_LOADER, NULL, "s3://... is not supp"},
    {"gcs://x", TL_PROGRAM_LOADER, NULL, "gcs://... is not supported"},
    {"noop://", TL_PROGRAM_LOADER, NULL, "noop://... is not supported"},
    {"noop://", TL_PROGRAM_CTL, "", ""},
    {"/data", TL_PROGRAM_CTL, "/data", ""},
};

START_TEST(a_source_is_a_local_directory)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    char flags[128];
    int rc;

    snprintf(flags, sizeof(flags), "-d %s", cases[_i].given);
    rc = load_flags(&options, cases[_i].program, flags, NULL, &err);
    ck_assert_int_eq(rc, cases[_i].path ? TL_OK : TL_ERR_USAGE);
    if (cases[_i].path)
        ck_assert_str_eq(options->source_dir, cases[_i].path);
    else
        ck_assert_msg(strstr(err.message, cases[_i].message) != NULL, "%s", err.message);
    ck_assert(cases[_i].path != NULL || strstr(err.message, "geheim") == NULL);
    tl_options_free(options);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_source_is_a_local_directory, 0, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
    return run_tests("source_dir", add);
}
