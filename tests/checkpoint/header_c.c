/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public header alone, as C11, and the layout of ABI 1.0: a field that moves or changes its
 * size breaks every driver out there. (Offsets of a 64-bit machine.)
 */
#include <tidb-lightning/checkpoint_driver.h>

#define AT(type, field, where) \
    _Static_assert(offsetof(struct type, field) == (where), #type "." #field " moved")
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type " changed its size")

#if UINTPTR_MAX == UINT64_MAX
SIZE(ckpt_str, 16);
AT(ckpt_error, native_code, 4);
AT(ckpt_error, retryable, 8);
AT(ckpt_error, sqlstate, 12);
AT(ckpt_error, message, 20);
AT(ckpt_error, hint, 1044);
AT(ckpt_host, log_debug, 8);
AT(ckpt_host, canceled, 16);
AT(ckpt_host, payload, 24);
AT(ckpt_task, task_id, 8);
AT(ckpt_task, extra, 136);
AT(ckpt_table, name, 16);
AT(ckpt_table, extra, 136);
AT(ckpt_engine, table_name, 8);
AT(ckpt_engine, extra, 48);
AT(ckpt_chunk, table_name, 8);
AT(ckpt_chunk, pos, 104);
AT(ckpt_chunk, extra, 176);
AT(ckpt_source, size, 40);
AT(ckpt_source, extra, 72);
AT(ckpt_failure, offset, 40);
AT(ckpt_failure, extra, 120);
AT(ckpt_change, name, 8);
AT(ckpt_change, record, 24);
AT(ckpt_visitor, task, 8);
AT(ckpt_visitor, failure, 48);
AT(ckpt_visitor, payload, 56);
SIZE(ckpt_option_value, 40);
SIZE(ckpt_option, 48);
AT(ckpt_open_args, dsn, 8);
AT(ckpt_open_args, host, 56);
AT(ckpt_open_args, tls_key, 128);
AT(ckpt_driver, abi_version, 4);
AT(ckpt_driver, capabilities, 8);
AT(ckpt_driver, name, 16);
AT(ckpt_driver, open, 40);
AT(ckpt_driver, each_table, 80);
AT(ckpt_driver, default_dsn, 112);
#endif

_Static_assert(CKPT_ABI_MAJOR == 1, "freeze the new layout too");
