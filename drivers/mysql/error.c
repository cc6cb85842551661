/* SPDX-License-Identifier: Apache-2.0 */
/* Server errors as codes of the driver interface. */
#include "error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Some numbers are of one server only (MySQL, MariaDB, TiDB), so they are written as numbers. */
struct row {
    unsigned number;
    int code;
    bool retryable;
    const char *hint;
};

#define HINT_SERVER "check that the checkpoint server runs and that the address is right"
#define HINT_RIGHTS                                                                           \
    "the user needs SELECT, INSERT, UPDATE, DELETE and CREATE on the checkpoint schema, and " \
    "ALTER and DROP to rename it; to look at it, SELECT is enough"
#define HINT_LOGIN                                                                       \
    "check user and password of checkpoint.dsn (or of the target, if it has none), and " \
    "whether the server wants TLS of that user"
#define HINT_FULL "make room on the checkpoint server and start again"
#define HINT_GONE \
    "somebody removed the checkpoint while it was in use; check checkpoint.schema and start again"
#define HINT_PACKET "raise max_allowed_packet on the checkpoint server"

static const struct row rows[] = {
    /* No connection, or none any more */
    {2002, CKPT_ERR_LOST, true, HINT_SERVER},
    {2003, CKPT_ERR_LOST, true, HINT_SERVER},
    {2004, CKPT_ERR_LOST, true, NULL},
    {2005, CKPT_ERR_LOST, false, "the host name is not known; check the address"},
    {2006, CKPT_ERR_LOST, true, NULL},
    {2012, CKPT_ERR_LOST, true, HINT_SERVER},
    {2013, CKPT_ERR_LOST, true, NULL},
    {2014, CKPT_ERR_LOST, true, NULL},
    {2026, CKPT_ERR_LOST, false, "check the TLS settings of both sides"},
    {2027, CKPT_ERR_LOST, true, NULL},
    {2055, CKPT_ERR_LOST, true, NULL},
    {1047, CKPT_ERR_LOST, true, "a node of a cluster that is not ready"},
    {3032, CKPT_ERR_LOST, true, "the server is in offline mode"},
    {1040, CKPT_ERR_LOST, true, "the server has too many connections"},
    {1053, CKPT_ERR_LOST, true, NULL},
    {1077, CKPT_ERR_LOST, true, NULL},
    {1079, CKPT_ERR_LOST, true, NULL},
    {1080, CKPT_ERR_LOST, true, NULL},
    {1152, CKPT_ERR_LOST, true, NULL},
    {1156, CKPT_ERR_LOST, true, NULL},
    {1157, CKPT_ERR_LOST, true, NULL},
    {1158, CKPT_ERR_LOST, true, NULL},
    {1159, CKPT_ERR_LOST, true, NULL},
    {1160, CKPT_ERR_LOST, true, NULL},
    {1161, CKPT_ERR_LOST, true, NULL},
    {1184, CKPT_ERR_LOST, true, NULL},
    {1203, CKPT_ERR_LOST, true, "the user has too many connections"},
    {1226, CKPT_ERR_LOST, true, "the user has used up one of its limits on the server"},
    {1927, CKPT_ERR_LOST, true, NULL}, /* connection killed */
    {4031, CKPT_ERR_LOST, true, NULL}, /* idle for too long */
    /* Contention: the transaction was rolled back */
    {1020, CKPT_ERR, true, NULL},
    {1412, CKPT_ERR, true, NULL}, /* table made after the snapshot */
    {1205, CKPT_ERR, true, "another connection holds locks on the checkpoint tables"},
    {1213, CKPT_ERR, true, NULL},
    {1317, CKPT_ERR, true, NULL}, /* query killed */
    {3024, CKPT_ERR, true, NULL}, /* statement time limit */
    {1969, CKPT_ERR, true, NULL}, /* the same */
    {1180, CKPT_ERR, true, NULL},
    {8002, CKPT_ERR, true, NULL},
    {8022, CKPT_ERR, true, NULL},
    {8028, CKPT_ERR, true, NULL},
    {9001, CKPT_ERR, true, NULL},
    {9002, CKPT_ERR, true, NULL},
    {9003, CKPT_ERR, true, NULL},
    {9004, CKPT_ERR, true, NULL},
    {9005, CKPT_ERR, true, NULL},
    {9007, CKPT_ERR, true, NULL},
    /* Rights */
    {1044, CKPT_ERR_DENIED, false, HINT_RIGHTS},
    {1045, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {1130, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {1142, CKPT_ERR_DENIED, false, HINT_RIGHTS},
    {1143, CKPT_ERR_DENIED, false, HINT_RIGHTS},
    {1227, CKPT_ERR_DENIED, false, HINT_RIGHTS},
    {1370, CKPT_ERR_DENIED, false, HINT_RIGHTS},
    {1698, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {1820, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {2059, CKPT_ERR_DENIED, false,
     "the client library lacks that authentication plugin; install it, or give the user another"},
    {3159, CKPT_ERR_DENIED, false, "the server wants TLS: add ?tls=true to checkpoint.dsn"},
    {1862, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {3118, CKPT_ERR_DENIED, false, HINT_LOGIN},
    {4151, CKPT_ERR_DENIED, false, HINT_LOGIN},
    /* Read-only */
    {1036, CKPT_ERR_READ_ONLY, false, CKMY_HINT_READ_ONLY},
    {1290, CKPT_ERR_READ_ONLY, false, CKMY_HINT_READ_ONLY},
    {1792, CKPT_ERR_READ_ONLY, false, "the server's default is SET TRANSACTION READ ONLY"},
    {1836, CKPT_ERR_READ_ONLY, false, CKMY_HINT_READ_ONLY},
    {3989, CKPT_ERR_READ_ONLY, false, "ALTER SCHEMA ... READ ONLY = 0 makes it writable"},
    /* Space */
    {1021, CKPT_ERR_FULL, false, HINT_FULL},
    {1114, CKPT_ERR_FULL, false, HINT_FULL},
    {1878, CKPT_ERR_FULL, false, HINT_FULL},
    {3619, CKPT_ERR_FULL, false, HINT_FULL},
    /* What is there cannot be trusted, or is not there any more */
    {1034, CKPT_ERR_CORRUPT, false, NULL},
    {1035, CKPT_ERR_CORRUPT, false, NULL},
    {1046, CKPT_ERR_CORRUPT, false, HINT_GONE},
    {1049, CKPT_ERR_CORRUPT, false, HINT_GONE},
    {1054, CKPT_ERR_CORRUPT, false, NULL},
    {1146, CKPT_ERR_CORRUPT, false, HINT_GONE},
    {1194, CKPT_ERR_CORRUPT, false, NULL},
    {1195, CKPT_ERR_CORRUPT, false, NULL},
    {1712, CKPT_ERR_CORRUPT, false, NULL},
    {1932, CKPT_ERR_CORRUPT, false, NULL},
    /* Others */
    {0, CKPT_ERR_NOMEM, false, NULL}, /* failed allocations of the library that have no number */
    {2008, CKPT_ERR_NOMEM, false, NULL},
    {1153, CKPT_ERR, false, HINT_PACKET},
    {2020, CKPT_ERR, false, HINT_PACKET},
};

static const struct row *find_row(unsigned number)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

/* Storage engine errors carry the errno in the text: 28 is ENOSPC, 122 is EDQUOT. */
static bool says_full(unsigned number, const char *message)
{
    if (number != 1030 && number != 3 && number != 1026 && number != 1005)
        return false;
    return strstr(message, " 28 ") || strstr(message, " 28)") || strstr(message, " 122 ") ||
           strstr(message, "rror 28");
}

int ckmy_error(struct ckpt_error *err, unsigned number, const char *sqlstate, const char *message,
               const char *what, const char *where)
{
    const struct row *row = find_row(number);
    const char *hint = row ? row->hint : NULL;
    int code = row ? row->code : CKPT_ERR;

    if (says_full(number, message)) {
        code = CKPT_ERR_FULL;
        hint = HINT_FULL;
    }
    (void)ckpt_error_set(err, code, (int32_t)number, "%s in %s: %s", what, where,
                         message[0] ? message : "unknown error of the server");
    if (err->struct_size >= offsetof(struct ckpt_error, message)) {
        err->retryable = row && row->retryable;
        (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
    }
    return hint ? ckpt_error_hint(err, code, "%s", hint) : code;
}

void ckmy_error_clear(struct ckpt_error *err)
{
    uint32_t size = err->struct_size;

    memset(err, 0, size);
    err->struct_size = size;
}

void ckmy_error_copy(struct ckpt_error *err, const struct ckpt_error *from)
{
    uint32_t size = err->struct_size;

    memcpy(err, from, size < from->struct_size ? size : from->struct_size);
    err->struct_size = size;
}

bool ckmy_is_lost(unsigned number)
{
    const struct row *row = find_row(number);

    /* The server hangs up after a packet that is too big, too. */
    return (row && row->code == CKPT_ERR_LOST) || number == 1153 || number == 2020;
}

bool ckmy_is_missing(unsigned number)
{
    return number == 1046 || number == 1049 || number == 1146;
}
