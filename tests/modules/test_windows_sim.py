"""Unmodified Ansible against the simulated terminals: every transport, every way of being refused, restarts that drop connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.patch.model import State

from lab.patchsim.windows.site import Site
from tests.winsim import GUID, PASSWORD, USER, ansible, site

CONNECTIONS: dict[str, dict[str, Any]] = {
    "winrm-ntlm-https": {"ansible_connection": "winrm", "ansible_winrm_transport": "ntlm", "ansible_winrm_scheme": "https"},
    "winrm-basic-https": {"ansible_connection": "winrm", "ansible_winrm_transport": "basic", "ansible_winrm_scheme": "https"},
    "winrm-ntlm-sealed": {"ansible_connection": "winrm", "ansible_winrm_transport": "ntlm", "ansible_winrm_scheme": "http"},
    "psrp-ntlm-https": {"ansible_connection": "psrp", "ansible_psrp_auth": "ntlm", "ansible_psrp_protocol": "https"},
    "psrp-negotiate": {"ansible_connection": "psrp", "ansible_psrp_auth": "negotiate", "ansible_psrp_protocol": "https"},
    "psrp-basic-https": {"ansible_connection": "psrp", "ansible_psrp_auth": "basic", "ansible_psrp_protocol": "https"},
    "psrp-ntlm-sealed": {"ansible_connection": "psrp", "ansible_psrp_auth": "negotiate", "ansible_psrp_protocol": "http"},
}
WORK = r"""
- hosts: all
  gather_facts: true
  tasks:
    - name: Facts are a Windows'
      ansible.builtin.assert:
        that: [ansible_facts.os_family == 'Windows', ansible_facts.hostname == inventory_hostname]
    - ansible.windows.win_regedit: {path: 'HKLM:\SOFTWARE\Ward\試験', name: 値, data: "日本語 'と\" 改行\nまで"}
      register: first
    - ansible.windows.win_regedit: {path: 'HKLM:\SOFTWARE\Ward\試験', name: 値, data: "日本語 'と\" 改行\nまで"}
      register: second
    - ansible.builtin.assert:
        that: [first is changed, second is not changed]
    - ansible.windows.win_ping:
      async: 60
      poll: 1
      register: job
    - ansible.builtin.assert: {that: job.ping == 'pong'}
    - ansible.windows.win_user: {name: worker, password: Xy12-abc}
    - ansible.windows.win_ping:
      become: true
      become_method: runas
      become_user: worker
      vars: {ansible_become_password: Xy12-abc}
    - ansible.windows.win_ping:
      become: true
      become_method: runas
      become_user: worker
      register: stranger
      ignore_errors: true
      vars: {ansible_become_password: wrong}
    - ansible.windows.win_copy: {content: あいう, dest: 'C:\work\a.txt'}
      register: copied
    - ansible.windows.win_copy: {content: あいう, dest: 'C:\work\a.txt'}
      register: again
    - ansible.windows.win_updates: {category_names: '*', reboot: true}
      register: updates
    - ansible.builtin.assert:
        that:
          - stranger is failed and copied is changed and again is not changed
          - updates is changed and updates.rebooted and updates.installed_update_count == 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def terminals(folder: Path) -> Iterator[Site]:
    made = site(folder, list(CONNECTIONS), plain=True)
    yield made
    assert made.server.troubles == []
    made.close()


def inventory(folder: Path, made: Site, hosts: dict[str, dict[str, Any]]) -> None:
    """Each host with its connection; without TLS on the other port."""
    trust = str(made.spec.folder / "ca.crt")
    found = {}
    for name, how in hosts.items():
        terminal = made.hosts[how.pop("at", name)]
        plain = "http" in (how.get("ansible_winrm_scheme"), how.get("ansible_psrp_protocol"))
        port = terminal["winsim_http_port" if plain else "ansible_port"]
        account = {"ansible_user": USER, "ansible_password": PASSWORD}
        ca = {"ansible_winrm_ca_trust_path": trust, "ansible_psrp_ca_cert": trust}
        found[name] = {"ansible_host": terminal["ansible_host"], "ansible_port": port, **account, **ca, **how}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": found}}), encoding="utf-8")


def test_every_transport_does_everything(folder: Path, terminals: Site) -> None:
    inventory(folder, terminals, {name: dict(how) for name, how in CONNECTIONS.items()})
    (folder / "work.yml").write_text(WORK, encoding="utf-8")
    done = ansible(folder, "ansible-playbook", "-i", "hosts.yml", "work.yml")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    for machine in terminals.machines.values():
        assert machine.data["restarts"] == 1
        assert terminals.world.state(machine.terminal, GUID.format(2)) is State.INSTALLED


def test_who_is_refused(folder: Path, terminals: Site) -> None:
    """Wrong password, another authority, Basic without TLS: unreachable. A wrong option: failed."""
    other = site(folder, ["LG25N00002"])
    other.close()
    strange = str(other.spec.folder / "ca.crt")
    winrm, psrp = CONNECTIONS["winrm-ntlm-https"], CONNECTIONS["psrp-ntlm-https"]
    basic = CONNECTIONS["winrm-basic-https"] | {"ansible_winrm_scheme": "http"}
    refused = {
        "password-winrm": {**winrm, "at": "winrm-ntlm-https", "ansible_password": "wrong"},
        "password-basic": {**CONNECTIONS["winrm-basic-https"], "at": "winrm-ntlm-https", "ansible_password": "wrong"},
        "password-psrp": {**psrp, "at": "psrp-ntlm-https", "ansible_password": "wrong"},
        "authority-winrm": {**winrm, "at": "winrm-ntlm-https", "ansible_winrm_ca_trust_path": strange},
        "authority-psrp": {**psrp, "at": "psrp-ntlm-https", "ansible_psrp_ca_cert": strange},
        "basic-plain": {**basic, "at": "winrm-basic-https"},
    }
    inventory(folder, terminals, {name: dict(how) for name, how in refused.items()} | {"psrp-ntlm-https": dict(psrp)})
    done = ansible(folder, "ansible", "-i", "hosts.yml", "all", "-o", "-m", "ansible.windows.win_ping", "-a", "dta=x")
    said = {line.split(" | ")[0]: line for line in done.stdout.splitlines() if " | " in line}
    assert set(said) == {*refused, "psrp-ntlm-https"}, done.stdout + done.stderr
    for name in refused:
        assert "UNREACHABLE!" in said[name], said[name]
    for name in ("authority-winrm", "authority-psrp"):
        assert "CERTIFICATE_VERIFY_FAILED" in said[name], said[name]
    assert "FAILED!" in said["psrp-ntlm-https"]
    assert "Unsupported parameters for (ansible.windows.win_ping) module: dta" in said["psrp-ntlm-https"]


def test_a_payload_that_was_copied_to_a_file_first(folder: Path, terminals: Site) -> None:
    names = ["winrm-ntlm-https", "psrp-ntlm-https"]
    inventory(folder, terminals, {name: dict(CONNECTIONS[name]) for name in names})
    done = ansible(folder, "ansible", "-i", "hosts.yml", "all", "-o", "-m", "ansible.windows.win_ping", ANSIBLE_KEEP_REMOTE_FILES="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == 2


def test_the_inventory_that_the_simulation_writes(folder: Path, terminals: Site) -> None:
    (folder / "hosts.yml").write_text(terminals.inventory({"ring_R0": ["psrp-negotiate"]}, connection="psrp"), encoding="utf-8")
    done = ansible(folder, "ansible", "-i", "hosts.yml", "ring_R0", "-m", "ansible.windows.win_ping", "-o")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.split("=>", 1)[1])["ping"] == "pong"
