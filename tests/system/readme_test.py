# SPDX-License-Identifier: Apache-2.0
"""The commands of the documents are run, and what they show is true."""
import os
import pathlib
import re
import shutil
import subprocess
import tomllib

from harness import BUILD, DONE, LOADER, ROOT, Running, check, check_equal
from sample import three_tables

DOCUMENTS = ("README.md", "CONTRIBUTING.md")  # plugins/README.md: devkit_test.py


def blocks(document, language):
    """The fenced blocks of a language."""
    path = ROOT / document
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def copy_of_the_project(env):
    """A copy to build in, without the folders that are made."""
    target = env.dir / "copy"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", "build*", "__pycache__"))
    return target


def test_commands_of_the_documents(env):
    """Every fenced `sh` block runs to its end in a fresh copy."""
    folder = copy_of_the_project(env)
    environment = {key: value for key, value in os.environ.items() if key != "TL_BUILD_DIR"}
    count = 0
    for document in DOCUMENTS:
        for block in blocks(document, "sh"):
            done = subprocess.run(["sh", "-eu", "-c", block], cwd=folder, env=environment,
                                  capture_output=True, text=True, check=False, timeout=900)
            check(done.returncode == 0, f"{document}:\n{block}\n{done.stdout[-3000:]}"
                  f"\n{done.stderr[-3000:]}")
            count += 1
    check(count >= 3, "only", count, "blocks found")
    env.note(f"{count} blocks")


def test_quickstart_says_what_the_readme_shows(env):
    """The quickstart ends well, leaves nothing behind, and its headings are those of the README."""
    environment = {**os.environ, "TL_BUILD_DIR": str(BUILD)}
    before = set(os.listdir("/tmp"))
    running = Running(["sh", ROOT / "packaging" / "quickstart.sh"], env.dir / "none",
                      environment=environment)
    env.running.append(running)
    result = running.wait(600).expect(DONE, r"exactly once")
    left = [entry for entry in set(os.listdir("/tmp")) - before if entry.startswith("tl-quick")]
    check_equal(left, [], "left in /tmp")
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    for heading in re.findall(r"^== \d+\. (.*)$", result.out, re.MULTILINE)[4:]:
        check(heading in shown, "the README does not show the step:", heading)


def test_interrupted_quickstart_cleans_up(env):
    """SIGTERM at any moment: server and folder are gone."""
    environment = {**os.environ, "TL_BUILD_DIR": str(BUILD)}
    running = Running(["sh", ROOT / "packaging" / "quickstart.sh"], env.dir / "none",
                      environment=environment)
    env.running.append(running)
    from harness import wait_until
    wait_until(lambda: "listens on" in running.result().out, 120, "the quickstart's server")
    port = re.search(r"127\.0\.0\.1:(\d+)", running.result().out).group(1)
    running.terminate()
    result = running.wait(60)
    check(result.code != 0, "exit code 0 after SIGTERM")
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    check(f"--port={port}" not in processes.stdout, "its server still runs")


def test_example_configuration_is_accepted(env):
    """The TOML of the README parses, and the program accepts it."""
    for document in DOCUMENTS:
        for block in blocks(document, "toml"):
            tomllib.loads(block)
            path = env.dir / "example.toml"
            path.write_text(block)
            Running([LOADER, "--config", path, "--print-config"], env.dir / "none").wait(20).expect(
                DONE, r"data-source-dir", what=document)


def test_flags_of_the_readme_exist(env):
    """Each --flag that the README names is known to --help of one of the programs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = ""
    for program in (LOADER, BUILD / "tidb-lightning-ctl"):
        known += Running([program, "--help"], env.dir / "none").wait(20).expect(DONE).out
    for flag in set(re.findall(r"(?<![\w-])--(?:tidb|checkpoint|print|config)[a-z-]*", text)):
        check(flag in known, "no program knows", flag)


def test_one_command_is_enough(env):
    """Without a configuration file: -d, host, port, user; then the same again on a clean server."""
    folder, state = three_tables(env, 3000)
    home = env.folder("home")
    command = [LOADER, "-d", folder, "--tidb-host", "127.0.0.1", "--tidb-port", env.server.port,
               "--tidb-user", "root"]
    left = [path for path in pathlib.Path("/tmp").glob("tidb_lightning_checkpoint*")]
    if left:
        env.note(f"{left[0]} is somebody's checkpoint: this run has one of its own")
        config = home / "own.toml"
        config.write_text(f'[checkpoint]\ndsn = "{home}/checkpoint"\n')
        command += ["--config", config]
    for _ in range(2):
        result = Running(command, env.dir / "none", cwd=home).wait(120)
        for log in re.findall(r"/tmp/lightning\.log\.[\w.:+-]+", result.out):
            pathlib.Path(log).unlink(missing_ok=True)
        result.expect(DONE)
        check_equal(env.server.table_state("d"), state)
        env.server.drop("d")


def ask(job, query):
    if job.driver == "file":
        return job.sqlite(query)
    return job.server.query(query, database="tidb_lightning_checkpoint")


def test_queries_of_the_dba_document(env):
    """Every `sql` block of sql/README.md runs on both stores; the first shows the files."""
    queries = blocks("sql/README.md", "sql")
    check(len(queries) >= 3, "only", len(queries), "queries found")
    folder, _ = three_tables(env, 30000)
    for driver in ("file", "mysql"):
        job = env.job(folder, driver, {"tikv-importer": {"logical-import-batch-size": "32KiB"}})
        running = job.start()
        running.wait_rows(env.server, 2000)
        running.kill()
        results = [ask(job, query) for query in queries]
        check(len(results[0]) >= 3, driver, "shows", len(results[0]), "files")
        job.run().expect(DONE)
        env.server.drop("d")


def test_installed_programs_find_their_drivers(env):
    """`cmake --install` under another prefix than the configured one gives programs that run."""
    prefix = env.dir / "prefix"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                   capture_output=True)
    loader = prefix / "bin" / "tidb-lightning"
    listed = subprocess.run([loader, "--list-drivers"], check=True, capture_output=True, text=True)
    for driver in ("file", "mysql"):
        check(re.search(rf"^{driver} .*{re.escape(str(prefix))}", listed.stdout, re.MULTILINE),
              driver, "is not found:", listed.stdout)
