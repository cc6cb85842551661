/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call of a traced thread: reading and changing it, by architecture, and what kind of
 * effect it has.
 */
#ifndef TL_CONFORMANCE_TRACE_CALL_H
#define TL_CONFORMANCE_TRACE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum kit_effect {
    KIT_EFFECT_NONE,
    KIT_EFFECT_WRITE, /* to a regular file */
    KIT_EFFECT_FILE,  /* another change of a file or a folder */
    KIT_EFFECT_SYNC,  /* of a file or a folder */
    KIT_EFFECT_READ,  /* of a regular file, or opening one */
    KIT_EFFECT_SEND,  /* to a socket */
    KIT_EFFECT_RECEIVE
};

struct kit_call {
    pid_t thread;
    uint64_t number;
    uint64_t args[6];
};

/* False where the tracer does not know the architecture. */
bool kit_call_known_here(void);

enum kit_effect kit_call_effect(const struct kit_call *call);
const char *kit_call_name(const struct kit_call *call);

/* Moves a file, or gives it another name. */
bool kit_call_is_rename(const struct kit_call *call);

/* Index of the argument that is the file descriptor of an effect; -1 = it has none. */
int kit_call_fd_index(const struct kit_call *call);

/* At the entry: the call will not happen. */
int kit_call_suppress(pid_t thread);

/* At the entry: another third argument (a length, for all writes). */
int kit_call_set_length(pid_t thread, uint64_t length);

/* At the exit. */
int kit_call_set_result(pid_t thread, int64_t result);

/* The path argument `index`, as this process can open it; dir_index: its folder's descriptor, -1 =
   the working folder. False if it cannot be read. */
bool kit_call_path(const struct kit_call *call, int dir_index, int index, char *path_out,
                   size_t size);

#endif
