/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where stores are: other stores than the one under test, and the files of a driver whose DSN is a
 * path.
 */
#ifndef TL_CONFORMANCE_PLACE_H
#define TL_CONFORMANCE_PLACE_H

#include "plugins/conformance/kit.h"

enum { KIT_PATH = 4096, KIT_NAMES = 64, KIT_NAME = 256 };

/* The path in the DSN, if something is there (open the store first); NULL = it is no path. */
const char *kit_place(const struct kit *kit);

/* Opens a store of another DSN and schema (NULL = those under test), without emptying it. */
int kit_open_at(struct kit *kit, struct kit_store *store, const char *dsn, const char *schema,
                uint32_t flags);

/* A second store: another DSN, or the same with another schema. */
struct kit_other {
    char dsn[KIT_PATH];
    char schema[128];
};

/* Finds one, and makes sure by processes of their own that it really is another store; both are
   then empty. KIT_NOT_CLAIMED with the reason when there is none. */
int kit_find_other(struct kit *kit, struct kit_other *other_out);

/* Removes what it left, as far as the driver can. */
void kit_forget_other(struct kit *kit, const struct kit_other *other);

/* The DSN of a store that is not there yet, for a driver whose DSN is a path, else false. */
bool kit_new_dsn(const struct kit *kit, const char *suffix, char *dsn_out, size_t size);

/* Removes a file, or a folder with what is in it: a store may be either. */
void kit_remove_path(const char *path);

/* Removes everything whose name begins with the path of such a DSN. */
void kit_remove_files(const char *dsn);

/* Names in the folder of the path that begin as its last part does, sorted. */
struct kit_names {
    char names[KIT_NAMES][KIT_NAME];
    size_t count;
};

void kit_list_names(struct kit_names *names_out, const char *path);

/* A digest of a file's bytes; 0 = it cannot be read. */
uint64_t kit_digest_file(const char *path);

/* Runs fn in a process of its own and gives back its answer and reason. */
int kit_elsewhere(struct kit *kit, int (*fn)(struct kit *kit, void *payload), void *payload);

#endif
