/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See intent.h.
 */
#include "core/import/intent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/import/import.h"
#include "core/import/plan_store.h"

enum { MAX_TEXT = 512 * 1024 * 1024 };

static int add_chunk(struct tl_buf *text, const struct tl_plan_chunk *chunk,
                     const struct tl_options *options)
{
    char fingerprint[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&chunk->fingerprint, fingerprint);
    return tl_buf_addf(text, "%s\n%" PRId64 " %" PRId64 " %s\n", chunk->path, chunk->file_size,
                       options->check_requirements ? chunk->mtime : 0, fingerprint);
}

static int add_plan(struct tl_buf *text, const struct tl_plan *plan,
                    const struct tl_options *options)
{
    TL_CLEANUP_FREE char *meaning = tl_options_digest(options);
    int rc = meaning ? tl_buf_adds(text, meaning) : TL_ERR_NOMEM;

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++) {
        const struct tl_plan_table *table = &plan->tables[t];

        rc = tl_buf_addf(text, "\n%s %zu\n", table->name, table->chunk_count);
        for (size_t c = 0; rc == TL_OK && c < table->chunk_count; c++)
            rc = add_chunk(text, &table->chunks[c], options);
    }
    return rc;
}

int tl_intent_of_finish(char *text, const struct tl_plan *plan, const struct tl_options *options,
                        struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf all;
    char hex[2 * TL_DIGEST_LEN + 1];
    struct tl_digest digest;

    tl_buf_init(&all, MAX_TEXT);
    if (add_plan(&all, plan, options) != TL_OK)
        return tl_error_nomem(err);
    digest = tl_digest_of(tl_buf_text(&all), all.len);
    tl_digest_hex(&digest, hex);
    snprintf(text, TL_INTENT_FINISH_SIZE, "%s %s", TL_INTENT_FINISH, hex);
    return TL_OK;
}

bool tl_intent_is_finish(const char *intent)
{
    size_t len = strlen(TL_INTENT_FINISH);

    return intent && strncmp(intent, TL_INTENT_FINISH, len) == 0 &&
           (intent[len] == '\0' || intent[len] == ' ');
}
