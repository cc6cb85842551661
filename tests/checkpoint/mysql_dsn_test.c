/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DSN of the mysql checkpoint driver, and the stored form of names.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/mysql/dsn.h"
#include "drivers/mysql/text.h"

static struct ckpt_str str(const char *text)
{
    struct ckpt_str s = {text, strlen(text)};

    return s;
}

static const struct {
    const char *text;
    const char *user;
    const char *password;
    const char *host; /* NULL: socket */
    const char *socket;
    unsigned port;
    enum ckmy_tls tls;
} good[] = {
    {"root@tcp(127.0.0.1:4000)/", "root", "", "127.0.0.1", NULL, 4000, CKMY_TLS_UNSET},
    {"root:@tcp(db)/", "root", "", "db", NULL, 3306, CKMY_TLS_UNSET},
    {"root:secret@/", "root", "secret", "127.0.0.1", NULL, 3306, CKMY_TLS_UNSET},
    {"u:p@tcp([::1]:4000)/", "u", "p", "::1", NULL, 4000, CKMY_TLS_UNSET},
    {"u:p@tcp([fe80::1])/", "u", "p", "fe80::1", NULL, 3306, CKMY_TLS_UNSET},
    {"u:p@unix(/run/my/s.sock)/", "u", "p", NULL, "/run/my/s.sock", 0, CKMY_TLS_UNSET},
    {"u:a@b:c/d?e@tcp(h:1)/", "u", "a@b:c/d?e", "h", NULL, 1, CKMY_TLS_UNSET},
    {"u:p)@tcp(x@tcp(h:65535)/", "u", "p)@tcp(x", "h", NULL, 65535, CKMY_TLS_UNSET},
    {"u:p@tcp(h:1)/?tls=true", "u", "p", "h", NULL, 1, CKMY_TLS_VERIFY},
    {"u:p@tcp(h:1)/?charset=utf8mb4&tls=skip-verify", "u", "p", "h", NULL, 1, CKMY_TLS_SKIP_VERIFY},
    {"u:p@tcp(h:1)/?tls=preferred&", "u", "p", "h", NULL, 1, CKMY_TLS_PREFERRED},
    {"u:p@tcp(h:1)/?tls=false", "u", "p", "h", NULL, 1, CKMY_TLS_OFF},
};

START_TEST(dsn_is_taken_apart)
{
    struct ckmy_dsn dsn = {0};
    struct ckpt_error err = {.struct_size = sizeof(err)};

    ck_assert_msg(ckmy_dsn_parse(&dsn, str(good[_i].text), &err) == CKPT_OK, "%s", err.message);
    ck_assert_str_eq(dsn.user, good[_i].user);
    ck_assert_str_eq(dsn.password, good[_i].password);
    ck_assert_pstr_eq(dsn.host, good[_i].host);
    ck_assert_pstr_eq(dsn.socket, good[_i].socket);
    ck_assert_uint_eq(dsn.port, good[_i].port);
    ck_assert_int_eq(dsn.tls, good[_i].tls);
    ckmy_dsn_done(&dsn);
}
END_TEST

static const char *const bad[] = {
    "",
    "/",
    "secret",
    "secret/",
    "root:secret",
    "root:secret@tcp(h:1)",
    "root:sec/ret@tcp(h:1)",
    "root:secret@h:1/",
    "root:secret@tcp/",
    "root:secret@tcp(h:1/",
    "root:secret@tcp()/",
    "root:secret@tcp(:1)/",
    "root:secret@tcp(h:)/",
    "root:secret@tcp(h:0)/",
    "root:secret@tcp(h:65536)/",
    "root:secret@tcp(h:12a)/",
    "root:secret@tcp(::1)/",
    "root:secret@tcp([::1)/",
    "root:secret@tcp([::1]4000)/",
    "root:secret@unix()/",
    "root:secret@udp(h:1)/",
    "root:secret@tcp(h:1)/db",
    "root:secret@tcp(h:1)/?tls=secret",
    "root:secret@tcp(h:1)/?secret=1",
    "root:secret@tcp(h:1)/?secret",
    ":secret@tcp(h:1)/",
};

START_TEST(wrong_dsn_is_refused_without_the_secret)
{
    struct ckmy_dsn dsn = {0};
    struct ckpt_error err = {.struct_size = sizeof(err)};

    ck_assert_int_eq(ckmy_dsn_parse(&dsn, str(bad[_i]), &err), CKPT_ERR_USAGE);
    ck_assert_str_ne(err.message, "");
    ck_assert_str_ne(err.hint, "");
    ck_assert_ptr_null(strstr(err.message, "secret"));
    ck_assert_ptr_null(strstr(err.hint, "secret"));
    ck_assert_ptr_null(dsn.user);
    ck_assert_ptr_null(dsn.password);
}
END_TEST

START_TEST(dsn_with_a_nul_byte_is_refused)
{
    static const char text[] = "root:a\0b@tcp(h:1)/";
    struct ckpt_str dsn_text = {text, sizeof(text) - 1};
    struct ckmy_dsn dsn = {0};
    struct ckpt_error err = {.struct_size = sizeof(err)};

    ck_assert_int_eq(ckmy_dsn_parse(&dsn, dsn_text, &err), CKPT_ERR_USAGE);
}
END_TEST

#define BYTES(text)            \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct {
    struct ckpt_str name;
    const char *literal;
    bool same;
} names[] = {
    {BYTES(""), "''", true},
    {BYTES("a.sql"), "'a.sql'", true},
    {BYTES("it's \\ here"), "'it\\'s \\\\ here'", true},
    {BYTES("a\0b"), "'a\\0b'", true},
    {BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "'\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'", true},
    {BYTES("a "), "'a\xf4\x8f\xbc\xa0'", false},
    {BYTES(" a  "), "' a\xf4\x8f\xbc\xa0\xf4\x8f\xbc\xa0'", false},
    {BYTES("\xff"), "'\xf4\x8f\xbf\xbf'", false},
    {BYTES("\xc3z"), "'\xf4\x8f\xbf\x83z'", false},
    {BYTES("\xc0\x80"), "'\xf4\x8f\xbf\x80\xf4\x8f\xbe\x80'", false},
    {BYTES("\xed\xa0\x80"), "'\xf4\x8f\xbf\xad\xf4\x8f\xbe\xa0\xf4\x8f\xbe\x80'", false},
    {BYTES("\xe2\x82"), "'\xf4\x8f\xbf\xa2\xf4\x8f\xbe\x82'", false},
    {BYTES("\xf4\x90\x80\x80"),
     "'\xf4\x8f\xbf\xb4\xf4\x8f\xbe\x90\xf4\x8f\xbe\x80\xf4\x8f\xbe\x80'", false},
    {BYTES("\xf4\x8f\xbf\xbf"),
     "'\xf4\x8f\xbf\xb4\xf4\x8f\xbe\x8f\xf4\x8f\xbe\xbf\xf4\x8f\xbe\xbf'", false},
    {BYTES("\xf4\x8f\xbb\xbf"), "'\xf4\x8f\xbb\xbf'", true},
};

START_TEST(names_are_stored_as_valid_text)
{
    struct ckmy_buf buf = {0};

    ck_assert_int_eq(ckmy_put_key(&buf, names[_i].name), names[_i].same);
    ck_assert(!buf.failed);
    ck_assert_uint_eq(buf.len, strlen(names[_i].literal));
    ck_assert_mem_eq(buf.data, names[_i].literal, buf.len);
    ckmy_buf_done(&buf);
}
END_TEST

START_TEST(text_is_cut_between_characters)
{
    struct ckmy_buf buf = {0};

    ck_assert(!ckmy_put_text(&buf,
                             str("a\xc3\xa4"
                                 "bc"),
                             2));
    ck_assert_uint_eq(buf.len, 5);
    ck_assert_mem_eq(buf.data, "'a\xc3\xa4'", 5);
    ckmy_buf_done(&buf);
}
END_TEST

START_TEST(trailing_space_of_a_text_is_kept)
{
    struct ckmy_buf buf = {0};

    ck_assert(ckmy_put_text(&buf, str("a "), 2));
    ck_assert_mem_eq(buf.data, "'a '", 4);
    ckmy_buf_done(&buf);
}
END_TEST

/* Two paths that differ in the last byte only differ in what a primary key sees of them. */
START_TEST(long_names_differ_in_their_first_500_characters)
{
    char name[2][CKPT_MAX_PATH];
    struct ckmy_buf buf[2] = {{0}, {0}};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct ckpt_str path = {name[i], CKPT_MAX_PATH};

        memset(name[i], 'p', CKPT_MAX_PATH);
        name[i][CKPT_MAX_PATH - 1] = (char)('a' + i);
        ck_assert(!ckmy_put_key(&buf[i], path));
        ck_assert_uint_eq(buf[i].len, CKPT_MAX_PATH + 2 + 3); /* quotes; one of four bytes */
    }
    ck_assert_mem_ne(buf[0].data, buf[1].data, 1 + 467 + 4 + 32);
    for (i = 0; i < 2; i++)
        ckmy_buf_done(&buf[i]);
}
END_TEST

START_TEST(name_of_500_characters_is_stored_as_it_is)
{
    char name[500];
    struct ckpt_str path = {name, sizeof(name)};
    struct ckmy_buf buf = {0};

    memset(name, 'p', sizeof(name));
    ck_assert(ckmy_put_key(&buf, path));
    ck_assert_uint_eq(buf.len, 502);
    ckmy_buf_done(&buf);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("mysql_dsn");
    TCase *dsn = tcase_create("dsn"), *text = tcase_create("text");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(dsn, dsn_is_taken_apart, 0, ROWS(good));
    tcase_add_loop_test(dsn, wrong_dsn_is_refused_without_the_secret, 0, ROWS(bad));
    tcase_add_test(dsn, dsn_with_a_nul_byte_is_refused);
    tcase_add_loop_test(text, names_are_stored_as_valid_text, 0, ROWS(names));
    tcase_add_test(text, long_names_differ_in_their_first_500_characters);
    tcase_add_test(text, name_of_500_characters_is_stored_as_it_is);
    tcase_add_test(text, text_is_cut_between_characters);
    tcase_add_test(text, trailing_space_of_a_text_is_kept);
    suite_add_tcase(suite, dsn);
    suite_add_tcase(suite, text);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
