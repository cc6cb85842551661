# SPDX-License-Identifier: Apache-2.0
"""Checkpoint files as the upstream program writes them, and what it leaves on the target.

The encoder knows just enough of protobuf to write such a file; it shares nothing with the reader
that is tested.
"""
import re
import subprocess

from basics import check

DONE, OPEN = 200, 30
SQL, CSV = 3, 4
TEN_TIB = 10 << 40

ROW = re.compile(rb"\((?:[^'\"()]|'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")*\)", re.DOTALL)


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def text(field, value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def chunk(path, size, pos, rows, offset=0, end=None, kind=SQL, compression=0, columns=(0, 1, 2)):
    """One file, or one slice of it: (key, record)."""
    end = (TEN_TIB if compression else size) if end is None else end
    permutation = b"".join(varint(c) for c in columns) if pos > offset else b""
    record = (text(1, path) + number(2, offset) + number(5, end) + number(6, pos)
              + number(8, rows) + number(9, 10 * rows) + number(10, rows)
              + (text(12, permutation) if permutation else b"")
              + varint(13 << 3 | 1) + (1795368869).to_bytes(8, "little") + number(14, kind)
              + number(15, compression) + text(16, "000") + number(17, size))
    return f"{path}:{offset}", record


def table(status, chunks, engine_status=None, engines=None):
    """A table with one data engine of these chunks, or with several: engines = {id: chunks}."""
    engine_status = engine_status or (120 if status >= DONE else status)
    out = number(3, status)
    for engine, files in {**({0: chunks} if engines is None else engines), -1: []}.items():
        body = number(1, engine_status if engine >= 0 or status >= DONE else OPEN)
        for key, record in files:
            body += text(2, text(1, key) + text(2, record))
        out += text(8, varint(1 << 3) + varint(engine << 1 ^ (-1 if engine < 0 else 0))
                    + text(2, body))
    return out


def checkpoint(tables, source, task_id=6271719367786690815, backend="tidb", port=4000):
    """tables: {"`db`.`table`": table(...)}."""
    out = b"".join(text(1, text(1, name) + text(2, body)) for name, body in tables.items())
    return out + text(2, number(1, task_id) + text(2, f"file://{source}") + text(3, backend)
                      + text(5, "127.0.0.1") + number(6, port) + text(9, "v8.5.1"))


def row_ends(data):
    """The positions behind the rows of an SQL data file."""
    ends, at = [], 0
    while True:
        head = re.compile(rb"INSERT INTO [^(]*?VALUES\s*", re.DOTALL).search(data, at)
        if not head:
            return ends
        at = head.end()
        while True:
            row = ROW.match(data, at)
            ends.append(row.end())
            at = row.end()
            comma = re.compile(rb"\s*,\s*").match(data, at)
            if not comma:
                break
            at = comma.end()


def load_sql(server, database, data, end):
    """What upstream had loaded of a file: everything in front of the row end `end`."""
    if end:
        command = ["mariadb", "--no-defaults", "-u", "root", "-S", server.socket, "--binary-mode",
                   "--default-character-set=utf8mb4", database]
        done = subprocess.run(command, input=data[:end] + b";", capture_output=True, check=False)
        check(done.returncode == 0, "SQL failed:", done.stderr.decode(errors="replace"))
