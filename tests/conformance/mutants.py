#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The kit must fail drivers that are broken in one line: mutants.py --kit PROGRAM [NAME...]

Each mutant of mutant_list.py is the template driver with one line changed, there or in a helper
header. It is built, and the whole kit run on it, beginning with the rule that is expected to fail
and ending with the first failure. A mutant whose original line is not there exactly once is an
error, so that the list cannot rot. Before that, the unchanged template must pass every rule.
--all runs the whole list of rules for each mutant and prints all that fail.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from mutant_list import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = ROOT / "plugins/template/ckpt_log.c"
HEADERS = ROOT / "plugins/include/tidb-lightning"
SECONDS = 300


def build(folder, compiler, file=None, original=None, replacement=None):
    """Builds the driver in `folder`, with one line changed if `file` is given; returns its path."""
    include = folder / "include" / "tidb-lightning"
    shutil.copytree(HEADERS, include)
    source = pathlib.Path(shutil.copy(DRIVER, folder))
    if file:
        path = source if file == source.name else include / file
        text = path.read_text(encoding="utf-8").split("\n")
        found = text.count(original)
        if found != 1:
            raise ValueError(f"{file} has this line {found} times, not once: {original}")
        text[text.index(original)] = replacement
        path.write_text("\n".join(text), encoding="utf-8")
    driver = folder / "ckpt-log.so"
    subprocess.run([compiler, "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-w", "-fPIC", "-shared",
                    "-fvisibility=hidden", f"-I{include.parent}", "-o", str(driver), str(source)],
                   check=True)
    return driver


def run_kit(kit, driver, folder, *options):
    """Runs the kit; returns its exit status and the report as a dictionary."""
    result = subprocess.run([kit, "--format", "json", *options, str(driver), str(folder / "store")],
                            capture_output=True, text=True, timeout=SECONDS, check=False)
    if result.returncode not in (0, 1):
        raise ValueError(f"the kit ended with {result.returncode}: {result.stderr}")
    return result.returncode, json.loads(result.stdout)


def failures(report):
    return [rule for rule in report["rules"] if rule["result"] == "fail"]


def check_template(kit, compiler):
    """Returns what is wrong, "" = nothing."""
    with tempfile.TemporaryDirectory(prefix="tl-mutant.") as name:
        folder = pathlib.Path(name)
        status, report = run_kit(kit, build(folder, compiler), folder)
        failed = [f"{rule['id']}: {rule['reason']}" for rule in failures(report)]
        return "" if status == 0 else "the kit fails the template: " + "; ".join(failed)


def check_mutant(kit, compiler, mutant, everything):
    """Returns what is wrong (empty = nothing), and a remark."""
    _, file, original, replacement, rule = mutant
    with tempfile.TemporaryDirectory(prefix="tl-mutant.") as name:
        folder = pathlib.Path(name)
        driver = build(folder, compiler, file, original, replacement)
        options = [] if everything else ["--fail-fast", "--first", rule]
        status, report = run_kit(kit, driver, folder, *options)
        failed = {row["id"]: row["reason"] for row in failures(report)}
    seconds = report["summary"]["seconds"]
    if everything:
        return "" if rule in failed else f"{rule} does not fail", " ".join(failed)
    if status == 1 and rule in failed:
        return "", f"{rule}, {seconds:.1f} s: {failed[rule][:150]}"
    return f"{rule} does not fail it, but: {failed or 'nothing'}", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", required=True)
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    kit = str(pathlib.Path(args.kit).resolve())
    passed = failed = 0
    chosen = [mutant for mutant in MUTANTS if not args.names or mutant[0] in args.names]
    if not args.names:
        wrong = check_template(kit, args.compiler)
        print(f"{'not ok' if wrong else 'ok'}   the template passes {wrong}", flush=True)
        passed, failed = passed + (not wrong), failed + bool(wrong)
    for mutant in chosen:
        try:
            wrong, remark = check_mutant(kit, args.compiler, mutant, args.all)
        except (ValueError, subprocess.SubprocessError) as error:
            wrong, remark = str(error), ""
        print(f"{'not ok' if wrong else 'ok'}   {mutant[0]}: {wrong or remark}", flush=True)
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
