"""The simulated WSUS endpoint and the client, which were written apart from the same specification: here they meet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Action, Role, State
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import connect
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.soap import SoapWsus
from requests_ntlm import HttpNtlmAuth

from lab.patchsim.server import WorldServer
from lab.patchsim.store import Refused
from lab.patchsim.world import World
from lab.patchsim.wsus.endpoint import Endpoint
from lab.patchsim.wsus.facts import NAMESPACE, PATH, SOAP
from tests.patchsim import PASSWORD, USER, certificates, endpoint
from tests.unit.patchsim.test_world import DAY, START, a_world, an_update

DEFAULTS = {name: words.get("default") for name, words in connect.SERVER.items()}


@pytest.fixture
def world() -> World:
    world = a_world(6)
    old = an_update(1)
    for update in (old, an_update(2, supersedes=(old.id.guid,)), an_update(3, eula=True), an_update(4, asks_user=True)):
        world.publish(update)
    world.store.synchronised = START
    return world


@pytest.fixture
def sim(world: World, tmp_path: Path) -> Iterator[tuple[Endpoint, Path]]:
    server, authority = endpoint(world, tmp_path)
    with server:
        yield server, authority


def client(sim: tuple[Endpoint, Path], **more: object) -> SoapWsus:
    server, authority = sim
    words = {"server": server.address, "port": server.port, "ca": str(authority), "user": USER, "password": PASSWORD, **more}
    made = connect.server_of({**DEFAULTS, **words}, supersedence=True)
    assert isinstance(made, SoapWsus)
    return made


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_the_client_reads_what_the_world_holds(sim: tuple[Endpoint, Path], world: World, auth: str) -> None:
    plain, wire = WorldServer(world), client(sim, auth=auth)
    group = world.store.add_group("R1_先行適用 %-,?", ALL_COMPUTERS)
    for terminal in list(world.terminals.values())[:4]:
        world.store.add_member(group.id, terminal.id)
    world.store.approve(an_update(1).id, group.id, Action.INSTALL, START + 30 * DAY)
    world.store.approve(an_update(2).id, ALL_COMPUTERS, Action.INSTALL, None)
    world.store.decline(an_update(4).id.guid)
    world.advance(3 * DAY)
    assert replace(wire.info(), protocol="1.8") == plain.info()
    assert sorted(wire.groups(), key=str) == sorted(plain.groups(), key=str)
    assert sorted(wire.computers(), key=lambda one: one.id) == sorted(plain.computers(), key=lambda one: one.id)
    assert sorted(wire.updates(), key=lambda one: one.id) == sorted(plain.updates(), key=lambda one: one.id)
    assert sorted(wire.approvals(), key=lambda one: one.id) == sorted(plain.approvals(), key=lambda one: one.id)
    wanted = [update.id.guid for update in plain.updates()]
    assert set(wire.states(wanted)) == set(plain.states(wanted))
    assert {call.user for call in sim[0].calls} == {USER}
    assert not [call for call in sim[0].calls if call.passed_over]
    wire.close()


def test_writes_over_the_wire_change_the_world(sim: tuple[Endpoint, Path], world: World) -> None:
    wire, terminal = client(sim), next(iter(world.terminals.values()))
    group = wire.add_group("R0_検証", ALL_COMPUTERS)
    wire.add_member(group.id, terminal.id)
    wire.accept_eula(an_update(3).id)
    deadline = START + 21 * DAY
    made = wire.approve(an_update(3).id, group.id, Action.INSTALL, deadline)
    assert (made.deadline, world.store.approvals[made.id].deadline) == (deadline, deadline)
    world.advance(2 * DAY)
    assert world.state(terminal, an_update(3).id.guid) is State.INSTALLED
    wire.take_back(made)
    wire.remove_member(group.id, terminal.id)
    wire.remove_group(group.id)
    wire.decline([an_update(4).id.guid])
    assert world.store.approvals == {}
    assert group.id not in world.store.groups
    assert world.store.updates[an_update(4).id.guid].declined
    wire.close()


def test_rules_and_the_replica_mode_are_seen_where_a_real_server_has_them(sim: tuple[Endpoint, Path], world: World) -> None:
    world.store.rules, world.store.replica, world.store.server_side_targeting = ("夜間の自動承認",), True, False
    wire = client(sim)
    info = wire.info()
    assert (info.rules, info.replica, info.server_side_targeting) == (("夜間の自動承認",), True, False)
    with pytest.raises(WardopsError, match="E19"):
        wire.approve(an_update(1).id, ALL_COMPUTERS, Action.INSTALL, None)
    assert world.store.approvals == {}
    wire.close()


def test_servers_side_by_side_let_in_their_own_accounts_only(sim: tuple[Endpoint, Path], tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    _, tls = certificates(tmp_path / "second")
    second_user = {"user": "WARD\\other", "password": "0ther test only"}
    other = {second_user["user"]: second_user["password"]}
    with Endpoint(a_world(1), other, tls) as second:
        near = (second, tmp_path / "second" / "ca.pem")
        assert client(near, **second_user).groups()
        with pytest.raises(WardopsError, match="E1942"):
            client(near).info()
        with pytest.raises(WardopsError, match="E1942"):
            client(sim, **second_user).info()
    assert client(sim).info().version
    with pytest.raises(ValueError, match="another password"):
        Endpoint(a_world(1), {USER: "changed"}, tls).start()


@pytest.mark.parametrize("name", ["本庁/支所", "R1 & R2", "x" * 256, "  "])
def test_names_of_groups_that_the_console_refuses_too(world: World, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        world.store.add_group(name, ALL_COMPUTERS)


def test_what_the_server_refuses_becomes_a_named_error(sim: tuple[Endpoint, Path], world: World) -> None:
    wire = client(sim)
    with pytest.raises(WardopsError, match="E1948"):
        wire.add_group(wire.add_group("R1", ALL_COMPUTERS).name, ALL_COMPUTERS)
    with pytest.raises(WardopsError, match="E1947"):
        wire.remove_group("00000000-0000-4000-8000-00000000ffff")
    with pytest.raises(WardopsError, match="E19"):
        wire.approve(an_update(3).id, ALL_COMPUTERS, Action.INSTALL, None)  # terms not accepted
    world.store.role = Role.NONE
    for read in (wire.info, wire.groups):
        with pytest.raises(WardopsError, match="E1943"):
            read()
    wire.close()


@pytest.mark.parametrize("trouble", ["fault", "drop", "half", "unavailable", "huge"])
def test_a_read_that_breaks_is_an_error_and_never_half_an_answer(sim: tuple[Endpoint, Path], trouble: str) -> None:
    wire = client(sim)
    sim[0].trouble = lambda _number, operation: trouble if operation == "ExecuteSPSearchUpdates" else ""
    with pytest.raises(WardopsError, match=r"E194[046]"):
        wire.updates()
    wire.close()


def test_a_write_that_breaks_says_that_nobody_knows_and_a_second_run_sees_it(sim: tuple[Endpoint, Path], world: World) -> None:
    wire = client(sim)
    sim[0].trouble = lambda _number, operation: "drop_after" if operation == "ExecuteSPDeployUpdate1" else ""
    with pytest.raises(WardopsError, match="E1949"):
        wire.approve(an_update(1).id, ALL_COMPUTERS, Action.INSTALL, None)
    assert len(world.store.approvals) == 1
    sim[0].trouble = lambda _number, _operation: ""
    assert [one.update for one in wire.approvals()] == [an_update(1).id]
    wire.close()


def test_a_server_that_comes_back_is_spoken_to_again(sim: tuple[Endpoint, Path]) -> None:
    wire = client(sim)
    assert wire.info().version
    sim[0].stop()
    with pytest.raises(WardopsError, match="E1940"):
        client(sim).info()
    sim[0].start()
    assert wire.info().version
    wire.close()


def test_wrong_password_unknown_authority_and_an_unbound_login_are_refused(sim: tuple[Endpoint, Path], tmp_path: Path) -> None:
    with pytest.raises(WardopsError, match="E1942"):
        client(sim, **{"password": "wrong"}).info()
    (tmp_path / "other").mkdir()
    _, stranger = endpoint(a_world(1), tmp_path / "other")
    with pytest.raises(WardopsError, match="E1941"):
        client((sim[0], stranger)).info()
    assert sim[0].calls == []
    unbound = requests.post(f"{sim[0].url}{PATH}", b"", auth=HttpNtlmAuth(USER, PASSWORD, send_cbt=False), verify=str(sim[1]), timeout=10)
    assert unbound.status_code == 401


def post(sim: tuple[Endpoint, Path], operation: str, inner: str, action: str = "") -> requests.Response:
    body = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation} xmlns="{NAMESPACE}">{inner}</{operation}></s:Body></s:Envelope>'
    headers = {"SOAPAction": action or f'"{NAMESPACE}/{operation}"', "Content-Type": "text/xml; charset=utf-8"}
    return requests.post(
        f"{sim[0].url}{PATH}", body.encode(), headers=headers, auth=HttpNtlmAuth(USER, PASSWORD), verify=str(sim[1]), timeout=10
    )


@pytest.mark.parametrize(
    ("operation", "inner", "words"),
    [
        # the capital C is another element: the server sees null
        ("ExecuteSPAddComputerToTargetGroupAllowMultipleGroups", "<ComputerId>x</ComputerId>", "ArgumentNullException|was not found"),
        ("ExecuteSPGetTargetGroupById", "", "WsusObjectNotFoundException"),
        ("ExecuteSPSearchUpdates", "<updateScopeXml>&lt;UpdateScope</updateScopeXml>", "XmlException"),
        ("ExecuteSPSearchUpdates", "", "ArgumentNullException"),
        ("ExecuteSPGetTargetGroupById", "<id>none</id>", "Input string was not in a correct format"),
        ("NoSuchOperation", "", "did not recognize"),
    ],
)
def test_what_no_server_takes_is_a_fault(sim: tuple[Endpoint, Path], operation: str, inner: str, words: str) -> None:
    answer = post(sim, operation, inner)
    assert answer.status_code == 500
    assert any(word in answer.text for word in words.split("|"))


def test_elements_in_another_order_are_not_seen(sim: tuple[Endpoint, Path], world: World) -> None:
    inner = f"<parentGroupId>{ALL_COMPUTERS}</parentGroupId><name>R9</name>"
    assert post(sim, "ExecuteSPCreateTargetGroup1", inner).status_code == 500
    assert "R9" not in {group.name for group in world.store.groups.values()}
    assert sim[0].calls[-1].passed_over == ["name"]


def test_times_without_a_zone_are_utc(sim: tuple[Endpoint, Path], world: World) -> None:
    inner = (
        f"<updateId><UpdateId>{an_update(1).id.guid}</UpdateId><RevisionNumber>1</RevisionNumber></updateId><deploymentAction>0</deploymentAction>"
        f"<targetGroupId>{ALL_COMPUTERS}</targetGroupId><deadline>2027-02-01T09:00:00.5</deadline><adminName>WARD\\a</adminName>"
    )
    assert post(sim, "ExecuteSPDeployUpdate1", inner).status_code == 200
    (made,) = world.store.approvals.values()
    assert (made.deadline, made.administrator) == (dt.datetime(2027, 2, 1, 9, 0, 0, 500000, tzinfo=dt.UTC), "WARD\\a")
