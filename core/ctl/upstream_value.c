/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of upstream's checkpoint, and whether they can be true. See upstream_private.h.
 */
#include <string.h>

#include "core/ctl/upstream_private.h"

bool tl_upstream_status_known(uint32_t status)
{
    static const uint8_t known[] = {30, 60, 70, 80, 90, 120, 140, 150, 170, 180, 190, 200, 210};

    return tl_status_is_invalid(status) || (status != TL_STATUS_MISSING && status <= UINT8_MAX &&
                                            memchr(known, (int)status, sizeof(known)) != NULL);
}

int tl_upstream_text(char **text_out, const uint8_t *data, size_t len, size_t max, const char *what,
                     struct tl_error *err)
{
    char *text;

    if (len > max)
        return tl_error_set(err, TL_ERR_DATA, "its %s has %zu bytes, more than %zu", what, len,
                            max);
    if (len > 0 && memchr(data, 0, len))
        return tl_error_set(err, TL_ERR_DATA, "its %s has a byte 0 in it", what);
    text = len > 0 ? strndup((const char *)data, len) : strdup("");
    if (!text)
        return tl_error_nomem(err);
    *text_out = text;
    return TL_OK;
}
