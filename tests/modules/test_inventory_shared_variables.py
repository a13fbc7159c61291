"""Shared variables of the repository < the inventory's own: the same in every program, from every folder; and in the exporter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory.wards import make_ward, write

REPOSITORY = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
HOST = "PL-HON-0101"
#: variable: its value in the end; the names say where a value comes from
EXPECTED = {
    "only_shared_all": "shared all",
    "only_shared_group": "shared kind_printer",
    "all_and_own_all": "own all",
    "group_and_own_group": "own kind_printer",
    "group_and_own_all": "own all",
    "all_and_own_group": "own kind_printer",
    "shared_all_and_group": "shared kind_printer",
    "host_and_own_group": "shared host",
    "host_and_own_host": "own host",
    "own_group_and_own_host": "own host",
    "site": "HON",  # the ledger's cell wins over group variables, shared or own
    "vendor": "shared host",
    "from_json": 7,
    "from_a_folder": "second",
    "template": "own all!",
    "secret": "open sesame",
    "text": "{{ no_template }}",
}
FILES = {
    "group_vars/all.yml": "{only_shared_all: shared all, all_and_own_all: shared all, all_and_own_group: shared all,"
    " shared_all_and_group: shared all}",
    "group_vars/kind_printer.yml": "{only_shared_group: shared kind_printer, group_and_own_group: shared, group_and_own_all: shared,"
    " shared_all_and_group: shared kind_printer, host_and_own_group: shared, site: shared, text: !unsafe '{{ no_template }}'}",
    "group_vars/site_HON.json": '{"from_json": 7}',
    "group_vars/layer_lgwan/a.yml": "from_a_folder: first\ntemplate: '{{ all_and_own_all }}!'\n",
    "group_vars/layer_lgwan/b.yml": "from_a_folder: second\n",
    "group_vars/layer_mn.yml": "only_shared_all: another layer's\n",
    "host_vars/" + HOST + ".yml": "{host_and_own_group: shared host, host_and_own_host: shared host, vendor: shared host}",
    "inventories/here/lgwan/group_vars/all.yml": "{all_and_own_all: own all, group_and_own_all: own all}",
    "inventories/here/lgwan/group_vars/kind_printer.yml": "{group_and_own_group: own kind_printer, all_and_own_group: own kind_printer,"
    " host_and_own_group: own, own_group_and_own_host: own, site: own}",
    "inventories/here/lgwan/host_vars/" + HOST + ".yml": "{host_and_own_host: own host, own_group_and_own_host: own host}",
}
PLAY = """\
- hosts: kind_mfp
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ dict(names | zip(names | map('extract', hostvars[inventory_hostname]))) | to_json }}"
        dest: "{{ playbook_dir }}/result.json"
        mode: "0600"
      delegate_to: localhost
      connection: local
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the same shape as this one, with its own configuration."""
    root = tmp_path / "repository"
    settings = (REPOSITORY / "ansible.cfg").read_text(encoding="utf-8")
    write(root / "ansible.cfg", settings.replace("collections_path = collections", f"collections_path = {REPOSITORY / 'collections'}"))
    make_ward(root / "inventories" / "here")
    for name, text in FILES.items():
        write(root / name, text)
    password = write(tmp_path / "password", "correct horse\n")
    command = [BIN / "ansible-vault", "encrypt_string", "--vault-password-file", password, "--name", "secret", "open sesame"]
    vaulted = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout
    write(root / "group_vars" / "status_active.yml", vaulted)
    write(root / "playbooks" / "show.yml", PLAY)
    monkeypatch.setenv("WARDOPS_LAYER", "lgwan")
    monkeypatch.setenv("WARDOPS_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.setenv("ANSIBLE_CONFIG", str(root / "ansible.cfg"))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    return root


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=cwd, timeout=60, check=False, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def source(root: Path) -> Path:
    return root / "inventories" / "here" / "lgwan"


@pytest.fixture(params=["root", "playbooks", "elsewhere"])
def cwd(request: pytest.FixtureRequest, repository: Path) -> Path:
    return {"root": repository, "playbooks": repository / "playbooks", "elsewhere": repository.parent}[request.param]


def test_ansible_playbook(repository: Path, cwd: Path) -> None:
    names = json.dumps({"names": list(EXPECTED)})
    run(BIN / "ansible-playbook", "-i", source(repository), repository / "playbooks" / "show.yml", "-e", names, cwd=cwd)
    assert json.loads((repository / "playbooks" / "result.json").read_text(encoding="utf-8")) == EXPECTED


def listed(root: Path, cwd: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(BIN / "ansible-inventory", "-i", source(root), "--list", cwd=cwd))
    return document


def test_ansible_inventory(repository: Path, cwd: Path) -> None:
    """The same variables; a list is not templated and not decrypted."""
    found = listed(repository, cwd)["_meta"]["hostvars"][HOST]
    raw = {"template": "{{ all_and_own_all }}!", "site": {"__ansible_unsafe": "HON"}, "text": {"__ansible_unsafe": "{{ no_template }}"}}
    assert found["secret"]["__ansible_vault"].startswith("$ANSIBLE_VAULT;")
    for name, value in {**EXPECTED, **raw}.items():
        if name != "secret":
            assert found[name] == value, name


def test_ansible(repository: Path, cwd: Path) -> None:
    shown = run(BIN / "ansible", "-i", source(repository), HOST, "-m", "debug", "-a", "msg={{ template }}|{{ host_and_own_host }}", cwd=cwd)
    assert "own all!|own host" in shown


def test_the_exporter_says_the_same_as_ansible_inventory(repository: Path, cwd: Path) -> None:
    theirs = listed(repository, cwd)
    for variables in theirs["_meta"]["hostvars"].values():
        variables.pop("ansible_local", None)  # an empty fact of Ansible's, no inventory
    command = [sys.executable, "-m", "wardops", "inventory", "-i", source(repository)]
    assert json.loads(run(*command, "--list", cwd=REPOSITORY)) == theirs
    assert json.loads(run(*command, "--host", HOST, cwd=REPOSITORY)) == theirs["_meta"]["hostvars"][HOST]


def test_the_plain_way_sets_them_too(repository: Path) -> None:
    """As the bulk way does: trust in templates and vault values survive the public methods."""
    bulk = listed(repository, repository)
    write(repository / "inventories" / "before.yml", "all: {hosts: {}, children: {early: {}}}\n")
    command = [BIN / "ansible-inventory", "-i", repository / "inventories" / "before.yml", "-i", source(repository), "--list"]
    plain = json.loads(run(*command, cwd=repository))
    assert plain["_meta"]["hostvars"] == bulk["_meta"]["hostvars"]


def test_repository_defaults_reach_the_management_address() -> None:
    text = (REPOSITORY / "group_vars" / "kind_network_device.yml").read_text(encoding="utf-8")
    assert "mgmt_ip" in text
