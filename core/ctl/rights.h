/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a control operation needs to be allowed to do on the target and in the store, looked at
 * before anything is changed.
 */
#ifndef TL_CTL_RIGHTS_H
#define TL_CTL_RIGHTS_H

#include "core/ctl/scene.h"
#include "core/target/rights.h"

struct tl_ctl_needs {
    unsigned ledger;   /* bits of enum tl_right */
    const bool *marks; /* a flag for each table of the plan, NULL: none ... */
    unsigned tables;   /* ... and what is needed on those */
    bool store;        /* it will be written to */
};

/* Connected. TL_ERR_REFUSED lists what is missing, and has the GRANT statements. Without any right
   on the ledger it cannot even be said that there is none. */
int tl_ctl_check_rights(const struct tl_scene *scene, const struct tl_ctl_needs *needs,
                        struct tl_error *err) TL_WARN_UNUSED;

#endif
