-- SPDX-License-Identifier: Apache-2.0
-- For the checkpoint schema of TiDB Lightning 8.5, whose chunk table is chunk_v5: the newest one,
-- chunk_v6, as a view, so that the queries and views for it work there too. chunk_v5 does not know
-- how far it is inside of a compressed file: such a file counts when it is done.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW chunk_v6 (table_name, engine_id, path, `offset`, type,
    compression, sort_key, file_size, `columns`, should_include_row_id, end_offset, pos, real_pos,
    prev_rowid_max, rowid_max, kvc_bytes, kvc_kvs, kvc_checksum, create_time, update_time) AS
SELECT table_name, engine_id, path, `offset`, type, compression, sort_key, file_size, `columns`,
    should_include_row_id, end_offset, pos, 0, prev_rowid_max, rowid_max, kvc_bytes, kvc_kvs,
    kvc_checksum, create_time, update_time
FROM chunk_v5;
