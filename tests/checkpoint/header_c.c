/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public header alone, as C11, and the layout of ABI 1.0: a field that moves or changes its
 * size breaks every driver out there. (Offsets of a 64-bit machine.)
 */
#include <tidb-lightning/checkpoint_driver.h>
#include <tidb-lightning/checkpoint_file.h>
#include <tidb-lightning/checkpoint_index.h>

#define AT(type, field, where) \
    _Static_assert(offsetof(struct type, field) == (where), #type "." #field " moved")
/* At least: a struct may grow at its end. */
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) >= (bytes), #type " lost a field")

#if UINTPTR_MAX == UINT64_MAX
AT(ckpt_str, data, 0);
AT(ckpt_str, len, 8);
SIZE(ckpt_str, 16);
AT(ckpt_error, struct_size, 0);
AT(ckpt_error, native_code, 4);
AT(ckpt_error, retryable, 8);
AT(ckpt_error, sqlstate, 12);
AT(ckpt_error, message, 20);
AT(ckpt_error, hint, 1044);
SIZE(ckpt_error, 1556);
AT(ckpt_host, struct_size, 0);
AT(ckpt_host, reserved, 4);
AT(ckpt_host, log_debug, 8);
AT(ckpt_host, canceled, 16);
AT(ckpt_host, payload, 24);
SIZE(ckpt_host, 32);
AT(ckpt_task, struct_size, 0);
AT(ckpt_task, planned, 4);
AT(ckpt_task, task_id, 8);
AT(ckpt_task, source_dir, 16);
AT(ckpt_task, backend, 32);
AT(ckpt_task, importer_addr, 48);
AT(ckpt_task, target_host, 64);
AT(ckpt_task, target_port, 80);
AT(ckpt_task, reserved, 84);
AT(ckpt_task, pd_addr, 88);
AT(ckpt_task, sorted_kv_dir, 104);
AT(ckpt_task, version, 120);
AT(ckpt_task, extra, 136);
SIZE(ckpt_task, 152);
AT(ckpt_table, struct_size, 0);
AT(ckpt_table, status, 4);
AT(ckpt_table, task_id, 8);
AT(ckpt_table, name, 16);
AT(ckpt_table, hash, 32);
AT(ckpt_table, table_id, 48);
AT(ckpt_table, table_info, 56);
AT(ckpt_table, kv_bytes, 72);
AT(ckpt_table, kv_kvs, 80);
AT(ckpt_table, kv_checksum, 88);
AT(ckpt_table, auto_rand_base, 96);
AT(ckpt_table, auto_incr_base, 104);
AT(ckpt_table, auto_row_id_base, 112);
AT(ckpt_table, create_time, 120);
AT(ckpt_table, update_time, 128);
AT(ckpt_table, extra, 136);
SIZE(ckpt_table, 152);
AT(ckpt_engine, struct_size, 0);
AT(ckpt_engine, status, 4);
AT(ckpt_engine, table_name, 8);
AT(ckpt_engine, engine_id, 24);
AT(ckpt_engine, reserved, 28);
AT(ckpt_engine, create_time, 32);
AT(ckpt_engine, update_time, 40);
AT(ckpt_engine, extra, 48);
SIZE(ckpt_engine, 64);
AT(ckpt_chunk, struct_size, 0);
AT(ckpt_chunk, engine_id, 4);
AT(ckpt_chunk, table_name, 8);
AT(ckpt_chunk, path, 24);
AT(ckpt_chunk, offset, 40);
AT(ckpt_chunk, type, 48);
AT(ckpt_chunk, compression, 52);
AT(ckpt_chunk, sort_key, 56);
AT(ckpt_chunk, file_size, 72);
AT(ckpt_chunk, columns, 80);
AT(ckpt_chunk, end_offset, 96);
AT(ckpt_chunk, pos, 104);
AT(ckpt_chunk, real_pos, 112);
AT(ckpt_chunk, prev_rowid_max, 120);
AT(ckpt_chunk, rowid_max, 128);
AT(ckpt_chunk, kvc_bytes, 136);
AT(ckpt_chunk, kvc_kvs, 144);
AT(ckpt_chunk, kvc_checksum, 152);
AT(ckpt_chunk, create_time, 160);
AT(ckpt_chunk, update_time, 168);
AT(ckpt_chunk, extra, 176);
SIZE(ckpt_chunk, 192);
AT(ckpt_source, struct_size, 0);
AT(ckpt_source, reserved, 4);
AT(ckpt_source, table_name, 8);
AT(ckpt_source, path, 24);
AT(ckpt_source, size, 40);
AT(ckpt_source, mtime, 48);
AT(ckpt_source, fingerprint, 56);
AT(ckpt_source, extra, 72);
SIZE(ckpt_source, 88);
AT(ckpt_failure, struct_size, 0);
AT(ckpt_failure, engine_id, 4);
AT(ckpt_failure, table_name, 8);
AT(ckpt_failure, path, 24);
AT(ckpt_failure, offset, 40);
AT(ckpt_failure, line, 48);
AT(ckpt_failure, native_code, 56);
AT(ckpt_failure, status, 60);
AT(ckpt_failure, sqlstate, 64);
AT(ckpt_failure, message, 80);
AT(ckpt_failure, hint, 96);
AT(ckpt_failure, time, 112);
AT(ckpt_failure, extra, 120);
SIZE(ckpt_failure, 136);
AT(ckpt_change, struct_size, 0);
AT(ckpt_change, kind, 4);
AT(ckpt_change, name, 8);
AT(ckpt_change, record, 24);
SIZE(ckpt_change, 32);
AT(ckpt_visitor, struct_size, 0);
AT(ckpt_visitor, reserved, 4);
AT(ckpt_visitor, task, 8);
AT(ckpt_visitor, table, 16);
AT(ckpt_visitor, engine, 24);
AT(ckpt_visitor, chunk, 32);
AT(ckpt_visitor, source, 40);
AT(ckpt_visitor, failure, 48);
AT(ckpt_visitor, payload, 56);
SIZE(ckpt_visitor, 64);
AT(ckpt_option_value, name, 0);
AT(ckpt_option_value, text, 16);
AT(ckpt_option_value, number, 32);
SIZE(ckpt_option_value, 40);
AT(ckpt_option, name, 0);
AT(ckpt_option, type, 8);
AT(ckpt_option, secret, 12);
AT(ckpt_option, default_text, 16);
AT(ckpt_option, min, 24);
AT(ckpt_option, max, 32);
AT(ckpt_option, help, 40);
SIZE(ckpt_option, 48);
AT(ckpt_open_args, struct_size, 0);
AT(ckpt_open_args, flags, 4);
AT(ckpt_open_args, dsn, 8);
AT(ckpt_open_args, schema, 24);
AT(ckpt_open_args, options, 40);
AT(ckpt_open_args, option_count, 48);
AT(ckpt_open_args, host, 56);
AT(ckpt_open_args, target_dsn, 64);
AT(ckpt_open_args, tls_mode, 80);
AT(ckpt_open_args, tls_ca, 96);
AT(ckpt_open_args, tls_cert, 112);
AT(ckpt_open_args, tls_key, 128);
SIZE(ckpt_open_args, 144);
AT(ckpt_driver, struct_size, 0);
AT(ckpt_driver, abi_version, 4);
AT(ckpt_driver, capabilities, 8);
AT(ckpt_driver, name, 16);
AT(ckpt_driver, version, 24);
AT(ckpt_driver, options, 32);
AT(ckpt_driver, open, 40);
AT(ckpt_driver, close, 48);
AT(ckpt_driver, apply, 56);
AT(ckpt_driver, load_task, 64);
AT(ckpt_driver, load_table, 72);
AT(ckpt_driver, each_table, 80);
AT(ckpt_driver, retire, 88);
AT(ckpt_driver, describe, 96);
AT(ckpt_driver, dump, 104);
AT(ckpt_driver, default_dsn, 112);
SIZE(ckpt_driver, 120);
#endif

_Static_assert(CKPT_ABI_MAJOR == 1, "freeze the new layout too");
