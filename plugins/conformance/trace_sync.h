/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files and folders a traced process changed and has not synced since.
 *
 * A file that is mapped shared and writable is left out: SQLite's "-shm" is such a one, and what
 * goes through the mapping cannot be seen here. Removed files do not count; removals do where
 * asked.
 */
#ifndef TL_CONFORMANCE_TRACE_SYNC_H
#define TL_CONFORMANCE_TRACE_SYNC_H

#include <sys/stat.h>

#include "plugins/conformance/trace_call.h"

enum { KIT_SYNC_FILES = 64, KIT_SYNC_PATH = 512 };

struct kit_sync_file {
    dev_t dev;
    ino_t ino;
    char path[KIT_SYNC_PATH]; /* where it is; of a folder: what came into it */
    bool folder;
    bool dirty;
    char gone[KIT_SYNC_PATH]; /* of a folder: what left it since its sync */
};

struct kit_sync {
    struct kit_sync_file files[KIT_SYNC_FILES];
    size_t count;
};

/* What an entry leaves for its exit. */
struct kit_sync_call {
    bool creates; /* its path did not exist */
};

void kit_sync_entry(const struct kit_call *call, struct kit_sync_call *pending);

/* After a call that succeeded. */
void kit_sync_exit(struct kit_sync *sync, const struct kit_call *call,
                   const struct kit_sync_call *pending);

/* Names the first one that is not synced; false = all are. removals: also folders that lost a name.
 */
bool kit_sync_missing(const struct kit_sync *sync, pid_t process, bool removals, char *text_out,
                      size_t size);

#endif
