/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the first row of a batch that the server does not take. Rows [0, k) are inserted in a
 * transaction that is always rolled back, for a k that is halved: a duplicate shows only together
 * with the row that it doubles. See writer_internal.h.
 */
#include "core/target/writer_internal.h"

enum { ATTEMPTS_MAX = 40 };

/* TL_OK: rows [0, end) go in. Otherwise why not. */
static int try_rows(struct tl_writer *writer, const struct tl_job *job, uint32_t end,
                    struct tl_error *err)
{
    uint64_t affected;
    /* With the fence: a takeover must be able to wait for this one too. */
    int rc = tl_writer_begin(writer, NULL, NULL, err);

    if (rc == TL_OK)
        rc = tl_insert_rows(writer, job, 0, end, &affected, err);
    tl_writer_rollback(writer);
    return rc;
}

static bool is_about_rows(int rc, const struct tl_error *err)
{
    return rc == TL_ERR_DATA || (rc == TL_ERR_DB && !err->retryable && !tl_error_is_lost(err));
}

/* Nothing is known about the rows yet: the batch is done again with a new connection. */
static int lost_in_between(struct tl_error *err)
{
    int rc = tl_error_set(err, TL_ERR_DB, "the connection was lost while a bad row was looked for");

    err->retryable = true;
    return rc;
}

int tl_bisect(struct tl_writer *writer, const struct tl_job *job, uint32_t *row_out,
              struct tl_error *err)
{
    uint32_t good = 0, bad = job->batch->row_count; /* [0, good) goes in, [0, bad) does not */
    struct tl_error last;
    int rc = try_rows(writer, job, bad, &last);

    if (rc == TL_OK)
        return TL_NOT_FOUND;
    for (int i = 0; is_about_rows(rc, &last) && bad - good > 1 && i < ATTEMPTS_MAX; i++) {
        uint32_t middle = good + (bad - good) / 2;
        struct tl_error now;

        if (!writer->session)
            return lost_in_between(err);
        rc = try_rows(writer, job, middle, &now);
        if (rc == TL_OK) {
            good = middle;
            rc = TL_ERR_DB;
        } else {
            bad = middle;
            last = now;
        }
    }
    *err = last;
    if (!is_about_rows(rc, &last))
        return rc;
    *row_out = bad - 1;
    /* A row that is too long has its place in the message already. */
    if (rc == TL_ERR_DB)
        tl_job_name_row(job, bad - 1, err);
    return TL_OK;
}
