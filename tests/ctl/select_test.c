/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tables the argument of an operation means.
 */
#include "core/ctl/scene.h"
#include "import_fixture.h"

static struct fixture f;
static struct tl_scene scene;

static void setup(void)
{
    static const char *const names[][2] = {
        {"d", "a"}, {"d", "b"}, {"d.x", "y"}, {"d", "x.y"}, {"q`r", "s.t"}};

    fixture_init(&f);
    fixture_ok(&f, tl_plan_new(&f.plan, 1, "/dump", &f.err));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fixture_ok(&f, tl_plan_add_table(f.plan, names[i][0], names[i][1], &f.err));
    scene = (struct tl_scene){.plan = f.plan};
}

static void teardown(void)
{
    fixture_done(&f);
}

static const struct {
    const char *argument;
    const char *expected; /* a mark for each table, "" = refused */
} cases[] = {
    {"all", "11111"},
    {"`d`.`a`", "10000"},
    {"d.a", "10000"},
    {"d.b", "01000"},
    {"`d.x`.`y`", "00100"},
    {"`d`.`x.y`", "00010"},
    {"d.x.y", ""}, /* two tables */
    {"q`r.s.t", "00001"},
    {"`q``r`.`s.t`", "00001"},
    {"D.A", ""},
    {"d", ""},
    {"", ""},
    {"`d`.`a", ""},
    {"d.aa", ""},
    {"a", ""},
    {"d.a ", ""},
};

START_TEST(an_argument_means_these_tables)
{
    bool *marks = NULL;
    int rc = tl_scene_select(&scene, cases[_i].argument, &marks, &f.err);

    if (!cases[_i].expected[0]) {
        ck_assert_msg(rc == TL_ERR_USAGE, "'%s' was accepted", cases[_i].argument);
        ck_assert(marks == NULL && f.err.hint[0]);
        return;
    }
    fixture_ok(&f, rc);
    for (size_t i = 0; i < f.plan->table_count; i++)
        ck_assert_msg(marks[i] == (cases[_i].expected[i] == '1'), "'%s': table %zu",
                      cases[_i].argument, i);
    free(marks);
}
END_TEST

START_TEST(an_unknown_name_shows_the_known_ones)
{
    bool *marks;

    ck_assert_int_eq(tl_scene_select(&scene, "d.nothing", &marks, &f.err), TL_ERR_USAGE);
    ck_assert_msg(strstr(f.err.message, "d.nothing") && strstr(f.err.message, "'`d`.`a`'"), "%s",
                  f.err.message);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("select");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, an_argument_means_these_tables, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, an_unknown_name_shows_the_known_ones);
    return fixture_run(tcase, "select");
}
