"""Every command of the README and the operators' guides runs: ``sh`` blocks, in order, in a copy of the repository.

Blocks marked ``console`` show what a person types once (``make demo``, ``make test``, which contain these tests) and are not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import REPOSITORY

_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HERE = Path(__file__).resolve().parents[2]
GUIDES = ("README.md", *sorted(str(path.relative_to(_HERE)) for path in (_HERE / "docs/operators").glob("*.md")))


def commands(name: str) -> list[str]:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return [line.strip() for block in _BLOCK.findall(text) for line in block.splitlines() if line.strip()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository as it is now, with the same virtual environment, and a Git history to check files out of."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode()
    target = tmp_path / "project"
    for name in filter(None, listed.split("\0")):
        source = REPOSITORY / name
        if source.is_symlink() or source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    _virtual_environment(target)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@ward.example", "commit", "-q", "-m", "copy"]):
        subprocess.run(["git", *words], cwd=target, check=True)
    return target


def _virtual_environment(target: Path) -> None:
    """The packages of this one, under a name of its own and marked as set up, so that ``make`` installs nothing."""
    folder = target / ".venv"
    folder.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / name).symlink_to(REPOSITORY / ".venv" / name)
    stamp = (REPOSITORY / ".venv" / "wardops-setup").read_text(encoding="utf-8")
    (folder / "wardops-setup").write_text(re.sub(r"^root=.*$", f"root={target}", stamp, flags=re.MULTILINE), encoding="utf-8")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_the_guide_runs(guide: str, copy: Path) -> None:
    lines = commands(guide)
    assert lines
    script = copy / "build" / "guide.sh"
    script.parent.mkdir(exist_ok=True)
    steps = "\n".join(f"echo '+ step {number}' >&2\n{_step(line)}" for number, line in enumerate(lines))
    script.write_text(f"set -eu\ntrap '.venv/bin/python -m lab down >/dev/null' EXIT\n{steps}\n", encoding="utf-8")
    done = subprocess.run(
        ["bash", str(script)],
        cwd=copy,
        env={**os.environ, "LAB": f"docs{GUIDES.index(guide)}", "WARDOPS_LAYER": "lgwan"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert f"+ step {len(lines) - 1}" in done.stdout


def _step(line: str) -> str:
    """``! command`` must fail (under ``set -e`` a negated command never stops the script by itself)."""
    return f"if {line[2:]}; then echo 'this should have failed'; exit 1; fi" if line.startswith("! ") else line


def test_both_readmes_have_the_same_commands() -> None:
    assert commands("README.md") == commands("README.ja.md")
