/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of needs and the asking. One question for each right of a database is enough for nearly
 * everybody; only what is denied there is asked for table by table.
 */
#include "core/target/rights.h"

#include <stdlib.h>
#include <string.h>

#include "core/target/rights_internal.h"

int tl_rights_new(struct tl_rights **rights_out, struct tl_error *err)
{
    struct tl_rights *rights = calloc(1, sizeof(*rights));

    if (!rights)
        return tl_error_nomem(err);
    *rights_out = rights;
    return TL_OK;
}

void tl_rights_free(struct tl_rights *rights)
{
    if (!rights)
        return;
    free(rights->objects);
    free(rights);
}

int tl_rights_need(struct tl_rights *rights, const char *db, const char *name, unsigned mask,
                   struct tl_error *err)
{
    if (rights->count == rights->cap) {
        size_t cap = rights->cap ? 2 * rights->cap : 64;
        struct tl_rights_object *grown = realloc(rights->objects, cap * sizeof(*grown));

        if (!grown)
            return tl_error_nomem(err);
        rights->objects = grown;
        rights->cap = cap;
    }
    rights->objects[rights->count++] =
        (struct tl_rights_object){.db = db, .name = name, .mask = mask};
    return TL_OK;
}

void tl_rights_lack_global(struct tl_rights *rights, const char *privilege, const char *why)
{
    rights->global = privilege;
    rights->global_why = why;
}

static int compare(const void *a, const void *b)
{
    const struct tl_rights_object *x = a, *y = b;
    int order = strcmp(x->db, y->db);

    if (order != 0 || x->name == y->name)
        return order;
    if (!x->name || !y->name)
        return x->name ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* One right in the objects of one database. */
static int ask_for_right(struct tl_rights_object *objects, size_t count, unsigned right,
                         struct tl_session *session, struct tl_error *err)
{
    bool denied;
    int rc = tl_rights_denied(session, objects[0].db, NULL, right, &denied, err);

    if (rc != TL_OK || !denied)
        return rc;
    for (size_t i = 0; rc == TL_OK && i < count; i++) {
        struct tl_rights_object *object = &objects[i];

        if (!(object->mask & right))
            continue;
        if (object->name)
            rc = tl_rights_denied(session, object->db, object->name, right, &denied, err);
        else
            denied = true;
        if (rc == TL_OK && denied)
            object->missing |= right;
    }
    return rc;
}

static int ask_in_database(struct tl_rights_object *objects, size_t count,
                           struct tl_session *session, struct tl_error *err)
{
    unsigned all = 0;
    int rc = TL_OK;

    for (size_t i = 0; i < count; i++)
        all |= objects[i].mask;
    for (unsigned right = 1; rc == TL_OK && right <= all; right <<= 1)
        if (all & right)
            rc = ask_for_right(objects, count, right, session, err);
    return rc;
}

int tl_rights_check(struct tl_rights *rights, struct tl_session *session, struct tl_error *err)
{
    struct tl_rights_object *objects = rights->objects;
    size_t begin = 0;
    int rc = TL_OK;

    if (rights->count > 0)
        qsort(objects, rights->count, sizeof(*objects), compare);
    while (rc == TL_OK && begin < rights->count) {
        size_t end = begin;

        while (end < rights->count && strcmp(objects[begin].db, objects[end].db) == 0)
            objects[end++].missing = 0;
        rc = ask_in_database(objects + begin, end - begin, session, err);
        begin = end;
    }
    return rc == TL_OK ? tl_rights_report(rights, session, err) : rc;
}
