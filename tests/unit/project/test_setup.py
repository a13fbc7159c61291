"""``tools/setup*.sh``: a copy of the scripts in a folder of its own, with stand-ins for dpkg, apt, sudo and Python interpreters.

Each stand-in writes what it was asked for into a log. Nothing is installed, and nothing outside of the folder is touched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BASIC = ("bash", "dirname", "env", "flock", "id", "mkdir", "mv", "readlink", "rm", "sha256sum", "timeout")
TEXT = ("awk", "cat", "cut", "grep", "head", "sort", "tail", "tr")
LOCK = "pip==1 \\\n    --hash=sha256:aa\nsetuptools==2 \\\n    --hash=sha256:bb\n"


class Clone:
    """A set-up script in a small tree, run with a PATH that has only what this class put there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.log = root / "calls.log"
        (root / "tools").mkdir()
        self.bin.mkdir()
        for name in ("setup.sh", "setup_python.sh", "setup_apt.sh", "setup_extra.py", "debian-packages.txt"):
            # the machine's own interpreters are not part of the play
            text = (ROOT / "tools" / name).read_text(encoding="utf-8").replace("/usr/local/bin /usr/bin /opt/*/bin", f"{root}/opt/*/bin")
            (root / "tools" / name).write_text(text, encoding="utf-8")
        (root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
        for name in BASIC + TEXT:
            where = shutil.which(name)
            assert where, name
            (self.bin / name).symlink_to(where)
        self.script("getent", "exit 2")

    def script(self, name: str, body: str) -> Path:
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def python(self, path: str, version: str, *, complete: bool = True) -> Path:
        """A stand-in for an interpreter: answers the probe, and makes a ``.venv`` whose Python answers everything with success."""
        series, _, micro = version.rpartition(".")
        bash, chmod = shutil.which("bash"), shutil.which("chmod")
        lines = [
            f'echo "python {path} $*" >>{self.log}',
            f'if [[ $2 == -c ]]; then {"true" if complete else "exit 1"}; echo "{series} {micro} {self.root / path}"; exit; fi',
            "[[ $2 == venv ]] || exit 0",
            "mkdir -p .venv/bin",
            f"printf '#!{bash}\\necho \"venv $*\" >>{self.log}\\n' >.venv/bin/python",
            f"{chmod} 755 .venv/bin/python",
        ]
        return self.script(str(self.root / path), "\n".join(lines))

    def installed(self, *names: str) -> None:
        """Stand-in for dpkg-query: knows these packages as installed, and those in the file ``later`` too."""
        lines = "".join(f'[[ " $* " == *" {name} "* ]] && echo "ii  {name}"\n' for name in names)
        self.script("dpkg-query", lines + "exit 1")

    def run(self, *arguments: str, path: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "bash", self.root / "tools/setup.sh", *arguments],
            cwd="/",
            env={"PATH": f"{path}{':' if path else ''}{self.bin}", "HOME": str(self.root / "nohome"), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def packages(group: str) -> list[str]:
    lines = (ROOT / "tools/debian-packages.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#") and group in line.split()[1].split(",")]


def test_every_package_has_known_groups_and_a_reason() -> None:
    names = []
    for line in (ROOT / "tools/debian-packages.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, groups, reason = line.split(maxsplit=2)
            names.append(name)
            assert set(groups.split(",")) <= {"lab", "lint"}, line
            assert len(reason) > 5, line
    assert names == sorted(set(names))


def test_no_apt_call_when_all_packages_are_there(clone: Clone) -> None:
    clone.installed(*packages("lab"))
    clone.script("apt-get", f"echo apt >>{clone.log}")
    done = clone.run("lab")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert clone.calls() == []


def test_only_missing_packages_are_installed(clone: Clone) -> None:
    clone.installed(*[name for name in packages("lab") if name not in {"freeradius", "sqlite3"}])
    (clone.root / "tools/setup_apt.sh").write_text(f'echo "install $*" >>{clone.log}\n', encoding="utf-8")
    clone.script("sudo", f'echo "sudo $*" >>{clone.log}; shift; exec bash "$@"')
    done = clone.run("lab", "lint")
    assert done.returncode == 0, done.stderr
    wanted = [name for name in sorted({*packages("lab"), *packages("lint")}) if name in {"freeradius", "sqlite3", "shellcheck"}]
    assert clone.calls()[-1] == f"install {' '.join(wanted)}"
    assert "freeradius" in done.stderr


def test_a_failed_installation_stops_with_the_end_of_its_log(clone: Clone) -> None:
    clone.installed()
    (clone.root / "tools/setup_apt.sh").write_text("echo 'E: Unable to fetch some archives'; exit 100\n", encoding="utf-8")
    clone.script("sudo", 'shift; exec bash "$@"')
    done = clone.run("lint")
    assert done.returncode == 1
    assert "E: Unable to fetch some archives" in done.stderr
    assert "エラー: Debian パッケージを入れられませんでした: git shellcheck" in done.stderr


def test_a_system_that_is_no_debian_is_told_what_to_install(clone: Clone) -> None:
    done = clone.run("lint")
    assert done.returncode == 1
    assert "git shellcheck" in done.stderr
    assert "not Debian" in done.stderr


def test_an_unknown_group_is_refused(clone: Clone) -> None:
    done = clone.run("labs")
    assert done.returncode == 1
    assert "unknown group: labs" in done.stderr


# --- Python


def found(clone: Clone, *, path: str = "", **environment: str) -> str:
    """The interpreter that the set-up made .venv with."""
    done = clone.run("python", path=path, **environment)
    assert done.returncode == 0, done.stderr
    makers = [line for line in clone.calls() if line.endswith("-m venv .venv")]
    assert len(makers) == 1
    return makers[0].split()[1]


def test_python_in_path(clone: Clone) -> None:
    clone.python("usr/python3", "3.13.2")
    assert found(clone, path=f"{clone.root}/usr") == "usr/python3"


def test_the_oldest_series_that_fits_wins_and_its_newest_release(clone: Clone) -> None:
    clone.python("a/python3.14", "3.14.1")
    clone.python("a/python3", "3.11.9")
    clone.python("b/python3.13", "3.13.1")
    clone.python("c/python3", "3.13.10")
    assert found(clone, path=":".join(f"{clone.root}/{name}" for name in "abc")) == "c/python3"


def test_a_python_without_what_is_needed_is_passed_over(clone: Clone) -> None:
    clone.python("a/python3.12", "3.12.4", complete=False)
    clone.python("b/python3.13", "3.13.1")
    assert found(clone, path=f"{clone.root}/a:{clone.root}/b") == "b/python3.13"


def test_pyenv_behind_its_shims_with_an_empty_home(clone: Clone) -> None:
    """The shim fails because the version is not selected; the interpreter behind it works."""
    clone.script(str(clone.root / "pyenv/shims/python3.12"), "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    clone.python("pyenv/versions/3.12.7/bin/python3.12", "3.12.7")
    assert found(clone, path=f"{clone.root}/pyenv/shims") == "pyenv/versions/3.12.7/bin/python3.12"


@pytest.mark.parametrize(
    ("place", "variable", "value"),
    [
        ("elsewhere/versions/3.12.1/bin/python3.12", "PYENV_ROOT", "elsewhere"),
        ("uvs/cpython-3.12/bin/python3.12", "UV_PYTHON_INSTALL_DIR", "uvs"),
        ("nohome/.pyenv/versions/3.12.1/bin/python3.12", "X", "x"),
        ("nohome/.local/share/uv/python/cpython-3.12/bin/python3.12", "X", "x"),
        ("nohome/.local/share/mise/installs/python/3.12/bin/python3.12", "X", "x"),
        ("nohome/.asdf/installs/python/3.12.1/bin/python3.12", "X", "x"),
    ],
)
def test_version_managers_outside_of_path(clone: Clone, place: str, variable: str, value: str) -> None:
    clone.python(place, "3.12.1")
    assert found(clone, **{variable: str(clone.root / value)}) == place


def test_a_named_python_is_taken_or_refused_aloud(clone: Clone) -> None:
    old = clone.python("old/python3", "3.11.9")
    named = clone.python("named/python", "3.14.0")
    clone.python("usr/python3.12", "3.12.0")
    done = clone.run("python", path=f"{clone.root}/usr", WARDOPS_PYTHON=str(old))
    assert done.returncode == 1
    assert f"WARDOPS_PYTHON は Python 3.12〜3.14 ではないか、必要な部品が足りません: {old}" in done.stderr
    assert found(clone, path=f"{clone.root}/usr", WARDOPS_PYTHON=str(named)) == "named/python"


# --- .venv


def set_up(clone: Clone) -> str:
    """A clone that is set up; the PATH to go on with."""
    clone.python("usr/python3", "3.13.2")
    path = f"{clone.root}/usr"
    assert clone.run("python", path=path).returncode == 0
    clone.log.unlink()
    return path


def test_the_second_start_only_looks(clone: Clone) -> None:
    path = set_up(clone)
    done = clone.run("python", path=path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert clone.calls() == []


def test_packages_are_installed_with_hashes_and_the_caller_s_pip_settings(clone: Clone) -> None:
    clone.python("usr/python3", "3.13.2")
    (clone.root / "requirements.txt").write_text(LOCK, encoding="utf-8")
    done = clone.run("python", path=f"{clone.root}/usr", PIP_INDEX_URL="kept", PIP_USER="1", PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    installs = [line for line in clone.calls() if " install " in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line and "--no-deps" in line for line in installs)
    assert (clone.root / ".venv/build-requirements.txt").read_text(encoding="utf-8") == LOCK[LOCK.index("setuptools") :]


def test_a_new_lock_updates_in_place(clone: Clone) -> None:
    path = set_up(clone)
    (clone.root / "requirements.txt").write_text("# something else\n", encoding="utf-8")
    assert clone.run("python", path=path).returncode == 0
    assert not [line for line in clone.calls() if "-m venv" in line]
    assert [line for line in clone.calls() if "-r requirements.txt" in line]
    lock = hashlib.sha256(b"# something else\n").hexdigest()
    assert f"lock={lock}" in (clone.root / ".venv/wardops-setup").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", ["no stamp", "other place", "no interpreter"])
def test_a_damaged_or_moved_environment_is_made_anew(clone: Clone, damage: str) -> None:
    path = set_up(clone)
    stamp = clone.root / ".venv/wardops-setup"
    (clone.root / ".venv/leftover").touch()
    if damage == "no stamp":
        stamp.unlink()
    elif damage == "other place":
        stamp.write_text(stamp.read_text(encoding="utf-8").replace("root=", "root=/somewhere"), encoding="utf-8")
    else:
        (clone.root / ".venv/bin/python").unlink()
        (clone.root / ".venv/bin/python").symlink_to("/nonexistent/python3")
    assert clone.run("python", path=path).returncode == 0
    assert [line for line in clone.calls() if "-m venv" in line]
    assert not (clone.root / ".venv/leftover").exists()


def test_a_failed_installation_leaves_no_stamp_and_the_next_start_begins_anew(clone: Clone) -> None:
    clone.python("usr/python3", "3.13.2")
    (clone.root / "usr/python3").write_text(
        (clone.root / "usr/python3").read_text(encoding="utf-8").replace('echo "venv $*"', "echo no network; exit 1; #"),
        encoding="utf-8",
    )
    done = clone.run("python", path=f"{clone.root}/usr")
    assert done.returncode == 1
    assert "no network" in done.stderr
    assert "pip.conf" in done.stderr
    assert not (clone.root / ".venv/wardops-setup").exists()


def test_two_starts_at_once_install_once(clone: Clone) -> None:
    clone.python("usr/python3", "3.13.2")
    environment = {"PATH": f"{clone.root}/usr:{clone.bin}", "HOME": str(clone.root / "nohome")}
    command = [clone.bin / "bash", clone.root / "tools/setup.sh", "python"]
    quiet = subprocess.DEVNULL
    runs = [subprocess.Popen(command, env=environment, cwd="/", stdin=quiet, stderr=quiet) for _ in range(3)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0]
    assert len([line for line in clone.calls() if "-m venv" in line]) == 1


def test_the_help_needs_no_set_up(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = subprocess.run(["make", "help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "check", "lint", "bench", "lab-up", "lab-down", "docs", "lock", "format", "clean", "help"):
        assert f"  make {target} " in done.stdout, target
    assert all("/" in line for line in done.stdout.splitlines())


def test_as_root_passes_what_is_needed_through_sudo_and_no_secret(tmp_path: Path) -> None:
    """Run as another user, with a stand-in for sudo, the wrapper gives the command its environment and keeps its exit code."""
    log = tmp_path / "log"
    (tmp_path / "sudo").write_text(f'#!/bin/bash\necho "$*" >>{log}\n[[ $1 == find ]] || exec "$@"\n', encoding="utf-8")
    (tmp_path / "sudo").chmod(0o755)
    tmp_path.chmod(0o777)
    script = (ROOT / "tools/as_root.sh").read_text(encoding="utf-8").replace("((EUID == 0))", "((EUID == -1))")
    secret = "-".join(("made", "up", "word"))
    program = "import os, sys; print(os.environ['WARDOPS_LAYER'], os.environ['CI']); sys.exit(7)"
    mine = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "WARDOPS_LAYER": "lgwan", "CI": "true", "WARDOPS_X_PASSWORD": secret}
    done = subprocess.run(
        ["bash", "-c", script, "as_root", sys.executable, "-c", program],
        env={**os.environ, **mine},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "lgwan true\n"), done.stderr
    assert secret not in log.read_text(encoding="utf-8")
