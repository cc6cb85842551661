# SPDX-License-Identifier: Apache-2.0
"""Dumps: by mydumper, by mariadb-dump, and written by hand as SQL and CSV."""
import pathlib
import subprocess

from basics import check, name


def mydumper(server, database, directory, *options):
    command = ["mydumper", "-h", "127.0.0.1", "-P", str(server.port), "-u", "root", "-B", database,
               "-o", str(directory), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0 and "CRITICAL" not in done.stderr + done.stdout,
          "mydumper failed:", done.stderr, done.stdout)
    return pathlib.Path(directory)


def mariadb_dump(server, database, table, path, *options):
    """One table as mariadb-dump writes it."""
    command = ["mariadb-dump", "--no-defaults", "-u", "root", "-S", server.socket,
               "--default-character-set=utf8mb4", "--hex-blob", *options, database, table]
    with open(path, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 0, "mariadb-dump failed:", done.stderr.decode(errors="replace"))


def write_schema(directory, database, table, create):
    """The schema files of one table, as every dumper names them."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{database}-schema-create.sql").write_text(f"CREATE DATABASE {name(database)};\n")
    (directory / f"{database}.{table}-schema.sql").write_text(create.rstrip().rstrip(";") + ";\n")


def sql_literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return "x'" + value.hex() + "'"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    for raw, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\0", "\\0"), ("\n", "\\n"), ("\r", "\\r"),
                         ("\x1a", "\\Z")):
        text = text.replace(raw, escaped)
    return f"'{text}'"


def write_inserts(path, table, rows, per_statement=100, columns=""):
    """A data file of INSERT statements, one row a line."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        rows = list(rows)
        for start in range(0, len(rows), per_statement):
            lines = ["(" + ",".join(map(sql_literal, row)) + ")"
                     for row in rows[start:start + per_statement]]
            out.write(f"INSERT INTO {name(table)}{columns} VALUES\n" + ",\n".join(lines) + ";\n")


def csv_field(value):
    if value is None:
        return "\\N"
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '""') + '"'


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(",".join(header) + "\n")
        for row in rows:
            out.write(",".join(map(csv_field, row)) + "\n")


def compress(path, kind):
    """Replaces the file by a compressed one; returns the new path."""
    path = pathlib.Path(path)
    command = {"gz": ["gzip", "-f", str(path)], "zst": ["zstd", "-q", "--rm", "-f", str(path)]}[kind]
    subprocess.run(command, check=True)
    return path.with_name(path.name + "." + kind)
