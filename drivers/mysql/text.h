/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL text that grows, and the form in which names are stored. The key columns are upstream's
 * utf8mb4 ones, whose collation ignores trailing spaces; names are any bytes. So a byte that is
 * no part of valid UTF-8, a trailing space, and a character of the range itself are stored as the
 * private character U+10FF00 + byte. A primary key has only the first 500 characters of a path, so
 * one that is longer has a digest among them: 467 characters, U+10FF23, 32 hexadecimal digits, the
 * rest. Everything else is stored as it is. Two different names are not stored alike.
 */
#ifndef CKPT_MYSQL_TEXT_H
#define CKPT_MYSQL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

#define CKMY_KEY_CHARS 2048u /* of the longest column that is a key */
#define CKMY_BUF_MAX (64u * 1024u * 1024u)

/* Zero-initialise. After a failure to grow `failed` stays set and everything else does nothing. */
struct ckmy_buf {
    char *data;
    size_t len;
    size_t capacity;
    bool failed; /* out of memory, or past CKMY_BUF_MAX */
};

void ckmy_buf_done(struct ckmy_buf *buf);

/* Empties it, keeps the memory; a failure stays. */
void ckmy_buf_clear(struct ckmy_buf *buf);

void ckmy_put(struct ckmy_buf *buf, const void *data, size_t len);
void ckmy_puts(struct ckmy_buf *buf, const char *text);
void ckmy_put_i64(struct ckmy_buf *buf, int64_t value);
void ckmy_put_u64(struct ckmy_buf *buf, uint64_t value);

/* A literal x'...' of any bytes. */
void ckmy_put_hex(struct ckmy_buf *buf, const void *data, size_t len);

/* `name`, backquotes doubled. */
void ckmy_put_identifier(struct ckmy_buf *buf, struct ckpt_str name);

/* A literal '...' of a name in its stored form, at most CKMY_KEY_CHARS characters. Returns true
   when that is the name itself, byte for byte. */
bool ckmy_put_key(struct ckmy_buf *buf, struct ckpt_str name);

/* Number of characters of the stored form, of a name that may be too long for a digest. */
size_t ckmy_key_chars(struct ckpt_str name);

/* A literal '...' of a text that is no key, cut to max_chars characters; trailing spaces stay. */
bool ckmy_put_text(struct ckmy_buf *buf, struct ckpt_str text, size_t max_chars);

/* Number of bytes of the valid UTF-8 character at data, 0 if there is none. */
size_t ckmy_utf8_char(const unsigned char *data, size_t len);

#endif
