/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a stated maximum. Always NUL-terminated behind its length, so that
 * text in it can be printed. Not shared between threads.
 */
#ifndef TL_BASE_BUF_H
#define TL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/cleanup.h"

struct tl_buf {
    char *data; /* owned; NULL until the first byte */
    size_t len;
    size_t cap; /* bytes that data holds, the NUL not counted */
    size_t max; /* growing past it fails with TL_ERR_NOMEM */
};

/* Sets up an empty buffer in the caller's storage that may hold max bytes. */
void tl_buf_init(struct tl_buf *buf, size_t max);

/* Frees the memory; the buffer is empty and usable afterwards. */
void tl_buf_done(struct tl_buf *buf);

/* Makes room for `more` bytes behind len. TL_OK or TL_ERR_NOMEM; nothing changes on failure. */
int tl_buf_reserve(struct tl_buf *buf, size_t more) TL_WARN_UNUSED;

/* Append; TL_OK or TL_ERR_NOMEM, and on failure nothing was appended. */
int tl_buf_add(struct tl_buf *buf, const void *bytes, size_t len) TL_WARN_UNUSED;
int tl_buf_adds(struct tl_buf *buf, const char *text) TL_WARN_UNUSED;
int tl_buf_addf(struct tl_buf *buf, const char *fmt, ...) TL_PRINTF(2, 3) TL_WARN_UNUSED;

/* Length 0, memory kept. */
void tl_buf_clear(struct tl_buf *buf);

/* The text, never NULL ("" when empty). Borrowed until the next change. */
const char *tl_buf_text(const struct tl_buf *buf);

/* Hands the memory over to the caller (free()), never NULL except out of memory; buf is empty. */
char *tl_buf_steal(struct tl_buf *buf);

#define TL_CLEANUP_BUF TL_CLEANUP(tl_buf_done)

#endif
