"""Simulated terminals: arguments as strict as the modules' own tables, changes that are honest in check mode and done once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.patch.model import State

from lab.patchsim.windows.arguments import Invalid, spec_of, validate
from lab.patchsim.windows.machine import Machine
from lab.patchsim.windows.modules import MODULES
from lab.patchsim.windows.powershell import call
from lab.patchsim.windows.site import Site
from tests.winsim import GUID, site

NAME = "LG25N00001"
REGISTRY = r"HKLM:\SOFTWARE\Ward\試験"


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Site]:
    made = site(tmp_path, [NAME])
    yield made
    made.close()


@pytest.fixture
def machine(terminals: Site) -> Machine:
    return terminals.machines[NAME]


def do(machine: Machine, module: str, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
    return call(machine, f"ansible.windows.{module}", {**arguments, "_ansible_check_mode": check})


@pytest.mark.parametrize(
    ("module", "arguments", "says"),
    [
        ("win_ping", {"dta": "x"}, "Unsupported parameters for (ansible.windows.win_ping) module: dta"),
        ("win_service", {"state": "started"}, "missing required arguments: name"),
        ("win_service", {"name": "x", "state": "up"}, "value of state must be one of"),
        ("win_service", {"name": "x", "password": "x"}, "required by 'password'"),
        ("win_powershell", {"script": "x", "path": "y"}, "mutually exclusive: path|script"),
        ("win_package", {"state": "absent"}, "state is absent but any of the following are missing"),
        ("win_updates", {"reboot_timeout": "soon"}, "reboot_timeout"),
        ("win_reg_stat", {"path": REGISTRY, "nam": "x"}, "nam"),
        ("win_group", {"name": "g", "members": {"add": ["x"], "set": ["y"]}}, "mutually exclusive"),
    ],
)
def test_wrong_arguments_fail_as_on_windows(module: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as caught:
        validate(f"ansible.windows.{module}", arguments)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_played_module_has_a_table_of_options(name: str) -> None:
    options = spec_of(name)["options"]
    assert all(value.get("type") for value in options.values()), options
    if name not in ("ansible.windows.win_reboot_info",):
        assert options


def test_a_module_that_is_not_played_is_refused(machine: Machine) -> None:
    assert do(machine, "win_dns_zone", name="x")["msg"] == "simulator: the module ansible.windows.win_dns_zone is not played"


def test_a_script_without_a_declared_answer_is_refused(machine: Machine) -> None:
    assert do(machine, "win_powershell", script="$PSVersionTable.PSVersion.ToString()")["output"] == ["5.1.26100.1"]
    refused = do(machine, "win_powershell", script="Get-Process")
    assert refused["failed"]
    assert "no answer was declared" in refused["msg"]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("win_regedit", {"path": REGISTRY, "name": "値", "data": "日本語"}),
        ("win_regedit", {"path": REGISTRY, "name": "n", "data": 4294967295, "type": "dword"}),
        ("win_regedit", {"path": REGISTRY, "name": "b", "data": "be,ef", "type": "binary"}),
        ("win_service", {"name": "Spooler", "state": "stopped", "start_mode": "disabled"}),
        ("win_service", {"name": "wuauserv", "state": "absent"}),
        ("win_optional_feature", {"name": ["SMB1Protocol"], "state": "absent"}),
        ("win_package", {"path": "https://dist.ward.example/a.msi", "product_id": "{A}"}),
        ("win_user", {"name": "worker", "password": "first", "groups": ["Users"]}),
        ("win_group_membership", {"name": "Administrators", "members": ["LG\\operators"]}),
        ("win_file", {"path": "C:\\work", "state": "directory"}),
        ("win_hostname", {"name": "LG25N09999"}),
    ],
)
def test_a_change_is_foretold_done_once_and_kept(terminals: Site, tmp_path: Path, module: str, arguments: dict[str, Any]) -> None:
    machine = terminals.machines[NAME]
    before = json.dumps(machine.data, sort_keys=True)
    foretold = do(machine, module, check=True, **arguments)
    assert foretold["changed"], foretold
    assert json.dumps(machine.data, sort_keys=True) == before
    assert do(machine, module, **arguments)["changed"]
    assert json.dumps(machine.data, sort_keys=True) != before
    assert not do(machine, module, **arguments)["changed"]
    assert not do(machine, module, check=True, **arguments)["changed"]
    again = site(tmp_path, [NAME])
    try:
        assert not do(again.machines[NAME], module, **arguments)["changed"]
    finally:
        again.close()


def test_the_registry_knows_no_case_and_shows_its_types(machine: Machine) -> None:
    do(machine, "win_regedit", path=REGISTRY, name="N", data="0x10", type="dword")
    found = do(machine, "win_reg_stat", path=REGISTRY.upper(), name="n")
    assert {key: found[key] for key in ("exists", "type", "value")} == {"exists": True, "type": "REG_DWORD", "value": 16}
    assert do(machine, "win_reg_stat", path=r"HKLM:\SOFTWARE\Ward")["sub_keys"] == ["試験"]
    assert "larger than 0xffffffff" in do(machine, "win_regedit", path=REGISTRY, name="N", data=1 << 32, type="dword")["msg"]
    assert "not a valid registry path" in do(machine, "win_regedit", path="C:\\x", name="N", data="1")["msg"]


def test_no_state_file_holds_a_password(terminals: Site, tmp_path: Path) -> None:
    words = "correct horse 電池"
    result = do(terminals.machines[NAME], "win_user", name="worker", password=words)
    assert words not in json.dumps(result, ensure_ascii=False)
    assert words not in next((tmp_path / "state").glob("*.json")).read_text("utf-8")


def poll(machine: Machine, **arguments: Any) -> list[dict[str, Any]]:
    started = do(machine, "win_updates", _operation="start", category_names=["*"], **arguments)
    lines: list[dict[str, Any]] = []
    while not lines or lines[-1]["task"] != "exit":
        lines += do(machine, "win_updates", _operation="poll", _operation_options=started["poll_options"])["output"]
    do(machine, "win_updates", _operation="cancel", _operation_options=started["cancel_options"])
    return lines


def test_updates_are_the_worlds(terminals: Site) -> None:
    machine, world = terminals.machines[NAME], terminals.world
    terminal = machine.terminal
    searched = poll(machine, state="searched", reject_list=["KB5900002"])
    assert [one["id"] for one in searched[1]["result"]["filtered"]] == [GUID.format(2)]
    assert world.state(terminal, GUID.format(1)) is State.NOT_INSTALLED
    assert poll(machine, accept_list=["KB5900001"])[-1]["result"] == {
        "changed": True,
        "failed": False,
        "reboot_required": True,
        "exception": None,
    }
    assert world.state(terminal, GUID.format(1)) is State.INSTALLED_PENDING_REBOOT
    assert world.told(GUID.format(1))[terminal.index] == State.INSTALLED_PENDING_REBOOT
    # nothing more is installed before the restart
    assert poll(machine)[-1]["result"]["exception"]["message"] == "A reboot is required before more updates can be installed"
    assert do(machine, "win_reboot_info")["reboot_required"]
    boot = machine.data["boot"]
    machine.shut_down(0)
    deadline = time.monotonic() + 10
    while machine.data["restarts"] == 0 or not machine.reachable:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert machine.data["boot"] > boot
    assert world.state(terminal, GUID.format(1)) is State.INSTALLED
    assert not do(machine, "win_reboot_info")["reboot_required"]


def test_a_terminal_that_was_put_away_has_its_updates_again(tmp_path: Path) -> None:
    first = site(tmp_path, [NAME])
    poll(first.machines[NAME], accept_list=["KB5900001"])
    first.close()
    second = site(tmp_path, [NAME])
    assert second.world.state(second.machines[NAME].terminal, GUID.format(1)) is State.INSTALLED_PENDING_REBOOT
    second.close()


def test_a_poll_of_a_run_that_is_gone_fails(machine: Machine) -> None:
    answer = do(machine, "win_updates", _operation="poll", _operation_options={"pipe_name": "x"})
    assert answer["failed"]
