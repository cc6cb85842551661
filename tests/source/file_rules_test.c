/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File rules: what the default rules make of each form of name, user rules with their templates,
 * and the errors of rules that are wrong.
 */
#include "core/source/file_rules.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define S(text) ((char *)(uintptr_t)(text))

enum { NO_RULE = -1 };

struct row {
    const char *path;
    int kind; /* enum tl_file_kind or NO_RULE */
    const char *db;
    const char *table;
    const char *key;
    enum tl_compression compression;
};

static const struct row rows[] = {
    {"db-schema-create.sql", TL_KIND_DB_SCHEMA, "db", "", "", 0},
    {"db-schema-create.sql.gz", TL_KIND_DB_SCHEMA, "db", "", "", TL_COMPRESSION_GZIP},
    {"x.y/z/db-schema-create.sql", TL_KIND_DB_SCHEMA, "db", "", "", 0},
    {"DB-SCHEMA-CREATE.SQL", TL_KIND_DB_SCHEMA, "DB", "", "", 0},
    {"db.t-schema.sql", TL_KIND_TABLE_SCHEMA, "db", "t", "", 0},
    {"db.t.x-schema.sql.zst", TL_KIND_TABLE_SCHEMA, "db", "t.x", "", TL_COMPRESSION_ZSTD},
    {"sub/db.t-schema-view.sql", TL_KIND_VIEW_SCHEMA, "db", "t", "", 0},
    {"db.t.sql", TL_KIND_SQL, "db", "t", "", 0},
    {"db.t.0001.sql", TL_KIND_SQL, "db", "t", "0001", 0},
    {"db.t.00000.00001.sql", TL_KIND_SQL, "db", "t.00000", "00001", 0},
    {"db.T.csv", TL_KIND_CSV, "db", "T", "", 0},
    {"db.t.0.CSV.GZ", TL_KIND_CSV, "db", "t", "0", TL_COMPRESSION_GZIP},
    {"db.t.1.csv.zstd", TL_KIND_CSV, "db", "t", "1", TL_COMPRESSION_ZSTD},
    {"db.t.1.sql.lz4", TL_KIND_SQL, "db", "t", "1", TL_COMPRESSION_LZ4},
    {"db.t.1.sql.snappy", TL_KIND_SQL, "db", "t", "1", TL_COMPRESSION_SNAPPY},
    {"db.a.b.c.sql", TL_KIND_SQL, "db", "a.b.c", "", 0},
    {"db.sql.sql", TL_KIND_SQL, "db", "sql", "", 0},
    {"a%2Eb.c%2fd.2.sql", TL_KIND_SQL, "a.b", "c/d", "2", 0},
    {"100%.x%zz.sql", TL_KIND_SQL, "100%", "x%zz", "", 0},
    {"db.x%00.sql", TL_KIND_SQL, "db", "x%00", "", 0},
    {"db.t\n\xff.sql", TL_KIND_SQL, "db", "t\n\xff", "", 0},
    {"db.t.parquet", TL_KIND_PARQUET, "db", "t", "", 0},
    {"db.t.1.snappy.parquet", TL_KIND_PARQUET, "db", "t", "1", 0},
    {"db.t-schema-trigger.sql", TL_KIND_NOT_IMPORTED, NULL, NULL, NULL, 0},
    {"db.t-schema-triggers.sql.gz", TL_KIND_NOT_IMPORTED, NULL, NULL, NULL, 0},
    {"db-schema-post.sql", TL_KIND_NOT_IMPORTED, NULL, NULL, NULL, 0},
    {"db.s-schema-sequence.sql", TL_KIND_NOT_IMPORTED, NULL, NULL, NULL, 0},
    {"db.t.sql.bak", TL_KIND_IGNORE, NULL, NULL, NULL, 0},
    {"db.t.sql.gz.BAK", TL_KIND_IGNORE, NULL, NULL, NULL, 0},
    {"metadata", NO_RULE, NULL, NULL, NULL, 0},
    {"dump.sql", NO_RULE, NULL, NULL, NULL, 0},
    {"x.y/dump.sql", NO_RULE, NULL, NULL, NULL, 0},
    {".db.t.sql", NO_RULE, NULL, NULL, NULL, 0},
    {"db.t.txt", NO_RULE, NULL, NULL, NULL, 0},
};

static void check_match(const struct tl_file_rules *rules, const struct row *row)
{
    struct tl_file_match match = {0};
    struct tl_error err;
    int rc = tl_file_rules_match(rules, row->path, &match, &err);

    if (row->kind == NO_RULE) {
        ck_assert_int_eq(rc, TL_NOT_FOUND);
        return;
    }
    ck_assert_msg(rc == TL_OK, "%s: %s", row->path, rc < 0 ? err.message : "no rule");
    ck_assert_msg((int)match.kind == row->kind, "%s: kind %d", row->path, (int)match.kind);
    ck_assert_pstr_eq(match.db, row->db);
    ck_assert_pstr_eq(match.table, row->table);
    ck_assert_pstr_eq(match.key, row->key);
    ck_assert_int_eq(match.compression, row->compression);
    tl_file_match_done(&match);
}

static int make(struct tl_file_rules **rules, const struct tl_file_rule *user, size_t count,
                bool defaults, struct tl_error *err)
{
    struct tl_options options = {.source_dir = S("/link/to/dump/"),
                                 .file_rules = (struct tl_file_rule *)(uintptr_t)user,
                                 .file_rule_count = count,
                                 .default_file_rules = defaults};

    return tl_file_rules_new(rules, &options, "/data/dump", err);
}

START_TEST(default_rules_read_the_names_of_a_dump)
{
    struct tl_file_rules *rules;
    struct tl_error err;

    ck_assert_int_eq(make(&rules, NULL, 0, true, &err), TL_OK);
    check_match(rules, &rows[_i]);
    tl_file_rules_free(rules);
}
END_TEST

static const char *const refused[][2] = {
    {"db.t.sql.foo", "file 'db.t.sql.foo': invalid compression type 'foo'"},
    {"db.t.csv.swp", "invalid compression type 'swp'"},
    {"a/db..sql", "file 'a/db..sql': the file rule gives an empty table name"},
};

START_TEST(names_with_an_invalid_part_are_errors)
{
    struct tl_file_rules *rules;
    struct tl_file_match match;
    struct tl_error err;

    ck_assert_int_eq(make(&rules, NULL, 0, true, &err), TL_OK);
    ck_assert_int_eq(tl_file_rules_match(rules, refused[_i][0], &match, &err), TL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, refused[_i][1]));
    tl_file_rules_free(rules);
}
END_TEST

static const struct tl_file_rule user[] = {
    {.pattern = S("^skip/"), .type = S("Ignore")},
    {.path = S("exact$1.sql"), .schema = S("a$b"), .table = S("$1"), .type = S("sql")},
    {.path = S("/data/dump/./x/../abs.csv"), .schema = S("a"), .table = S("abs"), .type = S("csv")},
    {.path = S("/link/to/dump/given.csv"), .schema = S("a"), .table = S("g"), .type = S("csv")},
    {.pattern = S("^(?P<where>[^/]+)/(\\w+)_(?P<part>\\d+)\\.(\\w+?)(?:\\.(gz))?$"),
     .schema = S("${where}_db"),
     .table = S("$2$$$"),
     .type = S("$4"),
     .key = S("$part"),
     .compression = S("$5")},
    {.pattern = S("\\.zst$"), .schema = S("z"), .table = S("t"), .type = S(" CSV ")},
};

static const struct row user_rows[] = {
    {"skip/db.t.sql", TL_KIND_IGNORE, NULL, NULL, NULL, 0},
    {"exact$1.sql", TL_KIND_SQL, "a$b", "$1", "", 0},
    {"xexact$1.sql", NO_RULE, NULL, NULL, NULL, 0},
    {"abs.csv", TL_KIND_CSV, "a", "abs", "", 0},
    {"given.csv", TL_KIND_CSV, "a", "g", "", 0},
    {"eu/orders_007.sql", TL_KIND_SQL, "eu_db", "orders$$", "007", 0},
    {"eu/orders_8.csv.gz", TL_KIND_CSV, "eu_db", "orders$$", "8", TL_COMPRESSION_GZIP},
    {"any.zst", TL_KIND_CSV, "z", "t", "", TL_COMPRESSION_ZSTD},
    {"a%2E.b%2E.sql", TL_KIND_SQL, "a.", "b.", "", 0},
};

START_TEST(user_rules_go_first_and_default_rules_follow)
{
    struct tl_file_rules *rules;
    struct tl_error err;

    ck_assert_int_eq(make(&rules, user, sizeof(user) / sizeof(user[0]), true, &err), TL_OK);
    check_match(rules, &user_rows[_i]);
    tl_file_rules_free(rules);
}
END_TEST

START_TEST(default_rules_are_left_out_if_not_asked_for)
{
    static const struct row row = {"db.t.sql", NO_RULE, NULL, NULL, NULL, 0};
    struct tl_file_rules *rules;
    struct tl_error err;

    ck_assert_int_eq(make(&rules, user, 1, false, &err), TL_OK);
    check_match(rules, &row);
    tl_file_rules_free(rules);
}
END_TEST

static const struct {
    struct tl_file_rule rule;
    const char *message;
} bad[] = {
    {{.type = S("sql")}, "`path` and `pattern` must not be both empty in [[mydumper.files]]"},
    {{.path = S("a"), .pattern = S("b")}, "can't set both `path` and `pattern` field"},
    {{.pattern = S("a")}, "field 'type' match pattern can't be empty"},
    {{.pattern = S("a"), .type = S("sql")}, "field 'schema' match pattern can't be empty"},
    {{.pattern = S("a"), .type = S("sql"), .schema = S("s")},
     "field 'table' match pattern can't be empty"},
    {{.pattern = S("(a)"), .type = S("$2"), .schema = S("s"), .table = S("t")},
     "sub pattern capture '$2' out of range"},
    {{.pattern = S("(a)"), .type = S("sql"), .schema = S("${x}"), .table = S("t")},
     "invalid named capture '${x}'"},
    {{.pattern = S("(a)"), .type = S("sql"), .schema = S("$1_"), .table = S("t")},
     "invalid named capture '$1_'"},
    {{.pattern = S("(a"), .type = S("sql")}, "missing closing parenthesis"},
    {{.pattern = S("a"), .type = S("orc"), .schema = S("s"), .table = S("t")},
     "unknown source type 'orc'"},
    {{.path = S("/else/a.sql"), .type = S("ignore")},
     "file route path '/else/a.sql' is not in source dir '/data/dump'"},
    {{.path = S("../a.sql"), .type = S("ignore")},
     "file route path '../a.sql' is not in source dir '/data/dump'"},
};

START_TEST(wrong_rules_are_errors_in_upstreams_words)
{
    struct tl_file_rule list[] = {{.pattern = S("x"), .type = S("ignore")}, bad[_i].rule};
    struct tl_file_rules *rules = NULL;
    struct tl_error err;

    ck_assert_int_eq(make(&rules, list, 2, false, &err), TL_ERR_USAGE);
    ck_assert_ptr_null(rules);
    ck_assert_msg(strstr(err.message, bad[_i].message) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "[[mydumper.files]] entry 2"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("file_rules");
    TCase *tc = tcase_create("file_rules");

    tcase_add_loop_test(tc, default_rules_read_the_names_of_a_dump, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(tc, names_with_an_invalid_part_are_errors, 0, 3);
    tcase_add_loop_test(tc, user_rules_go_first_and_default_rules_follow, 0,
                        (int)(sizeof(user_rows) / sizeof(user_rows[0])));
    tcase_add_test(tc, default_rules_are_left_out_if_not_asked_for);
    tcase_add_loop_test(tc, wrong_rules_are_errors_in_upstreams_words, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
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
