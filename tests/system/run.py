#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the system tests: run.py [--only PATTERN] [--jobs N] [--list]

A name is `topic/test`, PATTERN a part of it. Files run side by side, each in a process with a server of
its own; the tests of a file run one after the other. The last line is `N passed, N failed`.
"""
import argparse
import importlib
import inspect
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
# The long ones first, so that the last processor does not wait for them alone.
ORDER = ["kill_test", "fault_control_test", "fault_memory_test", "badinput_test",
         "dumps_test", "connections_test", "restart_test"]


def tests_of(module_name):
    module = importlib.import_module(module_name)
    topic = module_name.removesuffix("_test")
    return [(f"{topic}/{key.removeprefix('test_')}", function)
            for key, function in vars(module).items()
            if key.startswith("test_") and inspect.isfunction(function)]


def run_one(test_name, function):
    from harness import Env
    env = Env(test_name)
    begin = time.monotonic()
    problem = ""
    try:
        function(env)
    except Exception as error:  # pylint: disable=broad-except
        problem = "".join(traceback.format_exception(error))
    finally:
        env.close()
    seconds = time.monotonic() - begin
    print(f"{'FAIL' if problem else 'ok  '} {test_name} ({seconds:.1f} s)", flush=True)
    for note in env.notes:
        print(f"     {note}", flush=True)
    if problem:
        print("     " + problem.replace("\n", "\n     "), flush=True)
    return not problem


def run_file(module_name, only):
    """In the child process: the tests of one file."""
    results = [run_one(test_name, function) for test_name, function in tests_of(module_name)
               if only in test_name]
    print(f"== {results.count(True)} {results.count(False)}", flush=True)
    return 0 if all(results) else 1


CHILDREN = []


def end(*_):
    """On SIGTERM and SIGINT: the children first; leaving by an exception runs the clean-up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the clean-up is not to be interrupted
    for child in CHILDREN:
        child.terminate()
    raise SystemExit(1)


def start_file(module_name, only):
    """In the parent: runs a file in a process of its own; returns (passed, failed)."""
    command = [sys.executable, __file__, "--file", module_name, "--only", only]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    CHILDREN.append(child)
    counts = None
    for line in child.stdout:
        if line.startswith("== "):
            counts = tuple(map(int, line.split()[1:]))
        else:
            print(line, end="", flush=True)
    child.wait()
    if counts is None:
        print(f"FAIL {module_name} ended with {child.returncode} and without a result", flush=True)
        return (0, 1)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--file", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    signal.signal(signal.SIGTERM, end)
    if options.file:
        return run_file(options.file, options.only)

    from harness import BUILD, SEED
    os.environ["TL_SEED"] = str(SEED)
    names = sorted((path.stem for path in HERE.glob("*_test.py")),
                   key=lambda n: (ORDER.index(n) if n in ORDER else len(ORDER), n))
    names = [n for n in names if any(options.only in test for test, _ in tests_of(n))]
    if options.list:
        for n in names:
            print("\n".join(test for test, _ in tests_of(n)))
        return 0
    print(f"system tests of {BUILD}, TL_SEED={SEED}", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        counts = list(pool.map(lambda n: start_file(n, options.only), names))
    passed, failed = sum(c[0] for c in counts), sum(c[1] for c in counts)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
