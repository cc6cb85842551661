/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: reading and starting anywhere in every form of file, and above all that data which is
 * cut or damaged never looks like a file that ends.
 */
#include "core/source/stream.h"

#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/source/tempdir.h"

enum { CONTENT = 3000, ROOM = 16 * 1024 };

struct bytes {
    unsigned char data[ROOM];
    size_t len;
};

static struct tempdir dir;
static char content[CONTENT];

static void setup(void)
{
    tempdir_init(&dir);
    for (size_t i = 0; i < CONTENT; i++)
        content[i] = (char)('a' + (i * i / 7 + i / 100) % 23);
}

static void teardown(void)
{
    tempdir_done(&dir);
}

static void add_plain(struct bytes *out, const char *text, size_t len)
{
    memcpy(out->data + out->len, text, len);
    out->len += len;
}

static void add_gzip(struct bytes *out, const char *text, size_t len)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)len};

    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out->data + out->len;
    z.avail_out = (uInt)(ROOM - out->len);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len = ROOM - z.avail_out;
    deflateEnd(&z);
}

static void add_zstd(struct bytes *out, const char *text, size_t len)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    size_t made;

    ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
    made = ZSTD_compress2(ctx, out->data + out->len, ROOM - out->len, text, len);
    ck_assert(!ZSTD_isError(made));
    out->len += made;
    ZSTD_freeCCtx(ctx);
}

static void add_skippable(struct bytes *out)
{
    static const unsigned char frame[] = {0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};

    memcpy(out->data + out->len, frame, sizeof(frame));
    out->len += sizeof(frame);
}

/* One form of a file with the same content; first = where its first piece ends. */
struct form {
    const char *name;
    enum tl_compression compression;
    void (*add)(struct bytes *out, const char *text, size_t len);
    bool two; /* pieces one behind the other */
    bool skippable;
};

static const struct form forms[] = {
    {"plain", TL_COMPRESSION_NONE, add_plain, false, false},
    {"gzip", TL_COMPRESSION_GZIP, add_gzip, false, false},
    {"gzip of two members", TL_COMPRESSION_GZIP, add_gzip, true, false},
    {"zstd", TL_COMPRESSION_ZSTD, add_zstd, false, false},
    {"zstd of two frames", TL_COMPRESSION_ZSTD, add_zstd, true, false},
    {"zstd with a skippable frame", TL_COMPRESSION_ZSTD, add_zstd, true, true},
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* Returns where the first piece ends. */
static size_t build(struct bytes *out, const struct form *form)
{
    size_t first;

    out->len = 0;
    form->add(out, content, form->two ? 1000 : CONTENT);
    first = out->len;
    if (form->skippable)
        add_skippable(out);
    if (form->two)
        form->add(out, content + 1000, CONTENT - 1000);
    return first;
}

/* Reads from offset to the end in pieces of step; the result code, *len_out = bytes read. Damage
   may make more bytes before it is noticed; out has room for ROOM + step. */
static int read_file(const char *path, enum tl_compression compression, uint64_t offset,
                     size_t step, char *out, size_t *len_out)
{
    struct tl_stream *stream = NULL;
    struct tl_error err;
    size_t got = 1;
    int rc = tl_stream_open(&stream, path, compression, offset, &err);

    *len_out = 0;
    while (rc == TL_OK && got > 0 && *len_out <= ROOM) {
        rc = tl_stream_read(stream, out + *len_out, step, &got, &err);
        if (rc == TL_OK)
            *len_out += got;
    }
    if (rc != TL_OK)
        ck_assert_str_ne(err.message, "");
    tl_stream_close(stream);
    return rc;
}

static int read_bytes(const struct bytes *bytes, size_t len, enum tl_compression compression,
                      char *out, size_t *len_out)
{
    char path[512];

    tempdir_write(&dir, "cut", bytes->data, len);
    return read_file(tempdir_path(&dir, "cut", path), compression, 0, 1024, out, len_out);
}

START_TEST(every_form_reads_back_in_pieces_of_any_size)
{
    static const size_t steps[] = {1, 7, 1000, 8192};
    static char out[ROOM + 8192];
    struct bytes bytes;
    char path[512];
    size_t len;

    build(&bytes, &forms[_i]);
    tempdir_write(&dir, "f", bytes.data, bytes.len);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        ck_assert_int_eq(
            read_file(tempdir_path(&dir, "f", path), forms[_i].compression, 0, steps[i], out, &len),
            TL_OK);
        ck_assert_uint_eq(len, CONTENT);
        ck_assert_mem_eq(out, content, CONTENT);
    }
}
END_TEST

START_TEST(reading_begins_at_any_offset_and_never_behind_the_end)
{
    static char out[ROOM + 8192];
    struct bytes bytes;
    char path[512];
    size_t len;

    build(&bytes, &forms[_i]);
    tempdir_write(&dir, "f", bytes.data, bytes.len);
    tempdir_path(&dir, "f", path);
    for (size_t offset = 0; offset <= CONTENT; offset += 125) {
        ck_assert_int_eq(read_file(path, forms[_i].compression, offset, 8192, out, &len), TL_OK);
        ck_assert_uint_eq(len, CONTENT - offset);
        ck_assert_mem_eq(out, content + offset, len);
    }
    ck_assert_int_eq(read_file(path, forms[_i].compression, CONTENT + 1, 8192, out, &len),
                     TL_ERR_DATA);
}
END_TEST

START_TEST(compressed_data_cut_at_any_byte_never_looks_like_an_end)
{
    static char out[ROOM + 1024];
    struct bytes bytes;
    size_t len, first;

    if (forms[_i].compression == TL_COMPRESSION_NONE)
        return;
    first = build(&bytes, &forms[_i]);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        int rc = read_bytes(&bytes, cut, forms[_i].compression, out, &len);

        /* Between two pieces a file that was cut and one that ends cannot be told apart. */
        if (forms[_i].two && (cut == first || (forms[_i].skippable && cut == first + 11)))
            ck_assert_int_eq(rc, TL_OK);
        else
            ck_assert_int_eq(rc, TL_ERR_DATA);
        ck_assert_uint_le(len, CONTENT);
        ck_assert_mem_eq(out, content, len);
    }
}
END_TEST

START_TEST(a_changed_byte_never_changes_the_content_silently)
{
    static char out[ROOM + 1024];
    struct bytes bytes;
    size_t len;

    if (forms[_i].compression == TL_COMPRESSION_NONE)
        return;
    build(&bytes, &forms[_i]);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 0x10;
        if (read_bytes(&bytes, bytes.len, forms[_i].compression, out, &len) == TL_OK) {
            ck_assert_uint_eq(len, CONTENT);
            ck_assert_mem_eq(out, content, len);
        }
        bytes.data[i] ^= 0x10;
    }
}
END_TEST

START_TEST(bytes_behind_the_compressed_data_are_an_error)
{
    static char out[ROOM + 1024];
    struct bytes bytes;
    size_t len;

    if (forms[_i].compression == TL_COMPRESSION_NONE)
        return;
    build(&bytes, &forms[_i]);
    for (size_t extra = 1; extra < 30; extra++) {
        memset(bytes.data + bytes.len, extra % 2 ? 0 : 'x', extra);
        ck_assert_int_eq(read_bytes(&bytes, bytes.len + extra, forms[_i].compression, out, &len),
                         TL_ERR_DATA);
    }
}
END_TEST

START_TEST(plain_file_that_shrinks_while_read_is_an_error)
{
    struct tl_stream *stream;
    struct tl_error err;
    char path[512], buffer[100];
    size_t got;

    tempdir_write(&dir, "f", content, CONTENT);
    ck_assert_int_eq(
        tl_stream_open(&stream, tempdir_path(&dir, "f", path), TL_COMPRESSION_NONE, 50, &err),
        TL_OK);
    ck_assert_int_eq(tl_stream_read(stream, buffer, sizeof(buffer), &got, &err), TL_OK);
    ck_assert_uint_eq(got, sizeof(buffer));
    ck_assert_int_eq(truncate(path, 150), 0);
    ck_assert_int_eq(tl_stream_read(stream, buffer, sizeof(buffer), &got, &err), TL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "got shorter"));
    tl_stream_close(stream);
}
END_TEST

START_TEST(raw_position_counts_bytes_of_the_file_itself)
{
    struct tl_stream *stream;
    struct tl_error err;
    struct bytes bytes;
    char path[512], buffer[CONTENT + 1];
    size_t got = 1;

    build(&bytes, &forms[_i]);
    tempdir_write(&dir, "f", bytes.data, bytes.len);
    ck_assert_int_eq(
        tl_stream_open(&stream, tempdir_path(&dir, "f", path), forms[_i].compression, 0, &err),
        TL_OK);
    ck_assert_uint_eq(tl_stream_raw_pos(stream), 0);
    while (got > 0)
        ck_assert_int_eq(tl_stream_read(stream, buffer, sizeof(buffer), &got, &err), TL_OK);
    ck_assert_uint_eq(tl_stream_raw_pos(stream), bytes.len);
    tl_stream_close(stream);
}
END_TEST

START_TEST(only_regular_files_are_opened)
{
    struct tl_stream *stream = NULL;
    struct tl_error err;
    char path[512];

    tempdir_path(&dir, "pipe", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(tl_stream_open(&stream, path, TL_COMPRESSION_NONE, 0, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_int_eq(tl_stream_open(&stream, dir.path, TL_COMPRESSION_GZIP, 0, &err), TL_ERR_IO);
    tempdir_path(&dir, "absent", path);
    ck_assert_int_eq(tl_stream_open(&stream, path, TL_COMPRESSION_ZSTD, 0, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_ptr_null(stream);
}
END_TEST

static const struct {
    enum tl_compression compression;
    const char *message;
} unreadable[] = {
    {TL_COMPRESSION_LZ4, "compression 2 doesn't have related storage compressType"},
    {TL_COMPRESSION_XZ, "compression 4 doesn't have related storage compressType"},
    {TL_COMPRESSION_LZO, "compression 5 doesn't have related storage compressType"},
    {TL_COMPRESSION_SNAPPY, "compression snappy is not readable yet"},
};

START_TEST(known_but_unreadable_compression_is_refused_with_its_name)
{
    struct tl_stream *stream = NULL;
    struct tl_error err;
    char path[512];

    tempdir_write(&dir, "f", "x", 1);
    ck_assert_int_eq(
        tl_stream_open(&stream, tempdir_path(&dir, "f", path), unreadable[_i].compression, 0, &err),
        TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, unreadable[_i].message));
    ck_assert_ptr_nonnull(strstr(err.message, path));
}
END_TEST

/* An empty frame by hand; the window's exponent is in its sixth byte. */
START_TEST(zstd_windows_above_the_limit_are_refused_with_the_reason)
{
    unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0};
    struct tl_stream *stream;
    struct tl_error err;
    char path[512], byte;
    size_t got;

    for (int log = 27; log <= 28; log++) {
        frame[5] = (unsigned char)((log - 10) << 3);
        tempdir_write(&dir, "f", frame, sizeof(frame));
        ck_assert_int_eq(
            tl_stream_open(&stream, tempdir_path(&dir, "f", path), TL_COMPRESSION_ZSTD, 0, &err),
            TL_OK);
        ck_assert_int_eq(tl_stream_read(stream, &byte, 1, &got, &err),
                         log == 27 ? TL_OK : TL_ERR_DATA);
        tl_stream_close(stream);
    }
    ck_assert_ptr_nonnull(strstr(err.message, "128 MiB"));
    ck_assert_ptr_nonnull(strstr(err.hint, "--long=27"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stream");
    TCase *tc = tcase_create("stream");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_form_reads_back_in_pieces_of_any_size, 0, FORMS);
    tcase_add_loop_test(tc, reading_begins_at_any_offset_and_never_behind_the_end, 0, FORMS);
    tcase_add_loop_test(tc, compressed_data_cut_at_any_byte_never_looks_like_an_end, 0, FORMS);
    tcase_add_loop_test(tc, a_changed_byte_never_changes_the_content_silently, 0, FORMS);
    tcase_add_loop_test(tc, bytes_behind_the_compressed_data_are_an_error, 0, FORMS);
    tcase_add_loop_test(tc, raw_position_counts_bytes_of_the_file_itself, 0, FORMS);
    tcase_add_test(tc, plain_file_that_shrinks_while_read_is_an_error);
    tcase_add_test(tc, only_regular_files_are_opened);
    tcase_add_loop_test(tc, known_but_unreadable_compression_is_refused_with_its_name, 0, 4);
    tcase_add_test(tc, zstd_windows_above_the_limit_are_refused_with_the_reason);
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
