#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The style checks: check.py [NAME...] runs all checks, or those named.

Each check returns the list of what it does not accept and a list of warnings. The last line is
`N passed, N failed`.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIP = {".git", "install", "__pycache__"}

FILE_WARN, FILE_FAIL = 400, 1000
FUNCTION_WARN, FUNCTION_LIST, FUNCTION_FAIL = 40, 60, 100
BANNED = "strcpy strcat sprintf vsprintf strtok atoi atol atof gets alloca stpcpy".split()

# What a room may include, besides itself.
ARROWS = {
    "base": set(),
    "config": {"base"},
    "checkpoint": {"base", "config"},
    "source": {"base", "config"},
    "target": {"base", "config", "source"},
    "import": {"base", "config", "source", "target", "checkpoint"},
    "ctl": {"base", "config", "source", "target", "checkpoint", "import"},
}
TARGET_MAY_SEE = {"batch.h", "reader.h", "decode.h", "stream.h"}  # of source
# What import and ctl see of checkpoint.
STORE_HEADERS = {"store.h", "store_copy.h", "model.h", "registry.h"}


def files(*suffixes, below=""):
    """The project's files with one of these endings, relative to its root."""
    found = []
    for path in sorted((ROOT / below).rglob("*")):
        parts = path.relative_to(ROOT).parts
        if any(part in SKIP or part.startswith("build") for part in parts[:-1]):
            continue
        if path.is_file() and path.name.endswith(suffixes):
            found.append(path.relative_to(ROOT))
    return found


def sources():
    return [p for p in files(".c", ".h", ".cpp") if p.parts[:2] != ("tests", "data")]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


TOKENS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_of(path):
    """The text with comments and the inside of strings taken out; the lines stay."""
    def blank(match):
        token = match.group()
        return ("\"\"" if token[0] == '"' else "''" if token[0] == "'" else " ") \
            + "\n" * token.count("\n")
    return TOKENS.sub(blank, text_of(path))


def functions_of(path):
    """(name, first line, lines of code): a body begins and ends with a brace in column 1."""
    lines = code_of(path).split("\n")
    begin = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin is not None:
            head = " ".join(lines[max(0, begin - 4):begin])
            names = re.findall(r"(\w+)\s*\(", head)
            code = sum(1 for body in lines[begin + 1:number] if body.strip())
            yield (names[-1] if names else "?"), begin + 1, code
            begin = None


def run(command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def run_all(commands):
    """Runs (label, command) pairs side by side; returns the first line of each complaint."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda pair: (pair[0], run(pair[1])), commands))
    return [f"{label}: {(result.stderr or result.stdout).strip()[:500]}"
            for label, result in done if result.returncode != 0]


# ---- Checks -------------------------------------------------------------------------------------


def check_format():
    """clang-format has nothing to change"""
    names = [str(path) for path in sources()]
    result = run(["clang-format", "--dry-run", "-Werror", *names])
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", result.stderr, re.MULTILINE)))
    if result.returncode != 0 and not wrong:
        return [result.stderr.strip()[:500]], []
    return [f"{path}: run clang-format -i" for path in wrong], []


def check_budgets():
    """files and functions are short"""
    bad, warn = [], []
    for path in sources() + files(".py", ".sh"):
        lines = text_of(path).count("\n")
        if lines > FILE_WARN:
            (bad if lines > FILE_FAIL else warn).append(f"{path}: {lines} lines")
    for path in sources():
        for function, line, code in functions_of(path):
            where = f"{path}:{line}: {function} has {code} lines of code"
            if code > FUNCTION_FAIL:
                bad.append(where)
            elif code > FUNCTION_LIST:
                warn.append(where + " (needs a reason)")
            elif code > FUNCTION_WARN:
                warn.append(where)
    return bad, warn


def check_banned():
    """no function that cannot be used safely, no line comment, no typedef of a struct"""
    bad = []
    pattern = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
    for path in sources():
        for number, line in enumerate(code_of(path).split("\n"), 1):
            bad += [f"{path}:{number}: {found} is not used here" for found in pattern.findall(line)]
            if re.match(r"\s*typedef\s+(struct|union|enum)\b", line):
                bad.append(f"{path}:{number}: typedef of a struct")
        if path.suffix != ".cpp":
            bad += [f"{path}: line comment {token[:40]}" for token in TOKENS.findall(text_of(path))
                    if token.startswith("//")]
    return bad, []


def includes_of(path):
    for number, line in enumerate(text_of(path).split("\n"), 1):
        match = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)", line)
        if match:
            yield number, match.group(1), match.group(2)


def core_arrow(room, include):
    """Why a file of a room of core may not include "core/...", or None."""
    parts = include.split("/")
    if len(parts) == 2 and room == "programs":
        return None
    if len(parts) != 3:
        return "an include is written core/room/file.h"
    other, header = parts[1], parts[2]
    if other == room:
        return None
    if other not in ARROWS.get(room, set(ARROWS)):
        return f"{room} does not know {other}"
    if room == "target" and other == "source" and header not in TARGET_MAY_SEE:
        return f"target sees of source only {', '.join(sorted(TARGET_MAY_SEE))}"
    if room in ("import", "ctl") and other == "checkpoint" and header not in STORE_HEADERS:
        return f"{room} sees of checkpoint only {', '.join(sorted(STORE_HEADERS))}"
    return None


def arrow(path, quote, include):
    """Why a file may not include this, or None."""
    if path.parts[0] == "core":
        if include.startswith("drivers/") or (quote == '"' and not include.startswith("core/")):
            return "core includes only core, the public header and libraries"
        room = path.parts[1] if len(path.parts) > 2 else "programs"
        return core_arrow(room, include) if include.startswith("core/") else None
    if path.parts[0] == "drivers":
        own = f"drivers/{path.parts[1]}/"
        if include.startswith("core/") or (include.startswith("drivers/") and own not in include):
            return "a driver includes the public header, its own files and libraries"
    if path.parts[:2] == ("plugins", "conformance") and include.startswith("core/"):
        # The kit is a host: it loads a driver as the importer does.
        return None if include.split("/")[1] in ("base", "checkpoint") else "the kit is no importer"
    if path.parts[0] == "plugins" and include.startswith(("core/", "drivers/")):
        return "what is in plugins/ stands alone"
    return None


def check_arrows():
    """includes go downwards only"""
    bad = []
    for path in sources():
        for number, quote, include in includes_of(path):
            why = arrow(path, quote, include)
            if why:
                bad.append(f"{path}:{number}: includes {include}: {why}")
    return bad, []


def library_flags():
    names = ["libmariadb", "libcjson", "sqlite3", "zlib", "libzstd", "libxxhash", "libpcre2-8"]
    return run(["pkg-config", "--cflags", *names]).stdout.split()


def check_headers():
    """every header compiles alone, the public ones as C11 and as C++17"""
    flags = ["-fsyntax-only", "-D_GNU_SOURCE", "-I.", "-Iplugins/include", *library_flags()]
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    commands = []
    for path in files(".h"):
        if path.parts[:2] in (("plugins", "include"), ("tests", "data"), ("tests", "abi")):
            continue
        commands.append((path, ["gcc", "-std=c11", *flags, "-x", "c", str(path)]))
    for path in files(".h", below="plugins/include"):
        alone = ["-fsyntax-only", "-Iplugins/include", *strict]
        for compiler, language, standard in (("gcc", "c", "c11"), ("clang", "c", "c11"),
                                             ("g++", "c++", "c++17"), ("clang++", "c++", "c++17")):
            source = f'#include "{path.relative_to("plugins/include")}"\n'
            commands.append((f"{path} ({compiler} {standard})", [
                "sh", "-c", f"printf '%s' '{source}' | {compiler} -std={standard} {' '.join(alone)}"
                f" -x {language} -"]))
    return run_all(commands), []


def check_spdx():
    """the first line (or the one after #!) names the licence; then comes what the file is for"""
    bad = []
    scripts = files(".py", ".sh", ".sql", ".cmake", "CMakeLists.txt")
    for path in sources() + scripts:
        if path.parts[:2] == ("tests", "data"):
            continue
        lines = text_of(path).split("\n")
        first = 1 if lines[0].startswith("#!") else 0
        if "SPDX-License-Identifier: Apache-2.0" not in "".join(lines[first:first + 1]):
            bad.append(f"{path}: no SPDX line")
        elif path.suffix in (".c", ".h", ".cpp") and not lines[1].startswith("/*"):
            bad.append(f"{path}:2: no comment that says what the module is for")
    return bad, []


def check_words():
    """no left-over notes and no path of somebody's machine"""
    notes = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    places = re.compile(r"(?<![\w.])/(wo" r"rk|ro" r"ot|ho" r"me)/\w")
    bad = []
    endings = (".c", ".h", ".cpp", ".py", ".sh", ".sql", ".cmake", ".txt", ".md", ".toml", ".json")
    for path in files(*endings):
        if path.parts[:2] == ("tests", "data"):
            continue
        for number, line in enumerate(text_of(path).split("\n"), 1):
            if notes.search(line) or places.search(line):
                bad.append(f"{path}:{number}: {line.strip()[:90]}")
    return bad, []


def check_scripts():
    """shell scripts parse as POSIX sh, Python files compile"""
    shell = files(".sh") + [pathlib.Path(".ci/run")]
    bad = run_all([(path, ["dash", "-n", str(path)]) for path in shell if (ROOT / path).exists()])
    for path in files(".py"):
        try:
            compile(text_of(path), str(path), "exec")
        except SyntaxError as error:
            bad.append(str(error))
    return bad, []


def main():
    checks = {key.removeprefix("check_"): value for key, value in globals().items()
              if key.startswith("check_")}
    wanted = sys.argv[1:] or list(checks)
    if set(wanted) - set(checks):
        sys.exit(f"check.py: the checks are {', '.join(checks)}")
    passed = failed = 0
    for key in wanted:
        bad, warnings = checks[key]()
        print(f"{'FAIL' if bad else 'ok  '} style/{key}: {checks[key].__doc__}")
        for line in bad:
            print(f"     {line}")
        for line in warnings:
            print(f"     warning: {line}")
        passed, failed = passed + (not bad), failed + bool(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
