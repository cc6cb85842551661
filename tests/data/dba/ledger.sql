-- The ledger that belongs to store.tsv; {1} to {3} are connections of the test.
DELETE FROM tidb_lightning_ledger.task_v1 WHERE task_id <> 0;
INSERT INTO tidb_lightning_ledger.task_v1 (task_id, token, host, pid, since, source_dir) VALUES
(1795636800123456789, 'token', 'loader1', 4711, '2026-11-25 20:00:00.125000', '/data/shop');
INSERT INTO tidb_lightning_ledger.writer_v1 (task_id, writer_id, token, connection_id, seq) VALUES
(1795636800123456789, 0, 'token', {1}, 9120), (1795636800123456789, 1, 'token', {2}, 1411),
(1795636800123456789, 2, 'token', {3}, 1405), (1795636800123456789, 3, 'token', 4000000000, 377);
INSERT INTO tidb_lightning_ledger.chunk_v1 (task_id, chunk_key, table_name, engine_id, path, `offset`) VALUES
(1795636800123456789, 'k1', '`shop`.`customers`', 0, 'shop.customers.00000.sql', 0),
(1795636800123456789, 'k2', '`shop`.`customers`', 0, 'shop.customers.00001.sql', 0),
(1795636800123456789, 'k3', '`shop`.`customers`', 0, 'shop.customers.00002.sql', 0),
(1795636800123456789, 'k4', '`shop`.`orders`', 0, 'shop.orders.00000.sql', 0),
(1795636800123456789, 'k5', '`shop`.`orders`', 0, 'shop.orders.00001.sql', 0),
(1795636800123456789, 'k6', '`shop`.`orders`', 0, 'shop.orders.00002.sql', 0),
(1795636800123456789, 'k7', '`shop`.`orders`', 0, 'shop.orders.00003.sql', 0),
(1795636800123456789, 'k8', '`shop`.`order_lines`', 0, 'shop.order_lines.csv.gz', 0),
(1795636800123456789, 'k9', '`shop`.`documents`', 0, 'shop.documents.sql', 0);
INSERT INTO tidb_lightning_ledger.batch_v1 (chunk_key, begin_pos, end_pos, row_count, byte_count,
    checksum, end_line, is_last, in_statement, head_offset) VALUES
('k1', 0, 402653184, 1500000, 402653184, 1, 1500009, 1, 0, 0),
('k2', 0, 399507456, 1488281, 399507456, 1, 1488290, 1, 0, 0),
('k3', 0, 251658240, 937500, 251658240, 1, 937509, 1, 0, 0),
('k4', 0, 1073741824, 9100000, 1073741824, 1, 9100009, 1, 0, 0),
('k5', 0, 1073741824, 9099950, 1073741824, 1, 9099959, 1, 0, 0),
('k6', 0, 912680550, 7735000, 912680550, 1, 7735009, 0, 1, 0),
('k6', 916874854, 921069158, 35550, 4194304, 1, 7806109, 0, 1, 0),
('k8', 0, 1932735283, 24159191, 1932735283, 1, 24159192, 0, 0, 0),
('k9', 0, 41943040, 5242, 41943040, 1, 5300, 0, 1, 0);
