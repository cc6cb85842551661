# SPDX-License-Identifier: Apache-2.0
"""A stranger with only the installed packages writes a driver by plugins/README.md and imports."""
import os
import re
import subprocess

from harness import BUILD, DONE, LOADER, ROOT, USAGE, Running, check, check_equal
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


def blocks(language, at_least):
    text = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    check(len(found) >= at_least, "only", len(found), language, "blocks")
    return "\n".join(found)


def test_a_stranger_makes_a_driver_with_the_packages_alone(env):
    """All commands of plugins/README.md, then an import with the driver built each way."""
    prefix = packages(env)
    environment = surroundings(prefix)
    folder = env.folder("stranger")
    out = run(blocks("sh", 6), folder, environment)
    mine = folder / "mine"
    check(re.search(r"^1\.\.\d+$", out, re.MULTILINE), "the kit did not run:", out)
    check(re.search(rf"^mine .*{re.escape(str(mine))}/ckpt-mine\.so", out, re.MULTILINE), out)
    check("checkpoint.mine.snapshot-kib" in out, out)
    config = env.dir / "readme.toml"
    config.write_text(blocks("toml", 1).replace("/opt/drivers", str(mine)))
    shown = run(f"tidb-lightning --config {config} -d {folder} --print-config", folder, environment)
    check(re.search(r'"snapshot-kib" = "4096"', shown), shown)
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


def test_options_of_a_driver_are_shown_and_checked(env):
    """--print-config shows each option of the chosen driver; a wrong one is named with its range."""
    def ask(flag, options, name="log"):
        config = env.dir / "driver.toml"
        rows = "".join(f"{key} = {value}\n" for key, value in options.items())
        config.write_text(f'[checkpoint]\ndriver = "{name}"\ndriver-path = "{BUILD}/template"\n'
                          f'[checkpoint.log]\n{rows}')
        return Running([LOADER, "--config", config, "-d", env.dir, *flag], env.dir / "none").wait(20)

    for name in ("log", BUILD / "template" / "ckpt-log.so"):
        ask(["--print-config"], {}, name).expect(DONE, r'snapshot-kib"? = "?1024')
        ask(["--print-config"], {"snapshot-kib": 77}, name).expect(DONE, r'snapshot-kib"? = "?77')
    ask(["--print-config"], {"snapshot-kib": 0}).expect(
        USAGE, r"checkpoint\.log\.snapshot-kib is '0', expected a number from 1 to 1048576")
    ask(["--print-config"], {"snapshot": 1}).expect(
        USAGE, r"no option 'snapshot'(.|\n)*HINT: its options are: snapshot-kib")
    ask(["--print-config"], {}, "nosuch").expect(DONE, r"# checkpoint\.driver: there is no")
    ask(["--describe-driver", "log"], {}).expect(
        DONE, r"option +checkpoint\.log\.snapshot-kib: number from 1 to 1048576")


def test_a_refused_driver_is_listed_with_the_way_out(env):
    """A file that cannot be used does not hide the others, and says what to do."""
    folder = env.folder("drivers")
    (folder / "ckpt-text.so").write_text("no driver")
    (folder / "ckpt-other.so").write_bytes((BUILD / "template" / "ckpt-log.so").read_bytes())
    environment = {**os.environ, "TIDB_LIGHTNING_DRIVER_PATH": str(folder)}
    result = Running([LOADER, "--list-drivers"], env.dir / "none",
                     environment=environment).wait(20).expect(DONE, r"file +1.0 +abi 1.0 +shared")
    check(re.search(r"refused .*ckpt-text\.so.*not a shared object\n +HINT: ", result.out),
          result.out)
    check(re.search(r"refused .*ckpt-other\.so' holds a driver called 'log'\n +HINT: rename",
                    result.out), result.out)
