"""The inventory plugin in the real programs: layer guard, values as data, hostile input with bounded memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.inventory.wards import TERMINAL, make_ward, terminal, write

REPOSITORY = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
#: address space that Ansible with a small ward needs easily; reading a large file as a whole does not fit
MEMORY = 1 << 30
PLAY = """\
- name: Leave a trace
  hosts: {hosts}
  gather_facts: false
  tasks:
    - name: Touch
      ansible.builtin.copy:
        content: ran
        dest: "{trace}"
        mode: "0600"
      delegate_to: localhost
      connection: local
      run_once: true
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDOPS_EVIDENCE", str(tmp_path / "evidence"))
    return make_ward(tmp_path / "ward")


def environment(layer: str | None, **more: str) -> dict[str, str]:
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1", **more}
    env.pop("WARDOPS_LAYER", None)
    return env if layer is None else {**env, "WARDOPS_LAYER": layer}


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(
    *arguments: str | Path, layer: str | None = "lgwan", before: Callable[[], None] | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / str(arguments[0])), *map(str, arguments[1:])]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env=environment(layer, **env), preexec_fn=before, timeout=60, check=False
    )


def hostvars(source: Path) -> dict[str, dict[str, object]]:
    done = run("ansible-inventory", "-i", source, "--list")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["_meta"]["hostvars"]  # type: ignore[no-any-return]


def test_it_lists_the_hosts_of_the_layer_without_a_word_of_warning(source: Path) -> None:
    done = run("ansible", "-i", source, "kind_server", "--list-hosts")
    assert done.stdout.split() == ["hosts", "(2):", "LG-RAD01", "LG-RAD02"]
    done = run("ansible-inventory", "-i", source.parent, "--graph", "--vars")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "{serial_no = SN00000001}" in done.stdout


@pytest.mark.parametrize("layer", [None, "mn", "standalone", "nothing"])
@pytest.mark.parametrize("strict", ["true", "false"])
@pytest.mark.parametrize("hosts", ["all", "localhost"])
def test_no_task_runs_outside_the_declared_layer(source: Path, tmp_path: Path, layer: str | None, strict: str, hosts: str) -> None:
    """Whatever the configuration says about sources that fail, and also for plays that need no host of the inventory."""
    trace = tmp_path / "trace"
    play = write(tmp_path / "play.yml", PLAY.format(hosts=hosts, trace=trace))
    done = run("ansible-playbook", "-i", source, play, layer=layer, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=strict)
    assert done.returncode == 4
    assert "PLAY [" not in done.stdout
    assert not trace.exists()
    assert ("E0401" if layer is None else "E0403") in done.stderr


def test_the_same_play_runs_in_its_layer(source: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    play = write(tmp_path / "play.yml", PLAY.format(hosts="all", trace=trace))
    done = run("ansible-playbook", "-i", source, play)
    assert done.returncode == 0, done.stdout + done.stderr
    assert trace.exists()


@pytest.mark.parametrize("order", [("lgwan", "mn"), ("mn", "lgwan")])
def test_two_layers_together_fail(source: Path, tmp_path: Path, order: tuple[str, str]) -> None:
    trace = tmp_path / "trace"
    play = write(tmp_path / "play.yml", PLAY.format(hosts="all", trace=trace))
    sources = [item for layer in order for item in ("-i", source.parents[1] / layer)]
    for layer in order:
        done = run("ansible-playbook", *sources, play, layer=layer)
        assert done.returncode == 4
        assert "E0403" in done.stderr
        assert not trace.exists()


def test_values_are_never_templated(source: Path, tmp_path: Path) -> None:
    """A cell may hold any text; on its way through a play it stays that text."""
    evil = "{{ lookup('pipe' ~ '' ~ 'touch') }}{% raw %}"
    write(source.parents[1] / "ledgers" / "lgwan" / "terminals.csv", f"{TERMINAL}\n{terminal(1).replace('LIFEBOOK U0001/K', evil)}")
    play = write(
        tmp_path / "play.yml",
        "- hosts: kind_terminal\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.copy:\n        content: '{{ model }}|{{ hostvars[inventory_hostname].model }}'\n"
        "        dest: '{{ playbook_dir }}/out'\n        mode: '0600'\n"
        "      delegate_to: localhost\n      connection: local\n",
    )
    done = run("ansible-playbook", "-i", source, play)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_text(encoding="utf-8") == f"{evil}|{evil}"
    assert hostvars(source)["LG25N00001"]["model"] == {"__ansible_unsafe": evil}


def sparse(path: Path) -> None:
    """A file of 1 GiB that takes no room on the disk: nothing but NUL bytes."""
    path.unlink()
    with path.open("wb") as stream:
        stream.truncate(1 << 30)


def nul_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"LG25N00002", b"LG25\x0000002"))


def header_twice(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("serial", "model", 1), encoding="utf-8")


def many_cells(path: Path) -> None:
    path.write_text(f"{TERMINAL}\n{terminal(1)}{',' * 5_000_000}\n", encoding="utf-8")


def link_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def bad_utf8(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"LIFEBOOK", b"\x83m\x81[\x83g", 1))


def open_quote(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(",LIFEBOOK", ',"LIFEBOOK', 1), encoding="utf-8")


def missing(path: Path) -> None:
    path.unlink()


#: what is done to terminals.csv, the code and the place that the message names
HOSTILE: list[tuple[Callable[[Path], None], str]] = [
    (sparse, "terminals.csv: E0101"),
    (nul_bytes, "terminals.csv:3: E0103"),
    (header_twice, "terminals.csv:1: E0107"),
    (many_cells, "terminals.csv:3: E0116"),
    (link_loop, "terminals.csv: E0100"),
    (pipe, "terminals.csv: E0102"),
    (folder, "terminals.csv: E0102"),
    (bad_utf8, "terminals.csv:2:32: E0110"),
    (open_quote, "terminals.csv:4: E0108"),
    (missing, "terminals.csv: E0100"),
]


@pytest.mark.parametrize(("harm", "message"), HOSTILE, ids=[harm.__name__ for harm, _ in HOSTILE])
def test_hostile_ledgers(source: Path, harm: Callable[[Path], None], message: str) -> None:
    harm(source.parents[1] / "ledgers" / "lgwan" / "terminals.csv")
    start = time.monotonic()
    done = run("ansible", "-i", source, "all", "--list-hosts", before=limit_memory)
    assert done.returncode == 4, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "LG-RAD01" not in done.stdout
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("harm", [sparse, link_loop, pipe, folder, nul_bytes, missing], ids=lambda harm: harm.__name__)
def test_hostile_sources(source: Path, harm: Callable[[Path], None]) -> None:
    """No other plugin gets to read what is in the place of ledger.yml."""
    if harm is nul_bytes:
        source.write_bytes(b"plugin: ward.ops.ledger\nlayer: lgwan\x00\nward: ..\n")
    else:
        harm(source)
    done = run("ansible", "-i", source, "all", "--list-hosts", before=limit_memory)
    assert done.returncode != 0
    assert "E01" in done.stderr or harm is folder
    assert "Traceback" not in done.stderr
    assert "hosts (" not in done.stdout


def test_the_documentation_reads_well() -> None:
    done = run("ansible-doc", "-t", "inventory", "ward.ops.ledger")
    assert done.returncode == 0
    assert done.stderr == ""
    for words in ("Layer guard.", "site_HON", "WARDOPS_LAYER", "plugin: ward.ops.ledger"):
        assert words in done.stdout


def test_the_files_of_other_plugins_are_left_alone(source: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "hosts.yml", "all: {hosts: {alone: {}}}\n")
    done = run("ansible", "-i", other, "-i", source, "alone:LG-RAD01", "--list-hosts")
    assert done.stdout.split() == ["hosts", "(2):", "alone", "LG-RAD01"]
