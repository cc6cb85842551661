/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way in which core functions report failure: a negative code as the return value and the
 * text in a caller-owned struct tl_error. Nothing here allocates.
 */
#ifndef TL_BASE_ERROR_H
#define TL_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/cleanup.h"

enum tl_code {
    TL_OK = 0,
    TL_NOT_FOUND = 1,       /* the only positive answer: a lookup found nothing, and that is sure */
    TL_ERR = -1,            /* failed; the text says why */
    TL_ERR_NOMEM = -2,      /* out of memory, or past a stated maximum */
    TL_ERR_USAGE = -3,      /* command line or configuration (exit 2) */
    TL_ERR_IO = -4,         /* local file or directory */
    TL_ERR_DATA = -5,       /* the source's content: syntax, column count, encoding */
    TL_ERR_DB = -6,         /* the server said no; native = error number, sqlstate set */
    TL_ERR_REFUSED = -7,    /* needs a decision of the user (exit 4) */
    TL_ERR_CANCELED = -8,   /* asked to stop (exit 3) */
    TL_ERR_FENCED = -9,     /* another loader has taken this task over */
    TL_ERR_RESTARTED = -10, /* the target server restarted: committed state must be read again */
    TL_ERR_STORE = -11      /* the checkpoint store failed */
};

/* Fixed size, owned by the caller, never NULL where a function takes one. */
struct tl_error {
    int code;       /* one of enum tl_code */
    int native;     /* errno or the server's error number, 0 = none */
    bool retryable; /* the same call may succeed later, with nothing changed by the user */
    char sqlstate[6];
    int64_t line;       /* of the source file, from 1; 0 = unknown */
    int64_t offset;     /* byte in the uncompressed source file; -1 = unknown */
    char message[3072]; /* one line, lower case start, no trailing dot, never a secret */
    char hint[1536];    /* the way out, one line; empty = none */
};

/* Resets err to "no error". */
void tl_error_init(struct tl_error *err);

/* Sets code and message, clears the rest, and returns code. Newlines in the text become spaces. */
int tl_error_set(struct tl_error *err, int code, const char *fmt, ...) TL_PRINTF(3, 4);

/* As tl_error_set with TL_ERR_IO; native = errnum, and ": <strerror>" is appended. */
int tl_error_errno(struct tl_error *err, int errnum, const char *fmt, ...) TL_PRINTF(3, 4);

/* Sets the hint, keeps everything else; returns err->code. */
int tl_error_hint(struct tl_error *err, const char *fmt, ...) TL_PRINTF(2, 3);

/* Puts "<text>: " in front of the message; returns err->code. For one boundary, not for each. */
int tl_error_context(struct tl_error *err, const char *fmt, ...) TL_PRINTF(2, 3);

/* Appends message and hint of another error, each behind "; "; returns err->code. */
int tl_error_join(struct tl_error *err, const struct tl_error *other);

/* Sets line and offset of the source file, keeps everything else; returns err->code. */
int tl_error_locate(struct tl_error *err, uint64_t line, uint64_t offset);

/* "out of memory"; returns TL_ERR_NOMEM. */
int tl_error_nomem(struct tl_error *err);

#endif
