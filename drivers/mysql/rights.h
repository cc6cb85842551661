/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store's account may do, told at once when the store is opened, with the GRANT statements
 * that mend it. The server is asked with statements that are prepared and not executed; only a
 * certain "denied" counts, so that roles, patterns and table grants never lead to a wrong answer.
 */
#ifndef CKPT_MYSQL_RIGHTS_H
#define CKPT_MYSQL_RIGHTS_H

#include "store.h"

struct ckmy_intent {
    bool write;  /* else only reading */
    bool create; /* tables are missing */
    bool rename; /* at the end */
};

/* Connected. CKPT_OK: nothing is missing for certain. CKPT_ERR_DENIED, SQLSTATE 42000: the message
   lists what is missing, the hint has the statements. */
int ckmy_rights_check(struct ckpt_store *store, const struct ckmy_intent *intent,
                      struct ckpt_error *err);

#endif
