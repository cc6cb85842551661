/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope cleanup: `TL_CLEANUP_FREE char *p = NULL;` frees p when its scope ends. Hand over by
 * assigning to the output and setting p to NULL. Needs GCC or Clang.
 */
#ifndef TL_BASE_CLEANUP_H
#define TL_BASE_CLEANUP_H

#include <stdlib.h>

#define TL_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines fn##_p for TL_CLEANUP out of a destructor that takes a pointer. */
#define TL_DEFINE_CLEANUP(type, fn)    \
    static inline void fn##_p(type *p) \
    {                                  \
        if (*p)                        \
            fn(*p);                    \
    }

static inline void tl_free_p(void *p)
{
    free(*(void **)p);
}

#define TL_CLEANUP_FREE TL_CLEANUP(tl_free_p)
#define TL_WARN_UNUSED __attribute__((warn_unused_result))
#define TL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
