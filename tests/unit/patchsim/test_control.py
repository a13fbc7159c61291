"""The simulation as a process, and what its control channel can make happen."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import Action, Role, State
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus

from lab.patchsim.control import Control, ask
from lab.patchsim.server import WorldServer
from lab.patchsim.worldfile import build, load
from lab.patchsim.wsus.endpoint import Endpoint
from tests.patchsim import PASSWORD, USER, Running, running

GUID = "00000000-0000-4000-8000-00000000000{}"
WORDS: dict[str, Any] = {
    "now": "2027-01-14T03:00:00+09:00",
    "seed": 1,
    "habits": "quiet",
    "server": {"synchronised": "2027-01-13T20:00:00Z"},
    "terminals": [{"name": "LG25D{:05d}", "count": 9, "model": "合成 D5"}, {"name": "LG25N00001", "model": "合成 N7"}],
    "updates": [{"guid": GUID.format(number), "title": f"合成更新 {number}", "kbs": [5900000 + number]} for number in (1, 2)],
    "groups": [{"name": "R1_先行適用", "members": ["LG25D00000", "LG25N00001"]}, {"name": "本庁", "parent": "R1_先行適用"}],
    "approvals": [{"update": GUID.format(1), "group": "R1_先行適用", "deadline": "2027-01-21T12:00:00+09:00"}],
}


@pytest.fixture
def control() -> Control:
    return Control(Endpoint(build(WORDS), {USER: PASSWORD}))


def do(control: Control, name: str, **words: object) -> dict[str, Any]:
    answer = control.carry_out({"do": name, **words})
    assert answer.pop("ok"), answer
    return answer


def test_a_world_comes_from_words(tmp_path: Path) -> None:
    (tmp_path / "world.yml").write_text(json.dumps(WORDS, ensure_ascii=False), encoding="utf-8")
    world = load(tmp_path / "world.yml")
    assert len(world.terminals) == 10
    assert [(one.update.guid, one.deadline) for one in world.store.approvals.values()] == [
        (GUID.format(1), dt.datetime(2027, 1, 21, 3, tzinfo=dt.UTC))
    ]
    assert world.store.updates[GUID.format(2)].kbs == ("5900002",)
    world.advance(dt.timedelta(days=2))
    found = [status.state for status in WorldServer(world).states([GUID.format(1)])]
    assert sorted(found) == [State.NOT_INSTALLED] * 8 + [State.INSTALLED] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"now": "2027-01-14T03:00:00"}, "without a zone"),
        ({"nothing": 1}, "unknown: nothing"),
        ({"server": {"replica": "yes"}}, "server: replica"),
        ({"groups": [{"name": "R1", "members": ["LG25D99999"]}]}, "no terminal LG25D99999"),
        ({"approvals": [{"update": GUID.format(9), "group": "all"}]}, "KeyError"),
        ({"habits": {"offf": [0, 1]}}, "offf"),
    ],
)
def test_words_that_make_no_world_are_named(tmp_path: Path, change: dict[str, object], words: str) -> None:
    (tmp_path / "world.yml").write_text(json.dumps({**WORDS, "approvals": [], **change}), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        load(tmp_path / "world.yml")


def test_the_ward_can_be_moved_and_disturbed(control: Control) -> None:
    world = control.world
    do(control, "break", model="合成 N7", update=GUID.format(1))
    do(control, "power", terminal="LG25D00000", on=False)
    assert do(control, "advance", days=2)["now"] == "2027-01-15T18:00:00+00:00"
    one = {world.terminals[status.computer].name: status.state for status in WorldServer(world).states([GUID.format(1)])}
    assert (one["LG25N00001"], one["LG25D00000"], one["LG25D00001"]) == (State.FAILED, State.UNKNOWN, State.NOT_INSTALLED)
    do(control, "mend", model="合成 N7", update=GUID.format(1))
    assert do(control, "reimage", terminal="LG25N00001")["id"] in world.terminals
    assert do(control, "revise", update=GUID.format(1), title="合成更新 1 改") == {"revision": 2}
    assert do(control, "expire", update=GUID.format(1)) == {"revision": 3}
    do(control, "publish", guid=GUID.format(3), title="定例外", supersedes=[GUID.format(2)])
    assert world.store.updates[GUID.format(2)].superseded
    do(control, "server", role="reporter", rules=["夜間"], replica=True)
    assert (world.store.role, world.store.rules, world.store.replica) == (Role.REPORTER, ("夜間",), True)
    state = do(control, "state")
    assert (state["terminals"], state["updates"][GUID.format(1)]) == (11, {"revision": 3, "expired": True})


def test_a_server_whose_clock_is_wrong_stamps_wrong_times_and_the_ward_lives_on(control: Control) -> None:
    world = control.world
    do(control, "clock", hours=-9)
    update = world.store.updates[GUID.format(2)].id
    made = world.store.approve(
        update, next(group.id for group in world.store.groups.values() if group.name == "本庁"), Action.INSTALL, None
    )
    assert made.time == world.now - dt.timedelta(hours=9)
    do(control, "advance", days=1)
    for one in world.computers():
        assert one.last_report is not None
        assert dt.timedelta(hours=9) <= world.now - one.last_report < dt.timedelta(hours=33)


def test_trouble_comes_at_the_call_that_was_named(control: Control) -> None:
    do(control, "trouble", kind="fault", operation="DeployUpdate", nth=3, times=2)
    do(control, "trouble", kind="drop", operation="Search")
    calls = ["ExecuteSPDeployUpdate1", "ExecuteSPSearchUpdates", *["ExecuteSPDeployUpdate1"] * 4]
    seen = [control.troubles(number, operation) for number, operation in enumerate(calls, 1)]
    assert seen == ["", "drop", "", "fault", "fault", ""]
    do(control, "trouble", kind="half")
    do(control, "calm")
    assert control.troubles(7, "Ping") == ""


@pytest.mark.parametrize(
    "words",
    [
        {"do": "nothing"},
        {"do": "advance", "days": -1},
        {"do": "advance", "days": 1e300},
        {"do": "advance", "moons": 1},
        {"do": "trouble", "kind": "fire"},
        {"do": "lie", "terminal": "none", "update": GUID.format(1), "until": "2027-02-01T00:00:00Z"},
        {"do": "latency", "seconds": -1},
        {"do": "revise", "update": GUID.format(9)},
        {},
    ],
)
def test_a_wrong_command_is_answered_and_harms_nothing(control: Control, words: dict[str, object]) -> None:
    before = do(control, "state")
    answer = control.carry_out(words)
    assert (answer["ok"], bool(answer["error"])) == (False, True)
    assert do(control, "state") == before


def client(sim: Running) -> SoapWsus:
    words = {"server": "127.0.0.1", "port": sim.port, "ca": str(sim.authority), "user": USER, "password": PASSWORD}
    made = connect.server_of({name: given.get("default") for name, given in connect.SERVER.items()} | words, supersedence=False)
    assert isinstance(made, SoapWsus)
    return made


def test_the_process_serves_is_steered_goes_away_and_comes_back(tmp_path: Path) -> None:
    with running(tmp_path, WORDS) as sim:
        wire = client(sim)
        (pilot,) = (group for group in wire.groups() if group.name == "R1_先行適用")
        update = next(one for one in wire.updates() if one.id.guid == GUID.format(2))
        sim.ask("trouble", kind="fault", operation="DeployUpdate")
        with pytest.raises(WardopsError, match="E19"):
            wire.approve(update.id, pilot.id, Action.INSTALL, None)
        assert not [one for one in wire.approvals() if one.update == update.id]
        wire.approve(update.id, pilot.id, Action.INSTALL, None)
        sim.ask("advance", days=2)
        assert {one.state for one in wire.states([update.id.guid])} == {State.INSTALLED, State.NOT_INSTALLED}
        log = sim.ask("log")
        deployed = [call for call in log["calls"] if call["operation"] == "ExecuteSPDeployUpdate1"]
        assert (len(deployed), deployed[0]["user"], deployed[0]["passed_over"]) == (2, USER, [])
        assert sim.ask("log", since=log["next"])["calls"] == []
        sim.ask("stop")
        with pytest.raises(WardopsError, match="E1940"):
            client(sim).info()
        assert sim.ask("start")["url"] == sim.url
        assert client(sim).info().version
        with pytest.raises(RuntimeError, match="unknown"):
            sim.ask("nothing")
        assert (tmp_path / "control").stat().st_mode & 0o077 == 0
        sim.ask("end")
        assert sim.process.wait(10) == 0
    assert not (tmp_path / "control").exists()


def test_a_process_that_cannot_begin_says_why(tmp_path: Path) -> None:
    (tmp_path / "world.yml").write_text("now: soon\n", encoding="utf-8")
    command = [sys.executable, "-m", "lab.patchsim", "wsus", "--world", str(tmp_path / "world.yml"), "--control", str(tmp_path / "c")]
    for env, words in (({}, "WARDOPS_SIM_PASSWORD"), ({"WARDOPS_SIM_PASSWORD": PASSWORD}, "soon")):
        done = subprocess.run(command, env=env | {"PYTHONPATH": "collections"}, capture_output=True, text=True, check=False)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    with pytest.raises(FileNotFoundError):
        ask(tmp_path / "c", do="state")
