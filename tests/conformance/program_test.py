#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ckpt-conformance promises as a program: program_test.py --kit PROGRAM

Exit statuses, both forms of the report, and that no driver can spoil or stop it: one that hangs,
one that crashes, one that exits, one that prints.
"""
import argparse
import ctypes
import json
import pathlib
import platform
import re
import struct
import subprocess
import sys
import tempfile

import mutants

OPEN = "    store->fd = store->folder = -1;"  # a line that every open runs


PTRACE = {"x86_64": 101, "aarch64": 117}  # the number of the system call


def forbid_ptrace():
    """In a child before exec: from here on ptrace fails with EPERM, as in a strict container."""
    load, equal, give = 0x20, 0x15, 0x06  # BPF: load a word, jump if equal, return
    allow, refuse = 0x7FFF0000, 0x00050000 | 1
    steps = ((load, 0, 0, 0), (equal, 0, 1, PTRACE[platform.machine()]), (give, 0, 0, refuse),
             (give, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot forbid ptrace")


class Test:
    """The kit, the template driver, and a folder for stores."""

    def __init__(self, kit, compiler, folder):
        self.kit, self.compiler, self.folder = kit, compiler, folder
        self.driver = mutants.build(self.sub("plain"), compiler)

    def sub(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    def broken(self, name, statement):
        return mutants.build(self.sub(name), self.compiler, mutants.DRIVER.name, OPEN,
                             OPEN + " " + statement)

    def run(self, *args, driver=None, before=None):
        store = str(self.folder / "store")
        result = subprocess.run([self.kit, *args, str(driver or self.driver), store],
                                capture_output=True, text=True, timeout=120, check=False,
                                preexec_fn=before)
        return result

    def fail_reason(self, rule, driver, *options):
        """The reason for which the rule fails, in a report that must be whole."""
        result = self.run("--format", "json", "--rule", rule, *options, driver=driver)
        assert result.returncode == 1, result
        return json.loads(result.stdout)["rules"][0]["reason"]

    # ---- Each of these is a test -----------------------------------------------------------

    def wrong_use_is_status_2(self):
        for args in (["--nonsense"], ["--format", "xml"], ["--rule", "no such rule"],
                     ["--timeout", "0"], ["--first", "nothing"], ["--seed", "x"],
                     ["--option", "nonsense=1"], ["--option", "snapshot-kib=many"]):
            assert self.run(*args).returncode == 2, args

    def a_report_that_cannot_be_written_is_status_2(self):
        for form in ("tap", "json"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run(
                    [self.kit, "--format", form, "--rule", "reopen", str(self.driver),
                     str(self.folder / "store")], stdout=full, stderr=subprocess.PIPE,
                    text=True, timeout=120, check=False)
            assert result.returncode == 2 and "report" in result.stderr, result

    def what_is_no_driver_is_status_2(self):
        other = self.folder / "ckpt-other.so"
        other.write_text("not a shared object", encoding="utf-8")
        for path in (other, self.folder / "missing.so"):
            result = self.run(driver=path)
            assert result.returncode == 2 and result.stderr and not result.stdout, result

    def ids_are_unique_and_short(self):
        result = subprocess.run([self.kit, "--list"], capture_output=True, text=True, check=True)
        ids = [line.split()[0] for line in result.stdout.splitlines()]
        assert len(ids) > 80 and len(set(ids)) == len(ids), ids
        assert all(re.fullmatch(r"[a-z0-9-]{3,30}", name) for name in ids), ids

    def tap_has_a_plan_and_numbers(self):
        lines = self.run("--rule", "order-").stdout.splitlines()
        tests = [line for line in lines if re.match(r"(not )?ok ", line)]
        assert lines[0] == "TAP version 13" and lines[1] == f"1..{len(tests)}", lines
        for number, line in enumerate(tests, 1):
            assert re.match(rf"ok {number} - order-[a-z]+: ", line), line

    def json_names_results_and_sums_them_up(self):
        result = self.run("--format", "json", "--rule", "two-")
        report = json.loads(result.stdout)
        assert result.returncode == 0 and report["summary"]["conforms"], report
        by_id = {rule["id"]: rule for rule in report["rules"]}
        assert by_id["two-handles"]["result"] == "not-claimed", by_id
        assert by_id["two-stores"]["result"] == "pass" and not by_id["two-stores"]["reason"]
        assert report["driver"]["name"] == "log" and report["driver"]["capabilities"] == []

    def what_cannot_be_traced_is_not_judged(self):
        if platform.machine() not in PTRACE:
            return
        for form in ("json", "tap"):
            result = self.run("--format", form, "--rule", "crash-", before=forbid_ptrace)
            assert result.returncode == 3, result
            assert re.search(r"[1-9]\d* rules could not be judged here: .*ptrace", result.stderr)
            if form == "tap":
                assert re.search(r"^ok 1 - crash-put: .* # SKIP not judged: .*ptrace",
                                 result.stdout, re.MULTILINE), result
                continue
            report = json.loads(result.stdout)
            results = [rule["result"] for rule in report["rules"]]
            assert "not-judged" in results and not report["summary"]["conforms"], report
            assert report["summary"]["not-judged"] == results.count("not-judged"), report
        result = self.run("--rule", "reopen", before=forbid_ptrace)
        assert result.returncode == 0 and not result.stderr, result

    def a_failure_counts_more_than_what_is_not_judged(self):
        driver = self.broken("both", "if (store->read_only) abort();")
        result = self.run(driver=driver, before=forbid_ptrace)
        assert result.returncode == 1 and "could not be judged" in result.stderr, result

    def a_crash_is_one_failed_rule(self):
        driver = self.broken("crash", "if (store->read_only) abort();")
        assert "signal 6" in self.fail_reason("reopen", driver)
        assert self.run("--rule", "put-replaces", driver=driver).returncode == 0

    def an_exit_is_one_failed_rule(self):
        driver = self.broken("exit", "if (store->read_only) exit(0);")
        assert "exit status 0" in self.fail_reason("reopen", driver)

    def a_hang_ends_and_so_does_the_run(self):
        driver = self.broken("hang", "for (;;) pause();")
        result = self.run("--format", "json", "--timeout", "1", driver=driver)
        report = json.loads(result.stdout)
        assert result.returncode == 1 and report["summary"]["seconds"] < 60, report["summary"]
        assert sum("hangs" in rule["reason"] for rule in report["rules"]) == 3, report
        left = subprocess.run(["pgrep", "-f", str(driver)], capture_output=True, check=False)
        assert left.returncode != 0, "a process of a rule is left"

    def output_of_a_driver_spoils_nothing(self):
        driver = self.broken("print", 'puts("not ok 1 - {"); fflush(NULL);')
        for rule in ("reopen", "put-replaces"):
            result = self.run("--format", "json", "--rule", rule, driver=driver)
            assert json.loads(result.stdout)["summary"]["fail"] == 0, result
        assert "stdout" in self.fail_reason("silent", driver)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", required=True)
    parser.add_argument("--compiler", default="cc")
    args = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tl-kit.") as name:
        test = Test(str(pathlib.Path(args.kit).resolve()), args.compiler, pathlib.Path(name))
        names = [name for name in vars(Test) if re.match(
            r"(wrong|what|ids|tap|json|a|an|output)_", name)]
        for name in names:
            try:
                getattr(test, name)()
                print(f"ok   {name}", flush=True)
            except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"not ok   {name}: {str(error)[:600]}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
