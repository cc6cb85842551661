/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a configuration file. They are refused with one line, or they become
 * options that print as TOML.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int rc, const struct tl_options *options, const struct tl_error *err)
{
    char *text;

    if (rc != TL_OK) {
        if (!err->message[0] || strchr(err->message, '\n'))
            abort();
        return;
    }
    text = tl_options_print(options);
    if (!text)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_options *options = calloc(1, sizeof(*options));
    struct tl_settings settings;
    struct tl_error err;
    int rc;

    tl_error_init(&err);
    if (!options || tl_settings_init(&settings, options, TL_PROGRAM_CTL, &err) != TL_OK)
        abort();
    rc = tl_settings_read_toml(&settings, (const char *)data, size, "fuzz.toml", &err);
    if (rc == TL_OK)
        rc = tl_settings_apply(&settings, &err);
    if (rc == TL_OK)
        rc = tl_settings_resolve(&settings, &err);
    check(rc, options, &err);
    tl_settings_done(&settings);
    tl_options_free(options);
    return 0;
}
