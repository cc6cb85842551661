# SPDX-License-Identifier: Apache-2.0
"""A stranger with only the installed packages writes a driver by plugins/README.md and imports."""
import os
import re
import subprocess

from harness import BUILD, DONE, ROOT, Running, check, check_equal
from sample import three_tables


def packages(env):
    """Builds the two packages and unpacks them; returns their prefix."""
    folder = env.folder("debs")
    done = subprocess.run(["cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B",
                           folder], cwd=folder, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stdout[-2000:], done.stderr[-2000:])
    root = env.folder("root")
    found = sorted(folder.glob("*.deb"))
    check_equal(sorted(path.name.split("_")[0] for path in found),
                ["tidb-lightning", "tidb-lightning-dev"])
    for path in found:
        subprocess.run(["dpkg-deb", "-x", path, root], check=True)
    return root / "usr"


def surroundings(prefix):
    """What the README says to set for a prefix of one's own."""
    config = next(prefix.glob("lib*/**/tidb-lightning-checkpoint.pc")).parent
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("TL_BUILD_DIR", "TIDB_LIGHTNING_DRIVER_PATH")}
    return {**environment, "PATH": f"{prefix}/bin:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": str(config), "CMAKE_PREFIX_PATH": str(prefix)}


def run(script, folder, environment):
    done = subprocess.run(["sh", "-eu", "-c", script], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False, timeout=600)
    check(done.returncode == 0, f"{script}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def commands():
    text = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    check(len(found) >= 6, "only", len(found), "blocks")
    return "\n".join(found)


def test_a_stranger_makes_a_driver_with_the_packages_alone(env):
    """All commands of plugins/README.md, then an import with the driver built each way."""
    prefix = packages(env)
    environment = surroundings(prefix)
    folder = env.folder("stranger")
    out = run(commands(), folder, environment)
    mine = folder / "mine"
    check(re.search(r"^1\.\.\d+$", out, re.MULTILINE), "the kit did not run:", out)
    check(re.search(rf"^mine .*{re.escape(str(mine))}/ckpt-mine\.so", out, re.MULTILINE), out)
    check("checkpoint.mine.snapshot-kib" in out, out)
    source, state = three_tables(env, 2000)
    for place in (mine, mine / "build"):
        job = env.job(source, "mine", {"checkpoint": {
            "dsn": str(env.dir / f"{place.name}.log"), "driver-path": str(place)},
            "checkpoint.mine": {"snapshot-kib": 1}})
        running = Running([prefix / "bin" / "tidb-lightning", "--config", job.config], job.log)
        env.running.append(running)
        running.wait(120).expect(DONE)
        check_equal(env.server.table_state("d"), state)
        env.server.drop("d")


def test_the_cmake_driver_installs_where_the_importer_looks(env):
    """tidb_lightning_add_driver puts the driver beside those of the package, for a moved prefix."""
    old = packages(env)
    prefix = env.dir / "moved"
    old.rename(prefix)
    environment = surroundings(prefix)
    template = prefix / "share" / "tidb-lightning" / "template"
    out = run(f"cmake -S {template} -B build && cmake --build build && "
              f"cmake --install build --prefix {prefix} && tidb-lightning --list-drivers",
              env.folder("build"), environment)
    for name in ("file", "log", "mysql"):
        check(re.search(rf"^{name} .*{re.escape(str(prefix))}/lib", out, re.MULTILINE), out)
