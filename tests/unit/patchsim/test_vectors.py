"""Messages in the shape of the specification's examples (tests/fixtures/wsus), against the simulated server and against the client."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch.model import ALL_COMPUTERS, Action, Group, UpdateId
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus import wire
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lab.patchsim.world import World
from lab.patchsim.wsus.endpoint import Endpoint
from lab.patchsim.wsus.facts import NAMESPACE, OPERATIONS, SOAP
from tests.unit.patchsim.test_world import DAY, a_world, an_update

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "wsus"
PAIRS = sorted(path.name.removesuffix(".request.xml") for path in FOLDER.glob("*.request.xml"))
PILOT, UPDATE = "6c1d7b52-4b1e-4f0a-9a3e-0d5c1f7e2a10", UpdateId("3f2b8c1e-77aa-4d52-8c3b-90e4a1b7c6d5", 203)
COMPUTER = "7d0a4f6e-1c52-4c0f-bb7e-5a9c3e1d2f48"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@pytest.fixture
def server() -> Endpoint:
    """A world in which the vectors' group, update and computer are."""
    return Endpoint(a_vector_world(), {})


def a_vector_world() -> World:
    world = a_world(2)
    world.publish(an_update(1, id=UPDATE))
    store = world.store
    store.groups[PILOT], store.members[PILOT] = Group(PILOT, "先行適用", ALL_COMPUTERS), set()
    first = next(iter(world.terminals.values()))
    for names in (store.computers, *store.members.values()):
        if first.id in names:
            names.remove(first.id)
            names.add(COMPUTER)
    world.terminals = {COMPUTER: first, **{key: one for key, one in world.terminals.items() if one is not first}}
    first.id = COMPUTER
    return world


def lived(server: Endpoint, operation: str) -> None:
    """What must have happened before the request of a vector."""
    store = server.world.store
    if operation == "ExecuteSPCreateTargetGroup1":
        del store.groups[PILOT]
    elif operation not in ("ExecuteSPGetAllTargetGroups", "ExecuteSPDeployUpdate1"):
        if not operation.startswith("ExecuteSPAdd"):
            store.add_member(PILOT, COMPUTER)
        store.approve(UPDATE, PILOT, Action.INSTALL, None)
        server.world.advance(3 * DAY)


def shape(element: etree._Element) -> tuple[object, ...]:
    """Names, types and what is nil, all the way down; no values."""
    kind = str(element.get(f"{XSI}type", "")).partition(":")[2] or element.get(f"{XSI}nil", "")
    return (element.tag, kind, *map(shape, element))


def parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(remove_blank_text=True))


@pytest.mark.parametrize("operation", PAIRS)
def test_the_simulated_server_answers_in_the_shape_of_the_vector(server: Endpoint, operation: str) -> None:
    lived(server, operation)
    status, text = server.respond((FOLDER / f"{operation}.request.xml").read_bytes(), f'"{NAMESPACE}/{operation}"')
    assert (status, server.calls[-1].passed_over) == (200, [])
    assert shape(parsed(text)) == shape(parsed((FOLDER / f"{operation}.answer.xml").read_bytes()))


@pytest.mark.parametrize("operation", PAIRS)
def test_the_client_sends_what_the_vector_says_and_reads_its_answer(operation: str) -> None:
    facts = wire.protocol().operations.get(operation)
    if facts is None:
        # an operation that our client has no use for
        assert operation in OPERATIONS
        return
    vector = parsed((FOLDER / f"{operation}.request.xml").read_bytes())
    wanted = [etree.QName(child).localname for child in vector[0][0]]
    assert [name for name, _ in OPERATIONS[operation][0]] == wanted
    assert list(facts.request) == wanted
    wire.answer(facts, (FOLDER / f"{operation}.answer.xml").read_bytes())


def test_the_client_reads_the_fault_of_the_vector() -> None:
    with pytest.raises(WardopsError, match="E1947"):
        wire.answer(wire.protocol().operations["ExecuteSPGetAllTargetGroups"], (FOLDER / "fault.answer.xml").read_bytes())


DEPLOY = (FOLDER / "ExecuteSPDeployUpdate1.request.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("<adminName>", "<!-- who --><adminName>", 200, ""),
        ("<UpdateId>", "<UpdateID>0</UpdateID><UpdateId>", 200, ""),
        ("9999-12-31T23:59:59.9999999", "2027-02-30T00:00:00", 500, "correct format"),
        ("<RevisionNumber>203", "<RevisionNumber>99999999999", 500, "correct format"),
        ("<RevisionNumber>203", "<RevisionNumber>204", 500, "WsusObjectNotFoundException"),
        ("<deploymentAction>0", "<deploymentAction>3", 500, "ArgumentOutOfRangeException"),
        ("<deploymentAction>0", "<deploymentAction>1", 200, ""),
        ("</soap:Body>", "", 500, "unable to read request"),
        ("<soap:Envelope", "<!DOCTYPE x><soap:Envelope", 500, "DTD"),
        # the revision before the update: the update is not seen
        (f"<UpdateId>{UPDATE.guid}</UpdateId>", "", 500, "WsusObjectNotFoundException"),
    ],
)
def test_a_damaged_approval_is_a_fault_and_approves_nothing(server: Endpoint, old: str, new: str, status: int, words: str) -> None:
    assert old in DEPLOY
    found, text = server.respond(DEPLOY.replace(old, new).encode(), f'"{NAMESPACE}/ExecuteSPDeployUpdate1"')
    assert (found, len(server.world.store.approvals)) == (status, 1 if status == 200 else 0)
    assert words in text.decode()


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ('<UpdateScope ApprovedStates="x"/>', "FormatException"),
        ('<UpdateScope FromArrivalDate="2027-01-01"/>', "FormatException"),
        ('<UpdateScope Nonsense="1"/>', "NotImplementedException"),
        ('<UpdateScope IncludedInstallationStates="16"/>', "NotImplementedException"),
        ("<Other/>", "XmlException"),
        ('<UpdateScope Classifications="&lt;root"/>', "XmlException"),
    ],
)
def test_a_scope_that_is_not_understood_never_gives_everything(server: Endpoint, scope: str, words: str) -> None:
    text = scope.replace("&", "&amp;").replace("<", "&lt;")
    body = (FOLDER / "ExecuteSPGetDeployments.request.xml").read_text(encoding="utf-8")
    start, end = body.index("<updateScopeXml>") + 16, body.index("</updateScopeXml>")
    status, answer = server.respond((body[:start] + text + body[end:]).encode(), f'"{NAMESPACE}/ExecuteSPGetDeployments"')
    assert (status, words in answer.decode()) == (500, True)


WORLD = a_vector_world()


@given(operation=st.sampled_from(sorted(OPERATIONS)), data=st.data())
def test_whatever_comes_is_answered(operation: str, data: st.DataObject) -> None:
    """No request breaks the server: it is served, or a fault says why not."""
    texts = st.sampled_from(["", PILOT, COMPUTER, UPDATE.guid, "0", "-1", "true", "<UpdateScope/>", "2027-01-01T00:00:00Z", "x"])
    names = st.sampled_from([name for name, _ in OPERATIONS[operation][0]] or ["none"]) | st.sampled_from(["UpdateId", "Id"])
    wrapper = etree.Element(f"{{{NAMESPACE}}}{operation}")
    for name in data.draw(st.lists(names, max_size=8)):
        etree.SubElement(wrapper, f"{{{NAMESPACE}}}{name}").text = data.draw(texts)
    envelope = etree.Element(f"{{{SOAP}}}Envelope")
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(wrapper)
    status, text = Endpoint(WORLD, {}).respond(etree.tostring(envelope), f'"{NAMESPACE}/{operation}"')
    assert status in (200, 500)
    assert etree.fromstring(text).tag == f"{{{SOAP}}}Envelope"
