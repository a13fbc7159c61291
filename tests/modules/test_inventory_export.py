"""The exporter ``python -m wardops inventory`` beside ``ansible-inventory``, and its errors.

covers: E0414, E0415
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory.wards import TERMINAL, make_ward, terminal, write

REPOSITORY = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, layer: str = "lgwan") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "WARDOPS_LAYER": layer}
    return subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=REPOSITORY, env=env, timeout=300, check=False)


def export(*arguments: str | Path, layer: str = "lgwan") -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "wardops", "inventory", *arguments, layer=layer)


def same(source: Path, layer: str = "lgwan") -> dict[str, Any]:
    """What both programs print, without the empty fact that Ansible adds."""
    listed = run(BIN / "ansible-inventory", "-i", source, "--list", layer=layer)
    assert listed.returncode == 0, listed.stderr
    theirs: dict[str, Any] = json.loads(listed.stdout)
    for variables in theirs["_meta"]["hostvars"].values():
        variables.pop("ansible_local", None)
    ours = export("--list", "-i", source, layer=layer)
    assert ours.returncode == 0, ours.stderr
    assert json.loads(ours.stdout) == theirs
    return theirs


@pytest.mark.parametrize("layer", ["lgwan", "mn", "inet"])
def test_small_wards(tmp_path: Path, layer: str) -> None:
    make_ward(tmp_path, 40)
    same(tmp_path / layer, layer)


@pytest.mark.parametrize("layer", ["lgwan", "mn", "inet"])
def test_the_sample_ward(layer: str) -> None:
    source = REPOSITORY / "inventories" / "sample" / layer
    hosts = same(source, layer)["_meta"]["hostvars"]
    assert {name: variables["layer"] for name, variables in hosts.items() if variables["layer"] != {"__ansible_unsafe": layer}} == {}
    assert json.loads(export("--list", layer=layer).stdout)["_meta"]["hostvars"].keys() == hosts.keys()


ODD = ["\\", "a\\nb", "\u3000全角", "\u2028", "é\U0001f600", "</script>", "{{ x }}", "\x7f", "'single'", "%s {0}"]


def test_texts_that_need_care_in_json(tmp_path: Path) -> None:
    source = make_ward(tmp_path)
    rows = [terminal(number).replace(",SN", f",{text}SN") for number, text in enumerate(ODD, 1)]
    write(tmp_path / "ledgers" / "lgwan" / "terminals.csv", f"{TERMINAL}\n{''.join(rows)}")
    hosts = same(source)["_meta"]["hostvars"]
    assert [hosts[f"LG25N{number:05d}"]["serial_no"]["__ansible_unsafe"][:-10] for number in range(1, len(ODD) + 1)] == ODD


def test_quoted_cells(tmp_path: Path) -> None:
    source = make_ward(tmp_path)
    path = tmp_path / "ledgers" / "lgwan" / "terminals.csv"
    write(path, path.read_text(encoding="utf-8").replace("LIFEBOOK U0001/K", '"say ""hello"", twice\nover two lines"', 1))
    model = same(source)["_meta"]["hostvars"]["LG25N00001"]["model"]
    assert model == {"__ansible_unsafe": 'say "hello", twice\nover two lines'}


def test_an_empty_cell_gives_way_to_the_group(tmp_path: Path) -> None:
    source = make_ward(tmp_path)
    write(
        source.parent / "group_vars" / "kind_network_device.yml",
        "mgmt_ip: from the group\nvlan: 1\nlayer: 9\nbig: 12345678901234567890123\n",
    )
    hosts = same(source)["_meta"]["hostvars"]
    assert hosts["HON-02-L2-01"]["mgmt_ip"] == "from the group"
    assert hosts["HON-01-CR-01"]["mgmt_ip"] == {"__ansible_unsafe": "10.28.0.1"}


def test_priority_of_shared_groups(tmp_path: Path) -> None:
    source = make_ward(tmp_path / "inventories" / "x")
    write(tmp_path / "ansible.cfg", "[defaults]\n")
    write(tmp_path / "group_vars" / "kind_server.yml", "who: kind\nansible_group_priority: 5\n")
    write(tmp_path / "group_vars" / "site_DCA.yml", "who: site\n")
    assert same(source)["_meta"]["hostvars"]["LG-RAD01"]["who"] == "kind"


def test_to_a_file(tmp_path: Path) -> None:
    source = make_ward(tmp_path)
    out = tmp_path / "out.json"
    assert export("--list", "-i", source, "--output", out).stdout == ""
    assert out.read_text(encoding="utf-8") == export("--list", "-i", source).stdout
    assert out.stat().st_mode & 0o777 == 0o640


ERRORS = {
    "E0403": ({}, "mn"),
    "E0415": ({}, "lgwan"),
    "E0118": ({"group_vars/all.yml": "a: 1\na: 2\n"}, "lgwan"),
    "E0117": ({"group_vars/all.yml": "a: [\n"}, "lgwan"),
    "E0414": ({"host_vars/LG-RAD01.yml": "[1, 2]\n"}, "lgwan"),
}


@pytest.mark.parametrize("code", ERRORS)
def test_errors(tmp_path: Path, code: str) -> None:
    files, layer = ERRORS[code]
    source = make_ward(tmp_path)
    for name, text in files.items():
        write(source.parent / name, text)
    done = export("-i", source, "--host", "LG-RAD01" if code != "E0415" else "nobody", layer=layer)
    assert done.returncode == 1
    assert code in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["$ANSIBLE_VAULT;1.1;AES256\n6162\n", "? [a]\n: 1\n", "a: !!binary aGVsbG8=\n"])
def test_variable_files_that_need_ansible(tmp_path: Path, text: str) -> None:
    source = make_ward(tmp_path)
    write(source.parent / "group_vars" / "all.yml", text)
    done = export("-i", source, "--list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "E0414" in done.stderr or "E0117" in done.stderr
    assert "Traceback" not in done.stderr
