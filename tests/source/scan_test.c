/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan: what catalogue comes out of which file names and options, and that nothing that may be
 * part of the dump is passed over silently.
 */
#include "core/source/scan.h"

#include <check.h>
#include <stdint.h>

#include "tests/source/describe.h"
#include "tests/source/tempdir.h"

#define S(text) ((char *)(uintptr_t)(text))

enum { MAX_FILES = 10, MAX_RULES = 3 };

static struct tempdir dir;

static void setup(void)
{
    tempdir_init(&dir);
}

static void teardown(void)
{
    tempdir_done(&dir);
}

static struct tl_strings list_of(char **items)
{
    struct tl_strings list = {items, 0};

    while (list.count < MAX_RULES && items[list.count])
        list.count++;
    return list;
}

struct scenario {
    const char *name;
    const char *files[MAX_FILES]; /* `path` or `path=content` */
    const char *filter[MAX_RULES];
    struct tl_route routes[MAX_RULES];
    const char *expect; /* the description; with an error: a part of its message */
    int rc;
    size_t skipped;
};

static const struct scenario scenarios[] = {
    {.name = "a dump of Dumpling",
     .files = {"metadata", "a-schema-create.sql", "a.t-schema.sql", "a.t.000000001.sql=x",
               "a.t.000000000.sql=xx", "a.v-schema.sql", "a.v-schema-view.sql"},
     .expect = "a>a a-schema-create.sql\n"
               "a.v>a.v a.v-schema.sql a.v-schema-view.sql |\n"
               "a.t>a.t a.t-schema.sql - | a.t.000000000.sql a.t.000000001.sql\n",
     .skipped = 1},
    {.name = "tables by size, then name; keys are text; data without a schema file",
     .files = {"b.big.sql=xxxx", "b.y.csv=x", "b.x.csv=x", "a.z.9.sql=x", "a.z.10.sql=x",
               "sub/a.z.10.sql=x"},
     .expect = "a>a -\nb>b -\n"
               "a.z>a.z - - | a.z.10.sql sub/a.z.10.sql a.z.9.sql\n"
               "b.x>b.x - - | b.x.csv\nb.y>b.y - - | b.y.csv\nb.big>b.big - - | b.big.sql\n"},
    {.name = "chunk numbers of newer mydumper versions go to the table that is declared",
     .files = {"a-schema-create.sql", "a.t-schema.sql", "a.t.00000.sql", "a.t.00001.sql",
               "a.t.00000.00001.sql", "a.u.00000-schema.sql", "a.u-schema.sql",
               "a.u.00000.00001.sql", "a.w.00000.00001.sql"},
     .expect = "a>a a-schema-create.sql\n"
               "a.t>a.t a.t-schema.sql - | a.t.00000.sql a.t.00000.00001.sql a.t.00001.sql\n"
               "a.u>a.u a.u-schema.sql - |\n"
               "a.u.00000>a.u.00000 a.u.00000-schema.sql - | a.u.00000.00001.sql\n"
               "a.w.00000>a.w.00000 - - | a.w.00000.00001.sql\n"},
    {.name = "they are resolved before the filter",
     .files = {"a.t-schema.sql", "a.t.00000.00001.sql", "a.u.sql"},
     .filter = {"a.t"},
     .expect = "a>a -\na.t>a.t a.t-schema.sql - | a.t.00000.00001.sql\n",
     .skipped = 1},
    {.name = "triggers and the like are left out, and counted",
     .files = {"a.t.sql", "a.t-schema-triggers.sql", "a-schema-post.sql", "a.s-schema-sequence.sql",
               "x.sql", ".hidden", "a.t.sql.bak"},
     .expect = "a>a -\na.t>a.t - - | a.t.sql\n",
     .skipped = 6},
    {.name = "the filter takes files of system schemas and unwanted databases",
     .files = {"mysql-schema-create.sql", "mysql.user.sql", "sys.x.parquet", "A.T.sql",
               "B-schema-create.sql"},
     .expect = "A>A -\nB>B B-schema-create.sql\nA.T>A.T - - | A.T.sql\n",
     .skipped = 3},
    {.name = "a database without tables is kept",
     .files = {"a-schema-create.sql"},
     .expect = "a>a a-schema-create.sql\n"},
    {.name = "routes merge shards, and databases that nobody needs are left out",
     .files = {"s1-schema-create.sql", "s1.t1-schema.sql", "s1.t1.sql", "s2.t2.sql", "s2.u.sql",
               "e1-schema-create.sql"},
     .routes = {{S("s*"), S("t*"), S("all"), S("t")}, {S("e?"), NULL, S("empty"), NULL}},
     .expect = "s1>all s1-schema-create.sql\ne1>empty e1-schema-create.sql\ns2>s2 -\n"
               "s1.t1>all.t s1.t1-schema.sql - | s1.t1.sql\n"
               "s2.t2>all.t - - | s2.t2.sql\ns2.u>s2.u - - | s2.u.sql\n"},
    {.name = "the filter sees the names before routing",
     .files = {"s1.t.sql", "s2.t.sql"},
     .filter = {"s1.*"},
     .routes = {{S("s*"), NULL, S("all"), NULL}},
     .expect = "s1>all -\ns1.t>all.t - - | s1.t.sql\n",
     .skipped = 1},
    {.name = "with routes, schema files of several servers may meet",
     .files = {"1/a-schema-create.sql", "2/a-schema-create.sql", "1/a.t-schema.sql",
               "2/a.t-schema.sql"},
     .routes = {{S("a"), NULL, S("b"), NULL}},
     .expect = "a>b 1/a-schema-create.sql\na.t>b.t 1/a.t-schema.sql - |\n"},
    {.name = "names may hold anything but a NUL",
     .files = {"a.t\n\xc3\xa9.sql", "sub dir/a%2Eb.c%2Ed.sql.gz"},
     .expect = "a>a -\na.b>a.b -\na.t\n\xc3\xa9>a.t\n\xc3\xa9 - - | a.t\n\xc3\xa9.sql\n"
               "a.b.c.d>a.b.c.d - - | sub dir/a%2Eb.c%2Ed.sql.gz\n"},
    {.name = "routes give a name to what has none in UTF-8",
     .files = {"a.t%FF.sql"},
     .routes = {{S("a"), S("t*"), S("b"), S("u")}},
     .expect = "a>b -\na.t\xff>b.u - - | a.t%FF.sql\n"},
    /* errors */
    {.name = "a table's name that is not UTF-8",
     .files = {"a.t%E9.sql"},
     .rc = TL_ERR_DATA,
     .expect = "file 'a.t%E9.sql': the name of its table or database is not UTF-8"},
    {.name = "a path that is not UTF-8",
     .files = {"\xe9/a.t.sql"},
     .rc = TL_ERR_DATA,
     .expect = "/\xe9/a.t.sql': the path is not UTF-8"},
    {.name = "two files for a database",
     .files = {"a-schema-create.sql", "x/a-schema-create.sql"},
     .rc = TL_ERR_DATA,
     .expect = "invalid database schema file, duplicated item - x/a-schema-create.sql"},
    {.name = "two files for a table",
     .files = {"a.t-schema.sql", "a.t-schema.sql.gz"},
     .rc = TL_ERR_DATA,
     .expect = "invalid table schema file, duplicated item - a.t-schema.sql.gz"},
    {.name = "a view alone",
     .files = {"a.v-schema-view.sql"},
     .rc = TL_ERR_DATA,
     .expect = "invalid view schema file, miss host table schema for view 'v'"},
    {.name = "data of a view",
     .files = {"a.v-schema.sql", "a.v-schema-view.sql", "a.v.sql"},
     .rc = TL_ERR_DATA,
     .expect = "file 'a.v.sql' has data for 'a.v', which is a view"},
    {.name = "an unknown compression",
     .files = {"a.t.sql", "a.t.sql.tmp"},
     .rc = TL_ERR_DATA,
     .expect = "file 'a.t.sql.tmp': invalid compression type 'tmp'"},
    {.name = "a compression that cannot be read",
     .files = {"a.t.sql.lz4"},
     .rc = TL_ERR_USAGE,
     .expect = "compression 2 doesn't have related storage compressType"},
    {.name = "parquet",
     .files = {"a.t.1.parquet"},
     .rc = TL_ERR_DATA,
     .expect = "parquet is not supported yet: file '"},
    {.name = "a database with a dot in a file name",
     .files = {"a.b-schema-create.sql"},
     .rc = TL_ERR_DATA,
     .expect = "a schema name in a file name must not have a dot"},
    {.name = "an empty directory", .rc = TL_ERR_DATA, .expect = "nothing to import in '"},
    {.name = "no file of a dump",
     .files = {"dump.sql", "metadata"},
     .rc = TL_ERR_DATA,
     .expect = "none of its 2 files is named like one of a dump"},
    {.name = "all filtered out",
     .files = {"a.t.sql"},
     .filter = {"b.*"},
     .rc = TL_ERR_DATA,
     .expect = "the filter excludes all 1 files"},
    {.name = "a bad filter",
     .files = {"a.t.sql"},
     .filter = {"b"},
     .rc = TL_ERR_USAGE,
     .expect = "filter rule 'b'"},
    {.name = "routes that do not agree",
     .files = {"a.t.sql"},
     .routes = {{S("a"), NULL, S("x"), NULL}, {S("*"), NULL, S("y"), NULL}},
     .rc = TL_ERR_USAGE,
     .expect = "matches more than one rule"},
};

static void write_files(const char *const *files)
{
    for (size_t i = 0; i < MAX_FILES && files[i]; i++) {
        const char *content = strchr(files[i], '=');
        char name[256];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(files[i], "="), files[i]);
        tempdir_write(&dir, name, content ? content + 1 : "", content ? strlen(content + 1) : 0);
    }
}

START_TEST(files_and_options_make_this_catalogue)
{
    const struct scenario *s = &scenarios[_i];
    struct tl_options options = {.source_dir = dir.path, .default_file_rules = true};
    TL_CLEANUP_BUF struct tl_buf text;
    struct tl_catalog *catalog = NULL;
    struct tl_error err;
    int rc;

    tl_buf_init(&text, 65536);
    write_files(s->files);
    options.filter = list_of((char **)(uintptr_t)s->filter);
    options.routes = (struct tl_route *)(uintptr_t)s->routes;
    while (options.route_count < MAX_RULES && s->routes[options.route_count].schema_pattern)
        options.route_count++;
    rc = tl_catalog_scan(&catalog, &options, &err);
    ck_assert_msg(rc == s->rc, "%s: %d %s", s->name, rc, rc ? err.message : "");
    if (rc != TL_OK) {
        ck_assert_ptr_null(catalog);
        ck_assert_msg(strstr(err.message, s->expect) != NULL, "%s: %s", s->name, err.message);
        return;
    }
    describe(&text, catalog);
    ck_assert_msg(strcmp(tl_buf_text(&text), s->expect) == 0, "%s:\n%s", s->name,
                  tl_buf_text(&text));
    ck_assert_uint_eq(catalog->skipped_files, s->skipped);
    tl_catalog_free(catalog);
}
END_TEST

START_TEST(routes_and_file_rules_exclude_each_other)
{
    struct tl_route route = {S("a"), NULL, S("b"), NULL};
    struct tl_file_rule rule = {.pattern = S("x"), .type = S("ignore")};
    struct tl_options options = {.source_dir = dir.path,
                                 .routes = &route,
                                 .route_count = 1,
                                 .file_rules = &rule,
                                 .file_rule_count = 1};
    struct tl_catalog *catalog = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_catalog_scan(&catalog, &options, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "can't config both [routes] and [mydumper.files]"));
    ck_assert_ptr_null(catalog);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scan");
    TCase *tc = tcase_create("scan");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, files_and_options_make_this_catalogue, 0,
                        (int)(sizeof(scenarios) / sizeof(scenarios[0])));
    tcase_add_test(tc, routes_and_file_rules_exclude_each_other);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
