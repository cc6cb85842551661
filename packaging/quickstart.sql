-- SPDX-License-Identifier: Apache-2.0
-- The sample database of packaging/quickstart.sh: a small shop, six tables, 445,000 rows.
-- Everything is computed from the row's number, so that two runs make the same rows.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_UNSIGNED_SUBTRACTION';
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE shop;

-- Every byte that a dump has to escape, and some that it has not.
SET @nasty = CONCAT('it''s "quoted" `so` \\ slash; -- no /* comment */ 100% _x_\ttab\r\nnewline ',
                    CHAR(0 USING utf8mb4), CHAR(26 USING utf8mb4), ' ünïcödé 日本語 😀 ),(''\\''');
SET @bytes = (SELECT GROUP_CONCAT(CHAR(seq USING binary) ORDER BY seq SEPARATOR '')
              FROM seq_0_to_255);

-- A primary key that counts, a unique key, NULL, JSON, dates.
CREATE TABLE customers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(120) NOT NULL,
    name VARCHAR(200) CHARACTER SET latin1 NOT NULL,
    born DATE,
    profile JSON,
    remark TEXT,
    UNIQUE KEY email (email),
    KEY born (born)
);
INSERT INTO customers
SELECT seq, CONCAT('user', seq, '@example.org'), CONCAT('Señor Nº ', seq),
       IF(seq % 7 = 0, NULL, '1940-01-01' + INTERVAL seq % 25000 DAY),
       IF(seq % 5 = 0, NULL, JSON_OBJECT('n', seq, 'text', CONCAT('a "b" \\ ', seq), 'list',
                                         JSON_ARRAY(1, NULL, TRUE))),
       CASE seq % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE CONCAT(@nasty, seq) END
FROM seq_1_to_60000;

-- Foreign key, ENUM, decimals, a timestamp, a generated column.
CREATE TABLE orders (
    id BIGINT NOT NULL PRIMARY KEY,
    customer INT UNSIGNED NOT NULL,
    state ENUM('new', 'paid', 'sent', 'it''s lost') NOT NULL,
    total DECIMAL(20, 4),
    placed DATETIME(6) NOT NULL,
    changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    year_placed SMALLINT AS (YEAR(placed)) PERSISTENT,
    KEY placed (placed),
    CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id)
);
INSERT INTO orders (id, customer, state, total, placed, changed)
SELECT seq * 3, 1 + seq * 7919 % 60000, 1 + seq % 4,
       IF(seq % 11 = 0, NULL, (seq - 60000) * 1234.5678),
       '2001-01-01' + INTERVAL seq * 977777 MICROSECOND + INTERVAL seq % 8000 DAY,
       FROM_UNIXTIME(1 + seq * 9999)
FROM seq_1_to_120000;

-- A primary key of two columns.
CREATE TABLE order_lines (
    order_id BIGINT NOT NULL,
    line SMALLINT NOT NULL,
    article VARCHAR(40) NOT NULL,
    quantity INT NOT NULL,
    price DECIMAL(12, 2) NOT NULL,
    PRIMARY KEY (order_id, line),
    KEY article (article, price)
);
INSERT INTO order_lines
SELECT (1 + seq DIV 3) * 3, seq % 3, CONCAT('article ', seq * 31 % 5000), 1 + seq % 9,
       seq % 100000 / 100
FROM seq_1_to_180000;

-- No key at all, and rows that are equal to each other: loaded twice, nobody would notice.
CREATE TABLE visits (
    at DATETIME(3) NOT NULL,
    page VARCHAR(300) NOT NULL,
    seconds DOUBLE,
    remark VARCHAR(400)
);
INSERT INTO visits
SELECT '2020-02-29 12:00:00' + INTERVAL seq DIV 10 SECOND, CONCAT('/page/', seq DIV 10 % 300),
       IF(seq DIV 10 % 3 = 0, NULL, (seq DIV 10) / 7), IF(seq DIV 10 % 2 = 0, NULL, @nasty)
FROM seq_1_to_70000;

-- Blobs with every byte, text with every nasty character.
CREATE TABLE documents (
    name VARBINARY(100) NOT NULL PRIMARY KEY,
    content MEDIUMBLOB,
    summary LONGTEXT
);
INSERT INTO documents
SELECT CONCAT(UNHEX(MD5(seq)), 0x00, seq),
       IF(seq % 9 = 0, NULL, REPEAT(CONCAT(@bytes, UNHEX(SHA1(seq))), 1 + seq % 8)),
       REPEAT(@nasty, seq % 5)
FROM seq_1_to_5000;

-- The other types, and names that have to be quoted.
CREATE TABLE `odd types` (
    `a key` INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `select` BIT(12),
    flags SET('a', 'b', 'c d'),
    made YEAR,
    length TIME(2),
    small FLOAT,
    huge BIGINT UNSIGNED,
    place POINT
) CHARACTER SET latin1;
INSERT INTO `odd types`
SELECT NULL, IF(seq % 3 = 0, NULL, seq % 4096), seq % 8, 1901 + seq % 250,
       SEC_TO_TIME(seq % 600000 - 300000) + INTERVAL seq % 100 * 10000 MICROSECOND, seq / 4,
       ~0 ^ seq, IF(seq % 2 = 0, NULL, POINT(seq, seq / 8))
FROM seq_1_to_10000;
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 1000000;
