/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file behind the log: opened so that nobody can lead it elsewhere from a shared directory such
 * as /tmp, and rotated by size. Internal to the log (log.c).
 */
#ifndef TL_BASE_LOG_FILE_H
#define TL_BASE_LOG_FILE_H

#include "core/base/error.h"

/* Opens path for appending, created with mode 0600. A symbolic link, another kind of file than a
   regular one or a device, a second name (hard link) or another user's file is refused.
   rotates_out: false for a device, which must never be renamed. */
int tl_log_file_open(int *fd_out, uint64_t *size_out, bool *rotates_out, const char *path,
                     struct tl_error *err) TL_WARN_UNUSED;

/* Renames path to NAME-<UTC time>.EXT and removes the oldest such files beyond max_backups (0 =
   all are kept). The caller opens path again. */
int tl_log_file_rotate(const char *path, uint32_t max_backups, struct tl_error *err) TL_WARN_UNUSED;

#endif
